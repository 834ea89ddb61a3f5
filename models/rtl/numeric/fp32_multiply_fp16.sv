// SPDX-License-Identifier: Apache-2.0
// FP32 times FP16 as FP32, rounded to nearest even, where the product is 0, infinite, NaN or at least 2^-126: sums of
// FP16 numbers times integers are multiples of 2^-24, and so are scales.
module fp32_multiply_fp16 (
    input  logic [31:0] a,
    input  logic [15:0] b,
    output logic [31:0] product
);
  logic        b_negative, b_infinite, b_nan, a_special, a_infinite, a_nan, a_zero;
  logic [4:0]  b_exponent;
  logic [10:0] b_significand;
  fp16_fields fields (.half(b), .negative(b_negative), .exponent(b_exponent), .significand(b_significand),
                      .infinite(b_infinite), .nan(b_nan));
  assign a_special = a[30:23] == 8'hFF;
  assign a_infinite = a_special && a[22:0] == 0;
  assign a_nan = a_special && a[22:0] != 0;
  assign a_zero = a[30:0] == 0;

  logic        negative, up;
  logic [34:0] magnitude, normalised;
  logic [3:0]  places;  // 11 at most: the scale may be subnormal
  logic [9:0]  exponent;
  logic [32:0] rounded;
  assign negative = a[31] ^ b_negative;
  assign magnitude = 35'({1'b1, a[22:0]}) * 35'(b_significand);
  normalise #(.WIDTH(35), .STEPS(4)) shift (.value(magnitude), .limit('1), .normalised(normalised), .places(places));
  // The top bit is 2^34 * 2^(e - 150) * 2^(E - 25).
  assign exponent = {2'd0, a[30:23]} + {5'd0, b_exponent} - 10'd14 - {6'd0, places};
  assign up = normalised[10] && (normalised[11] || normalised[9:0] != 0);
  assign rounded = {exponent, normalised[33:11]} + {32'd0, up};

  logic invalid;
  assign invalid = a_nan || b_nan || (a_infinite && b_significand == 0) || (b_infinite && a_zero);
  assign product = invalid ? 32'h7FC00000
                 : a_infinite || b_infinite || (rounded[32:23] >= 10'd255 && b_significand != 0 && !a_zero)
                     ? {negative, 31'h7F800000}
                 : a_zero || b_significand == 0 ? {negative, 31'd0}
                 : {negative, rounded[30:0]};
endmodule
