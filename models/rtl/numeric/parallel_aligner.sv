// SPDX-License-Identifier: Apache-2.0
// FIGNA's and iFPU's conversion at a read: an FP16 number as the mantissa of a group whose largest exponent is
// `shared`, truncated, in one clock. m = (S * 2^16) >> (16 + 11 - M + (E* - E)).
module parallel_aligner #(
    parameter MANTISSA_BITS = 13
) (
    input  logic [15:0]              half,  // finite
    input  logic [4:0]               shared,
    output logic                     negative,
    output logic [MANTISSA_BITS-1:0] mantissa
);
  localparam WIDTH = MANTISSA_BITS > 11 ? MANTISSA_BITS : 11;

  logic             infinite, nan;
  logic [4:0]       exponent;
  logic [10:0]      significand;
  logic [WIDTH-1:0] moved;
  fp16_fields fields (.half(half), .negative(negative), .exponent(exponent), .significand(significand),
                      .infinite(infinite), .nan(nan));
  assign moved = {significand, {(WIDTH - 11){1'b0}}} >> (shared - exponent);
  assign mantissa = moved[WIDTH-1 -: MANTISSA_BITS];
endmodule
