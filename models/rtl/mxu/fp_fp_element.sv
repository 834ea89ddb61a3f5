// SPDX-License-Identifier: Apache-2.0
// FP-FP with its sums one after another along k, each rounded to FP32: `LANES` adders in a chain, which a clock has to
// hold, since the next one starts from its result. A weight is FP16 already, dequantised once for a column.
module fp_fp_element #(
    parameter LANES = 4,
    parameter BANKS = 2  // accumulators; with one, sum_bank and drain_bank are 0
) (
    input  logic                clk,
    input  logic [LANES*16-1:0] activations,
    input  logic [LANES*16-1:0] weights,
    input  logic                add,         // products of what is in the operand registers
    input  logic                accumulate,  // of those products
    input  logic                start_sum,   // with accumulate: from +0
    input  logic                sum_bank,
    input  logic                drain_bank,
    output logic [31:0]         drained
);
  logic [LANES*32-1:0]     products, made;
  logic [(LANES+1)*32-1:0] sums  /*verilator split_var*/;
  logic [31:0]             total_0, total_1;
  assign sums[31:0] = start_sum ? 32'd0 : sum_bank && BANKS > 1 ? total_1 : total_0;
  for (genvar i = 0; i < LANES; i = i + 1) begin : g_lane
    fp16_multiply multiply (.a(activations[i*16 +: 16]), .b(weights[i*16 +: 16]), .product(made[i*32 +: 32]));
    fp32_add next (.a(sums[i*32 +: 32]), .b(products[i*32 +: 32]), .sum(sums[(i+1)*32 +: 32]));
  end
  always_ff @(posedge clk) begin
    if (add) products <= made;
    if (accumulate && !sum_bank) total_0 <= sums[LANES*32 +: 32];
    if (accumulate && sum_bank && BANKS > 1) total_1 <= sums[LANES*32 +: 32];
  end
  assign drained = drain_bank && BANKS > 1 ? total_1 : total_0;
endmodule
