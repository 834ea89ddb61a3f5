// SPDX-License-Identifier: Apache-2.0
// The sum of two FP32 numbers, rounded to nearest even; every NaN is 0x7FC00000.
module fp32_add #(
    parameter SUBNORMALS = 1  // 0: subnormal results are wrong; those of multiples of 2^-48 never are subnormal
) (
    input  logic [31:0] a,
    input  logic [31:0] b,
    output logic [31:0] sum
);
  // |x| >= |y|
  logic        swap;
  logic [31:0] x, y;
  assign swap = b[30:0] > a[30:0];
  assign x = swap ? b : a;
  assign y = swap ? a : b;

  logic [7:0]  x_exponent, y_exponent, difference;
  logic [26:0] x_magnitude, y_magnitude, moved;  // significand, guard, round and sticky bit
  assign x_exponent = x[30:23] == 0 ? 8'd1 : x[30:23];
  assign y_exponent = y[30:23] == 0 ? 8'd1 : y[30:23];
  assign x_magnitude = {x[30:23] != 0, x[22:0], 3'd0};
  assign y_magnitude = {y[30:23] != 0, y[22:0], 3'd0};
  assign difference = x_exponent - y_exponent;
  shift_right_sticky #(.WIDTH(27), .STEPS(5)) align (
      .value(y_magnitude), .places(difference > 8'd31 ? 5'd31 : difference[4:0]), .shifted(moved));

  logic        subtract;
  logic [27:0] total, normalised;
  logic [4:0]  limit, places;
  assign subtract = x[31] ^ y[31];
  assign total = subtract ? {1'b0, x_magnitude} - {1'b0, moved} : {1'b0, x_magnitude} + {1'b0, moved};
  assign limit = SUBNORMALS != 0 && x_exponent < 8'd31 ? x_exponent[4:0] : 5'd31;
  normalise #(.WIDTH(28), .STEPS(5)) shift (
      .value(total), .limit(limit), .normalised(normalised), .places(places));

  // The top bit of `total` has the exponent x_exponent + 1. The leading one is added to the exponent field.
  logic        up;
  logic [8:0]  below;
  logic [31:0] rounded;
  assign up = normalised[3] && (normalised[4] || normalised[2:0] != 0);
  assign below = {1'b0, x_exponent} - {4'd0, places};
  assign rounded = {below, 23'd0} + {8'd0, normalised[27:4]} + {31'd0, up};

  logic x_special, y_nan, x_nan, opposite;
  assign x_special = x[30:23] == 8'hFF;
  assign x_nan = x_special && x[22:0] != 0;
  assign y_nan = y[30:23] == 8'hFF && y[22:0] != 0;
  assign opposite = y[30:23] == 8'hFF && subtract;
  assign sum = x_nan || y_nan || opposite ? 32'h7FC00000
             : x_special ? {x[31], 31'h7F800000}
             : total == 0 ? {x[31] & y[31], 31'd0}
             : {x[31], rounded[31:23] >= 9'd255 ? 31'h7F800000 : rounded[30:0]};
endmodule
