// SPDX-License-Identifier: Apache-2.0
// The two FP32 accumulators of an element: the array sums into one while the vector unit empties the other.
module accumulators (
    input  logic        clk,
    input  logic        sum,    // enable
    input  logic        start,  // from +0
    input  logic        bank,
    input  logic [31:0] addend,
    input  logic        drain_bank,
    output logic [31:0] drained
);
  logic [31:0] total_0, total_1, next;
  fp32_add add (.a(start ? 32'd0 : bank ? total_1 : total_0), .b(addend), .sum(next));
  always_ff @(posedge clk) begin
    if (sum && !bank) total_0 <= next;
    if (sum && bank) total_1 <= next;
  end
  assign drained = drain_bank ? total_1 : total_0;
endmodule
