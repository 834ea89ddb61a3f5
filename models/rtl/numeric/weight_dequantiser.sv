// SPDX-License-Identifier: Apache-2.0
// FP16(code * scale), rounded to nearest even: the weight that FP-FP multiplies by.
module weight_dequantiser #(
    parameter WEIGHT_BITS = 4
) (
    input  logic signed [WEIGHT_BITS-1:0] code,
    input  logic        [15:0]            scale,  // finite
    output logic        [15:0]            weight
);
  logic [31:0] product;
  fp16_multiply_int #(.INT_BITS(WEIGHT_BITS)) multiply (.a(scale), .code(code), .product(product));
  fp32_to_fp16 round (.single(product), .half(weight));
endmodule
