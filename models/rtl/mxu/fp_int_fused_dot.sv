// SPDX-License-Identifier: Apache-2.0
// The sum of a scale group as a designer would build FP-INT: exact products of FP16 activations with integers and the
// sum so far, aligned to the largest exponent among them, added as integers and rounded once a clock.
module fp_int_fused_dot #(
    parameter LANES = 4,
    parameter WEIGHT_BITS = 4
) (
    input  logic                         clk,
    input  logic [LANES*16-1:0]          activations,
    input  logic [LANES*WEIGHT_BITS-1:0] weights,
    input  logic                         add,
    input  logic                         accumulate,
    input  logic                         start,  // of a scale group
    output logic [31:0]                  part
);
  localparam PRODUCT_BITS = 11 + WEIGHT_BITS;

  logic [LANES*PRODUCT_BITS-1:0] magnitudes, made;
  logic [LANES*5-1:0]            exponents, made_exponents;
  logic [LANES-1:0]              negatives, made_negatives, infinities, made_infinities, nans, made_nans;
  logic [31:0]                   next;

  for (genvar i = 0; i < LANES; i = i + 1) begin : g_lane
    logic [WEIGHT_BITS-1:0] code, size;  // |code|; that of the lowest code fits, since it is unsigned
    logic                   a_negative, a_infinite, a_nan;
    logic [10:0]            a_significand;
    fp16_fields a (.half(activations[i*16 +: 16]), .negative(a_negative), .exponent(made_exponents[i*5 +: 5]),
                   .significand(a_significand), .infinite(a_infinite), .nan(a_nan));
    assign code = weights[i*WEIGHT_BITS +: WEIGHT_BITS];
    assign size = code[WEIGHT_BITS-1] ? -code : code;
    assign made[i*PRODUCT_BITS +: PRODUCT_BITS] = PRODUCT_BITS'(a_significand) * PRODUCT_BITS'(size);
    assign made_negatives[i] = a_negative ^ code[WEIGHT_BITS-1];
    assign made_nans[i] = a_nan || (a_infinite && code == 0);
    assign made_infinities[i] = a_infinite;
  end
  fused_sum #(.LANES(LANES), .PRODUCT_BITS(PRODUCT_BITS), .EXPONENT_BITS(5), .BIAS(25)) sum (
      .magnitudes(magnitudes), .exponents(exponents), .negatives(negatives), .infinities(infinities), .nans(nans),
      .held(start ? 32'd0 : part), .after(next));

  always_ff @(posedge clk) begin
    if (add) begin
      magnitudes <= made;
      exponents <= made_exponents;
      negatives <= made_negatives;
      infinities <= made_infinities;
      nans <= made_nans;
    end
    if (accumulate) part <= next;
  end
endmodule
