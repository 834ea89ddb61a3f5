// SPDX-License-Identifier: Apache-2.0
// iFPU: aligned mantissas of 24 bits, added under one bit of their weights a clock. The lanes take some elements along
// k for as many clocks as a weight has bits; the sum of bit b counts 2^b, negative for the highest.
module ifpu_element #(
    parameter LANES = 16,  // a power of two
    parameter GROUP = 64,
    parameter MANTISSA_BITS = 24,
    parameter WEIGHT_BITS = 4,
    parameter PLACE_BITS = $clog2(WEIGHT_BITS),
    parameter DOT_BITS = MANTISSA_BITS + WEIGHT_BITS + $clog2(GROUP)
) (
    input  logic                           clk,
    input  logic [LANES-1:0]               sign,
    input  logic [LANES*MANTISSA_BITS-1:0] mantissas,
    input  logic [LANES-1:0]               plane,  // of the weights
    input  logic [PLACE_BITS-1:0]          place,  // of that plane
    input  logic [4:0]                     shared,
    input  logic [15:0]                    factor,
    input  logic                           add,
    input  logic                           accumulate,
    input  logic                           start,
    input  logic                           convert,
    input  logic                           scale,
    input  logic                           sum,
    input  logic                           start_sum,
    input  logic                           sum_bank,
    input  logic                           drain_bank,
    output logic [31:0]                    drained
);
  logic signed [DOT_BITS-1:0] dot;
  ifpu_dot #(.LANES(LANES), .GROUP(GROUP), .MANTISSA_BITS(MANTISSA_BITS), .WEIGHT_BITS(WEIGHT_BITS)) multiply (
      .clk(clk), .sign(sign), .mantissas(mantissas), .plane(plane), .place(place), .add(add), .accumulate(accumulate), .start(start),
      .dot(dot));
  dot_scaler #(.WIDTH(DOT_BITS)) scaler (
      .clk(clk), .dot(dot), .mantissa_bits(5'(MANTISSA_BITS)), .shared(shared), .factor(factor), .convert(convert),
      .scale(scale), .sum(sum), .start_sum(start_sum), .first_sum(32'd0), .sum_bank(sum_bank), .drain_bank(drain_bank),
      .drained(drained));
endmodule
