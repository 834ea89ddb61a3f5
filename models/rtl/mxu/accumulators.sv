// SPDX-License-Identifier: Apache-2.0
// The two FP32 accumulators of an element: the array sums into one while the vector unit empties the other.
module accumulators #(
    parameter PARTIAL_SUMS = 0  // whether a tile's sum can start from first_sum; if not, from +0
) (
    input  logic        clk,
    input  logic        sum,    // enable
    input  logic        start,
    input  logic [31:0] first_sum,
    input  logic        bank,
    input  logic [31:0] addend,
    input  logic        drain_bank,
    output logic [31:0] drained
);
  logic [31:0] first, total_0, total_1, next;
  assign first = PARTIAL_SUMS != 0 ? first_sum : 32'd0;
  fp32_add add (.a(start ? first : bank ? total_1 : total_0), .b(addend), .sum(next));
  always_ff @(posedge clk) begin
    if (sum && !bank) total_0 <= next;
    if (sum && bank) total_1 <= next;
  end
  assign drained = drain_bank ? total_1 : total_0;
endmodule
