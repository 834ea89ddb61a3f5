// SPDX-License-Identifier: Apache-2.0
// The product of two FP16 numbers as FP32, which holds it exactly.
module fp16_multiply (
    input  logic [15:0] a,
    input  logic [15:0] b,
    output logic [31:0] product
);
  logic        a_negative, b_negative, a_infinite, b_infinite, a_nan, b_nan;
  logic [4:0]  a_exponent, b_exponent;
  logic [10:0] a_significand, b_significand;
  fp16_fields fields_a (.half(a), .negative(a_negative), .exponent(a_exponent), .significand(a_significand),
                        .infinite(a_infinite), .nan(a_nan));
  fp16_fields fields_b (.half(b), .negative(b_negative), .exponent(b_exponent), .significand(b_significand),
                        .infinite(b_infinite), .nan(b_nan));

  logic              negative;
  logic [21:0]       magnitude;
  logic signed [7:0] power;
  logic [31:0]       finite;
  assign negative = a_negative ^ b_negative;
  assign magnitude = 22'(a_significand) * 22'(b_significand);
  assign power = {3'd0, a_exponent} + {3'd0, b_exponent} - 8'd50;
  exact_to_fp32 #(.WIDTH(22)) convert (.negative(negative), .magnitude(magnitude), .power(power), .single(finite));

  logic invalid;
  assign invalid = a_nan || b_nan || (a_infinite && b_significand == 0) || (b_infinite && a_significand == 0);
  assign product = invalid ? 32'h7FC00000 : a_infinite || b_infinite ? {negative, 31'h7F800000} : finite;
endmodule
