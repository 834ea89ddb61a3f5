// SPDX-License-Identifier: Apache-2.0
// magnitude * 2^power as FP32, exactly: at most 24 bits, and a power for which the result is a normal number.
module exact_to_fp32 #(
    parameter WIDTH = 22,
    parameter STEPS = $clog2(WIDTH)
) (
    input  logic              negative,
    input  logic [WIDTH-1:0]  magnitude,
    input  logic signed [7:0] power,
    output logic [31:0]       single
);
  logic [WIDTH-1:0] normalised;
  logic [STEPS-1:0] places;
  logic [7:0]       exponent;
  normalise #(.WIDTH(WIDTH), .STEPS(STEPS)) shift (
      .value(magnitude), .limit('1), .normalised(normalised), .places(places));
  assign exponent = power + 8'(127 + WIDTH - 1) - {{(8 - STEPS){1'b0}}, places};
  assign single = magnitude == 0 ? {negative, 31'd0}
                                 : {negative, exponent, normalised[WIDTH-2:0], {(24 - WIDTH){1'b0}}};
endmodule
