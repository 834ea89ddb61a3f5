// SPDX-License-Identifier: Apache-2.0
// The dot product of a group as iFPU makes it: aligned mantissas, added under one bit of their weights a clock. The
// lanes take some elements along k for as many clocks as a weight has bits; the sum of bit b counts 2^b, negative for
// the highest.
module ifpu_dot #(
    parameter LANES = 16,  // a power of two
    parameter GROUP = 64,
    parameter MANTISSA_BITS = 24,
    parameter WEIGHT_BITS = 4,
    parameter PLACE_BITS = $clog2(WEIGHT_BITS),
    parameter DOT_BITS = MANTISSA_BITS + WEIGHT_BITS + $clog2(GROUP)
) (
    input  logic                           clk,
    input  logic [LANES-1:0]               sign,
    input  logic [LANES*MANTISSA_BITS-1:0] mantissas,
    input  logic [LANES-1:0]               plane,  // of the weights
    input  logic [PLACE_BITS-1:0]          place,  // of that plane
    input  logic                           add,
    input  logic                           accumulate,
    input  logic                           start,
    output logic signed [DOT_BITS-1:0] dot
);
  localparam SUM_BITS = MANTISSA_BITS + 1 + $clog2(LANES);

  logic        [LANES*(MANTISSA_BITS+1)-1:0] addends;
  logic signed [SUM_BITS-1:0]                tree, of_plane;
  logic                                      tree_carry, carry;
  logic        [PLACE_BITS-1:0]              place_of_sum;
  logic                                      negate;
  for (genvar i = 0; i < LANES; i = i + 1) begin : g_lane
    assign addends[i*(MANTISSA_BITS+1) +: MANTISSA_BITS+1] = {1'b0, mantissas[i*MANTISSA_BITS +: MANTISSA_BITS]};
  end
  plane_adder #(.LANES(LANES), .WIDTH(MANTISSA_BITS + 1)) adder (
      .on(plane), .minus(sign), .addends(addends), .sum(tree), .carry(tree_carry));

  logic signed [DOT_BITS-1:0] held, wide, moved;
  assign held = start ? '0 : dot;
  assign wide = {{(DOT_BITS - SUM_BITS){of_plane[SUM_BITS-1]}}, of_plane} + {{(DOT_BITS - 1){1'b0}}, carry};
  assign moved = wide << place_of_sum;
  always_ff @(posedge clk) begin
    if (add) begin
      of_plane <= tree;
      carry <= tree_carry;
      place_of_sum <= place;
      negate <= place == PLACE_BITS'(WEIGHT_BITS - 1);
    end
    if (accumulate) dot <= negate ? held - moved : held + moved;
  end
endmodule
