// SPDX-License-Identifier: Apache-2.0
// The parts of the elements without a clock, side by side, for conversions_test.cpp.
module conversions_bench (
    input  logic [31:0]   a,
    input  logic [31:0]   b,
    input  logic [63:0]   dot,
    input  logic [4:0]    shared,
    input  logic [4:0]    mantissa_bits,
    input  logic [1023:0] row,
    input  logic [63:0]   valid,
    output logic [31:0]   sum,
    output logic [31:0]   scaled,
    output logic [31:0]   product,
    output logic [31:0]   product_of_int4,
    output logic [31:0]   product_of_int8,
    output logic [15:0]   dequantised,
    output logic [15:0]   half,
    output logic [15:0]   half_of_dot,
    output logic [15:0]   half_of_long_dot,
    output logic [15:0]   finite,
    output logic [24:0]   aligned_24,  // sign and mantissa
    output logic [13:0]   aligned_13,
    output logic [11:0]   aligned_11,
    output logic [8:0]    aligned_8,
    output logic [4:0]    largest
);
  fp32_add add (.a(a), .b(b), .sum(sum));
  fp32_multiply_fp16 scale (.a(a), .b(b[15:0]), .product(scaled));
  fp16_multiply multiply (.a(a[15:0]), .b(b[15:0]), .product(product));
  fp16_multiply_int #(.INT_BITS(4)) multiply_int4 (.a(a[15:0]), .code(b[3:0]), .product(product_of_int4));
  fp16_multiply_int #(.INT_BITS(8)) multiply_int8 (.a(a[15:0]), .code(b[7:0]), .product(product_of_int8));
  weight_dequantiser dequantise (.code(b[3:0]), .scale(a[15:0]), .weight(dequantised));
  fp32_to_fp16 round (.single(a), .half(half));
  int_to_fp16 #(.WIDTH(26)) round_dot (
      .dot(dot[25:0]), .shared(shared), .mantissa_bits(mantissa_bits), .half(half_of_dot));
  int_to_fp16 #(.WIDTH(34)) round_long_dot (
      .dot(dot[33:0]), .shared(shared), .mantissa_bits(mantissa_bits), .half(half_of_long_dot));
  finite_fp16 saturate (.half(a[15:0]), .finite(finite));
  parallel_aligner #(.MANTISSA_BITS(24)) align_24 (
      .half(finite), .shared(shared), .negative(aligned_24[24]), .mantissa(aligned_24[23:0]));
  parallel_aligner #(.MANTISSA_BITS(13)) align_13 (
      .half(finite), .shared(shared), .negative(aligned_13[13]), .mantissa(aligned_13[12:0]));
  parallel_aligner #(.MANTISSA_BITS(11)) align_11 (
      .half(finite), .shared(shared), .negative(aligned_11[11]), .mantissa(aligned_11[10:0]));
  parallel_aligner #(.MANTISSA_BITS(8)) align_8 (
      .half(finite), .shared(shared), .negative(aligned_8[8]), .mantissa(aligned_8[7:0]));

  logic [319:0] exponents;
  for (genvar i = 0; i < 64; i = i + 1) begin : g_exponent
    logic        negative, infinite, nan;
    logic [10:0] significand;
    fp16_fields fields (.half(row[i*16 +: 16]), .negative(negative), .exponent(exponents[i*5 +: 5]),
                        .significand(significand), .infinite(infinite), .nan(nan));
  end
  max_exponent #(.COUNT(64)) catcher (.exponents(exponents), .valid(valid), .largest(largest));
endmodule
