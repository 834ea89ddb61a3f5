// SPDX-License-Identifier: Apache-2.0
// The product of an FP16 number and an integer as FP32, which holds it exactly.
module fp16_multiply_int #(
    parameter INT_BITS = 4  // 1 ... 8
) (
    input  logic        [15:0]         a,
    input  logic signed [INT_BITS-1:0] code,
    output logic        [31:0]         product
);
  localparam WIDTH = 11 + INT_BITS;

  logic        a_negative, a_infinite, a_nan;
  logic [4:0]  a_exponent;
  logic [10:0] a_significand;
  fp16_fields fields (.half(a), .negative(a_negative), .exponent(a_exponent), .significand(a_significand),
                      .infinite(a_infinite), .nan(a_nan));

  logic                negative;
  logic [INT_BITS-1:0] size;  // |code|; that of the lowest code fits, since it is unsigned
  logic [WIDTH-1:0]    magnitude;
  logic [31:0]         finite;
  assign negative = a_negative ^ code[INT_BITS-1];
  assign size = code[INT_BITS-1] ? -code : code;
  assign magnitude = WIDTH'(a_significand) * WIDTH'(size);
  exact_to_fp32 #(.WIDTH(WIDTH)) convert (
      .negative(negative), .magnitude(magnitude), .power({3'd0, a_exponent} - 8'd25), .single(finite));

  assign product = a_nan || (a_infinite && code == 0) ? 32'h7FC00000 : a_infinite ? {negative, 31'h7F800000} : finite;
endmodule
