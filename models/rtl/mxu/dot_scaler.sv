// SPDX-License-Identifier: Apache-2.0
// From the dot product of a group to the sum of a tile: v = FP16(D * 2^(E* - 14 - M)), sum = sum + FP32(v * scale).
module dot_scaler #(
    parameter WIDTH = 26,
    parameter PARTIAL_SUMS = 0
) (
    input  logic                    clk,
    input  logic signed [WIDTH-1:0] dot,
    input  logic        [4:0]       mantissa_bits,
    input  logic        [4:0]       shared,  // E* of the group in stage convert
    input  logic        [15:0]      factor,  // weight scale of the group in stage scale
    input  logic                    convert,
    input  logic                    scale,
    input  logic                    sum,
    input  logic                    start_sum,
    input  logic        [31:0]      first_sum,
    input  logic                    sum_bank,
    input  logic                    drain_bank,
    output logic        [31:0]      drained
);
  logic [15:0] half, v;
  logic [31:0] product, scaled;
  int_to_fp16 #(.WIDTH(WIDTH)) round (.dot(dot), .shared(shared), .mantissa_bits(mantissa_bits), .half(half));
  fp16_multiply multiply (.a(v), .b(factor), .product(product));
  always_ff @(posedge clk) begin
    if (convert) v <= half;
    if (scale) scaled <= product;
  end
  accumulators #(.PARTIAL_SUMS(PARTIAL_SUMS)) accumulate (
      .clk(clk), .sum(sum), .start(start_sum), .first_sum(first_sum), .bank(sum_bank), .addend(scaled),
      .drain_bank(drain_bank), .drained(drained));
endmodule
