// SPDX-License-Identifier: Apache-2.0
// FP-INT as a designer would build it: the products of a clock and the sum of the scale group are added at once (see
// fp_int_fused_dot.sv), and that sum is scaled once a group: sum = sum + FP32(P * scale). Not the order of sums that
// the simulator computes in.
module fp_int_fused_element #(
    parameter LANES = 4,
    parameter WEIGHT_BITS = 4
) (
    input  logic                         clk,
    input  logic [LANES*16-1:0]          activations,
    input  logic [LANES*WEIGHT_BITS-1:0] weights,
    input  logic [15:0]                  factor,  // of the scale group in stage scale
    input  logic                         add,
    input  logic                         accumulate,
    input  logic                         start,   // of a scale group
    input  logic                         scale,   // a scale group's sum is complete
    input  logic                         sum,
    input  logic                         start_sum,
    input  logic                         sum_bank,
    input  logic                         drain_bank,
    output logic [31:0]                  drained
);
  logic [31:0] part, product, scaled;
  fp_int_fused_dot #(.LANES(LANES), .WEIGHT_BITS(WEIGHT_BITS)) dot (
      .clk(clk), .activations(activations), .weights(weights), .add(add), .accumulate(accumulate), .start(start),
      .part(part));
  fp32_multiply_fp16 multiply (.a(part), .b(factor), .product(product));
  always_ff @(posedge clk) if (scale) scaled <= product;
  accumulators accumulate_scaled (.clk(clk), .sum(sum), .start(start_sum), .first_sum(32'd0), .bank(sum_bank), .addend(scaled),
                                  .drain_bank(drain_bank), .drained(drained));
endmodule
