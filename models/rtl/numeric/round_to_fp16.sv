// SPDX-License-Identifier: Apache-2.0
// Rounds a normalised magnitude (its top bit is one, or it is zero) to FP16, to nearest even. The result has the
// exponent field `exponent` unless rounding or the range changes it: below 1 it is subnormal, from 31 on infinite.
module round_to_fp16 #(
    parameter WIDTH = 24,         // 13 or more
    parameter EXPONENT_BITS = 8   // of a signed number
) (
    input  logic                            negative,
    input  logic        [WIDTH-1:0]         magnitude,
    input  logic signed [EXPONENT_BITS-1:0] exponent,
    output logic        [15:0]              half
);
  // Twelve places take everything below the guard bit of the smallest subnormal.
  localparam signed [EXPONENT_BITS-1:0] DEEPEST = -14;

  logic subnormal;
  logic [3:0] places;
  assign subnormal = exponent < 1;
  assign places = !subnormal ? 4'd0 : exponent < DEEPEST ? 4'd15 : 4'd1 - exponent[3:0];

  logic [12:0] top;  // significand, guard and sticky bit
  logic [12:0] moved;
  assign top = {magnitude[WIDTH-1 -: 12], |magnitude[WIDTH-13:0]};
  shift_right_sticky #(.WIDTH(13), .STEPS(4)) shift (.value(top), .places(places), .shifted(moved));

  // The leading one is added to the exponent field, not or-ed, so that it and a carry out of the fraction count there.
  logic        up;
  logic [ 5:0] below;  // exponent field less the leading one
  logic [15:0] rounded;
  assign up = moved[1] && (moved[0] || moved[2]);
  assign below = subnormal || magnitude == 0 ? 6'd0 : exponent[5:0] - 6'd1;
  assign rounded = {below, 10'd0} + {5'd0, moved[12:2]} + {15'd0, up};

  assign half = {negative, exponent > 30 && magnitude != 0 ? 15'h7C00 : rounded[14:0]};
endmodule
