// SPDX-License-Identifier: Apache-2.0
// The dot product of a group as the Anda processing unit makes it: a bit plane against the group's weights in a clock,
// the sign plane first, then the mantissa planes from the most significant: D = 2 * D + (sum of +-w where the bit is set).
module plane_dot #(
    parameter LANES = 64,
    parameter WEIGHT_BITS = 4,
    parameter SUM_BITS = WEIGHT_BITS + $clog2(LANES),
    parameter DOT_BITS = SUM_BITS + 16
) (
    input  logic                         clk,
    input  logic [LANES-1:0]             plane,
    input  logic [LANES-1:0]             sign,
    input  logic [LANES*WEIGHT_BITS-1:0] weights,
    input  logic                         add,
    input  logic                         accumulate,
    input  logic                         start,  // the sign plane: nothing is added yet
    output logic signed [DOT_BITS-1:0] dot
);
  logic signed [SUM_BITS-1:0] tree, of_plane;
  logic                       tree_carry, carry;
  plane_adder #(.LANES(LANES), .WIDTH(WEIGHT_BITS)) adder (
      .on(plane), .minus(sign), .addends(weights), .sum(tree), .carry(tree_carry));

  logic signed [DOT_BITS-1:0] wide;
  assign wide = {{(DOT_BITS - SUM_BITS){of_plane[SUM_BITS-1]}}, of_plane};
  // The carry that the tree leaves is the bit below 2 * dot, whose own lowest bit is 0.
  always_ff @(posedge clk) begin
    if (add) begin
      of_plane <= tree;
      carry <= tree_carry;
    end
    if (accumulate) dot <= start ? '0 : {dot[DOT_BITS-2:0], carry} + wide;
  end
endmodule
