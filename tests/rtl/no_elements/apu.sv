// SPDX-License-Identifier: Apache-2.0
// Stands in for models/rtl/mxu/apu.sv where only clocks are looked at: the pins, and no arithmetic.
module apu #(
    parameter LANES = 64,
    parameter WEIGHT_BITS = 4,
    parameter PARTIAL_SUMS = 0
) (
    input  logic                         clk,
    input  logic [LANES-1:0]             plane,
    input  logic [LANES-1:0]             sign,
    input  logic [LANES*WEIGHT_BITS-1:0] weights,
    input  logic [4:0]                   mantissa_bits,
    input  logic [4:0]                   shared,
    input  logic [15:0]                  factor,
    input  logic                         add,
    input  logic                         accumulate,
    input  logic                         start,
    input  logic                         convert,
    input  logic                         scale,
    input  logic                         sum,
    input  logic                         start_sum,
    input  logic [31:0]                  first_sum,
    input  logic                         sum_bank,
    input  logic                         drain_bank,
    output logic [31:0]                  drained
);
  assign drained = PARTIAL_SUMS != 0 ? first_sum : '0;
endmodule
