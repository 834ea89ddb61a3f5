// SPDX-License-Identifier: Apache-2.0
// The Anda processing unit: a bit plane of a group against the group's weights in a clock, the sign plane first, then
// the mantissa planes from the most significant: acc = 2 * acc + (sum of +-w where the plane's bit is set).
module apu #(
    parameter LANES = 64,
    parameter WEIGHT_BITS = 4,
    parameter PARTIAL_SUMS = 0,  // whether a tile's sums can start from those of a split k
    parameter SUM_BITS = WEIGHT_BITS + $clog2(LANES),
    parameter DOT_BITS = SUM_BITS + 16
) (
    input  logic                         clk,
    input  logic [LANES-1:0]             plane,
    input  logic [LANES-1:0]             sign,
    input  logic [LANES*WEIGHT_BITS-1:0] weights,
    input  logic [4:0]                   mantissa_bits,
    input  logic [4:0]                   shared,
    input  logic [15:0]                  factor,
    input  logic                         add,
    input  logic                         accumulate,
    input  logic                         start,  // the sign plane: nothing is added yet
    input  logic                         convert,
    input  logic                         scale,
    input  logic                         sum,
    input  logic                         start_sum,
    input  logic [31:0]                  first_sum,
    input  logic                         sum_bank,
    input  logic                         drain_bank,
    output logic [31:0]                  drained
);
  logic signed [DOT_BITS-1:0] dot;
  plane_dot #(.LANES(LANES), .WEIGHT_BITS(WEIGHT_BITS)) multiply (
      .clk(clk), .plane(plane), .sign(sign), .weights(weights), .add(add), .accumulate(accumulate), .start(start),
      .dot(dot));
  dot_scaler #(.WIDTH(DOT_BITS), .PARTIAL_SUMS(PARTIAL_SUMS)) scaler (
      .clk(clk), .dot(dot), .mantissa_bits(mantissa_bits), .shared(shared), .factor(factor), .convert(convert),
      .scale(scale), .sum(sum), .start_sum(start_sum), .first_sum(first_sum), .sum_bank(sum_bank), .drain_bank(drain_bank),
      .drained(drained));
endmodule
