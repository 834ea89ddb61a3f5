// SPDX-License-Identifier: Apache-2.0
// The sum of a scale group as FP-INT makes it, in FP32, one element along k after another: P = P + FP32(a * q).
module fp_int_dot #(
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
  logic [LANES*32-1:0]     products, made;
  logic [(LANES+1)*32-1:0] sums  /*verilator split_var*/;
  assign sums[31:0] = start ? 32'd0 : part;
  for (genvar i = 0; i < LANES; i = i + 1) begin : g_lane
    fp16_multiply_int #(.INT_BITS(WEIGHT_BITS)) multiply (
        .a(activations[i*16 +: 16]), .code(weights[i*WEIGHT_BITS +: WEIGHT_BITS]), .product(made[i*32 +: 32]));
    fp32_add next (.a(sums[i*32 +: 32]), .b(products[i*32 +: 32]), .sum(sums[(i+1)*32 +: 32]));
  end
  always_ff @(posedge clk) begin
    if (add) products <= made;
    if (accumulate) part <= sums[LANES*32 +: 32];
  end
endmodule
