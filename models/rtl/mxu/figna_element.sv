// SPDX-License-Identifier: Apache-2.0
// FIGNA: activations aligned to the largest exponent of their group at the read, all bits of some weights at once.
module figna_element #(
    parameter LANES = 4,           // elements along k in a clock
    parameter GROUP = 64,
    parameter MANTISSA_BITS = 13,
    parameter WEIGHT_BITS = 4,
    parameter PRODUCT_BITS = MANTISSA_BITS + WEIGHT_BITS,
    parameter DOT_BITS = PRODUCT_BITS + $clog2(GROUP)
) (
    input  logic                           clk,
    input  logic [LANES-1:0]               sign,
    input  logic [LANES*MANTISSA_BITS-1:0] mantissas,
    input  logic [LANES*WEIGHT_BITS-1:0]   weights,
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
  figna_dot #(.LANES(LANES), .GROUP(GROUP), .MANTISSA_BITS(MANTISSA_BITS), .WEIGHT_BITS(WEIGHT_BITS)) multiply (
      .clk(clk), .sign(sign), .mantissas(mantissas), .weights(weights), .add(add), .accumulate(accumulate), .start(start),
      .dot(dot));
  dot_scaler #(.WIDTH(DOT_BITS)) scaler (
      .clk(clk), .dot(dot), .mantissa_bits(5'(MANTISSA_BITS)), .shared(shared), .factor(factor), .convert(convert),
      .scale(scale), .sum(sum), .start_sum(start_sum), .first_sum(32'd0), .sum_bank(sum_bank), .drain_bank(drain_bank),
      .drained(drained));
endmodule
