// SPDX-License-Identifier: Apache-2.0
// FP32 + some exact products, rounded once: of FP16 numbers with each other or with integers. Each addend is a magnitude
// of 24 bits times a power of two; a product's lowest bits are 0.
// All are shifted right to the largest power among those that are not 0; what falls below GUARD further bits is cut off.
// The sum of these integers is rounded to nearest even.
module fused_sum #(
    parameter LANES = 4,
    parameter PRODUCT_BITS = 22,  // of a magnitude, 24 at most
    parameter EXPONENT_BITS = 6,
    parameter BIAS = 50,
    parameter GUARD = 4
) (
    input  logic [LANES*PRODUCT_BITS-1:0]  magnitudes,
    input  logic [LANES*EXPONENT_BITS-1:0] exponents,   // magnitude * 2^(exponent - BIAS)
    input  logic [LANES-1:0]               negatives,
    input  logic [LANES-1:0]               infinities,  // the product is infinite, or NaN
    input  logic [LANES-1:0]               nans,
    input  logic [31:0]                    held,
    output logic [31:0]                    after
);
  localparam ADDENDS = LANES + 1;
  localparam WIDTH = 24 + GUARD;
  localparam TOTAL_BITS = WIDTH + $clog2(ADDENDS) + 1;

  // Powers are biased as FP32's exponents are: magnitude * 2^(power - 150).
  logic [ADDENDS*24-1:0]               magnitude;
  logic [ADDENDS*8-1:0]                power;
  logic [ADDENDS-1:0]                  negative;
  logic [(ADDENDS+1)*8-1:0]            highest  /*verilator split_var*/;
  logic [(ADDENDS+1)*TOTAL_BITS-1:0]   partial  /*verilator split_var*/;
  assign magnitude[LANES*24 +: 24] = {held[30:23] != 0, held[22:0]};
  assign power[LANES*8 +: 8] = held[30:23] == 0 ? 8'd1 : held[30:23];
  assign negative = {held[31], negatives};
  assign highest[7:0] = 8'd1;
  assign partial[TOTAL_BITS-1:0] = '0;

  for (genvar i = 0; i < LANES; i = i + 1) begin : g_product
    assign magnitude[i*24 +: 24] = 24'(magnitudes[i*PRODUCT_BITS +: PRODUCT_BITS]) << (24 - PRODUCT_BITS);
    assign power[i*8 +: 8] = 8'(exponents[i*EXPONENT_BITS +: EXPONENT_BITS]) + 8'(126 + PRODUCT_BITS - BIAS);
  end
  for (genvar i = 0; i < ADDENDS; i = i + 1) begin : g_addend
    logic [7:0]            own, so_far, distance;
    logic [WIDTH-1:0]      moved;
    logic [TOTAL_BITS-1:0] addend;
    assign own = magnitude[i*24 +: 24] == 0 ? 8'd1 : power[i*8 +: 8];
    assign so_far = highest[i*8 +: 8];
    assign highest[(i+1)*8 +: 8] = own > so_far ? own : so_far;
    assign distance = highest[ADDENDS*8 +: 8] - own;
    assign moved = distance > 8'd31 ? '0 : {magnitude[i*24 +: 24], {GUARD{1'b0}}} >> distance[4:0];
    assign addend = {{(TOTAL_BITS - WIDTH){1'b0}}, moved} ^ {TOTAL_BITS{negative[i]}};
    // The +1 of a negated addend is the carry-in of its adder.
    logic [TOTAL_BITS:0] with_carry;
    assign with_carry = {partial[i*TOTAL_BITS +: TOTAL_BITS], 1'b1} + {addend, negative[i]};
    assign partial[(i+1)*TOTAL_BITS +: TOTAL_BITS] = with_carry[TOTAL_BITS:1];
  end

  logic [TOTAL_BITS-1:0] total;
  logic [TOTAL_BITS-2:0] size, normalised;
  logic [4:0]            places;
  assign total = partial[ADDENDS*TOTAL_BITS +: TOTAL_BITS];
  assign size = total[TOTAL_BITS-1] ? -total[TOTAL_BITS-2:0] : total[TOTAL_BITS-2:0];
  normalise #(.WIDTH(TOTAL_BITS-1), .STEPS(5)) shift (
      .value(size), .limit('1), .normalised(normalised), .places(places));

  // The top bit of `size` stands TOTAL_BITS - 2 - WIDTH + 1 places above that of a magnitude.
  logic        up, invalid, plus_infinity, minus_infinity, held_special;
  logic [8:0]  exponent;
  logic [31:0] rounded;
  assign up = normalised[TOTAL_BITS-26] && (normalised[TOTAL_BITS-25] || normalised[TOTAL_BITS-27:0] != 0);
  assign exponent = {1'b0, highest[ADDENDS*8 +: 8]} + 9'(TOTAL_BITS - 1 - WIDTH) - {4'd0, places};
  assign rounded = {exponent, normalised[TOTAL_BITS-3 -: 23]} + {31'd0, up};

  assign held_special = held[30:23] == 8'hFF;
  assign plus_infinity = (infinities & ~negatives) != 0 || (held_special && !held[31]);
  assign minus_infinity = (infinities & negatives) != 0 || (held_special && held[31]);
  assign invalid = nans != 0 || (held_special && held[22:0] != 0) || (plus_infinity && minus_infinity);
  assign after = invalid ? 32'h7FC00000
               : plus_infinity ? 32'h7F800000
               : minus_infinity ? 32'hFF800000
               : size == 0 ? 32'd0
               : {total[TOTAL_BITS-1], rounded[31:23] >= 9'd255 ? 31'h7F800000 : rounded[30:0]};
endmodule
