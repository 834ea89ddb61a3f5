// SPDX-License-Identifier: Apache-2.0
// v = FP16(dot * 2^(shared - 14 - mantissa_bits)), rounded once to nearest even.
module int_to_fp16 #(
    parameter WIDTH = 26,      // of the signed dot product
    parameter STEPS = $clog2(WIDTH)
) (
    input  logic signed [WIDTH-1:0] dot,
    input  logic        [4:0]       shared,         // E*
    input  logic        [4:0]       mantissa_bits,  // M
    output logic        [15:0]      half
);
  logic             negative;
  logic [WIDTH-1:0] magnitude;
  logic [WIDTH-1:0] normalised;
  logic [STEPS-1:0] places;
  assign negative = dot[WIDTH-1];
  assign magnitude = negative ? -dot : dot;
  normalise #(.WIDTH(WIDTH), .STEPS(STEPS)) shift (
      .value(magnitude), .limit('1), .normalised(normalised), .places(places));

  // The top bit stands for 2^(WIDTH - 1 + shared - 14 - M), whose exponent field is 15 more.
  logic signed [8:0] exponent;
  assign exponent = 9'(WIDTH) + {4'd0, shared} - {4'd0, mantissa_bits} - {{(9 - STEPS){1'b0}}, places};
  round_to_fp16 #(.WIDTH(WIDTH), .EXPONENT_BITS(9)) round (
      .negative(negative), .magnitude(normalised), .exponent(exponent), .half(half));
endmodule
