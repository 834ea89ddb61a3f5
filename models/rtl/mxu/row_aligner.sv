// SPDX-License-Identifier: Apache-2.0
// What FIGNA and iFPU put between the activation buffer and a row: some FP16 activations a clock become mantissas under
// the largest exponent of their group, which the catcher has followed while the group was read.
module row_aligner #(
    parameter LANES = 4,
    parameter MANTISSA_BITS = 13
) (
    input  logic                           clk,
    input  logic                           move,
    input  logic                           first,  // of a group, at the catcher
    input  logic [LANES*16-1:0]            arriving,
    input  logic                           ends,   // the group at the catcher ends
    input  logic [LANES*16-1:0]            leaving,  // of the group before
    output logic [4:0]                     shared,
    output logic [LANES-1:0]               sign,
    output logic [LANES*MANTISSA_BITS-1:0] mantissas
);
  localparam COUNT = 1 << $clog2(LANES);

  logic [COUNT*5-1:0]             exponents;
  logic [LANES*16-1:0]            finite, catching;
  logic [4:0]                     largest, so_far, next;
  logic [LANES-1:0]               signs;
  logic [LANES*MANTISSA_BITS-1:0] made;
  for (genvar i = 0; i < LANES; i = i + 1) begin : g_lane
    logic        negative, infinite, nan;
    logic [10:0] significand;
    finite_fp16 saturate_arriving (.half(arriving[i*16 +: 16]), .finite(catching[i*16 +: 16]));
    fp16_fields fields (.half(catching[i*16 +: 16]), .negative(negative), .exponent(exponents[i*5 +: 5]),
                        .significand(significand), .infinite(infinite), .nan(nan));
    finite_fp16 saturate (.half(leaving[i*16 +: 16]), .finite(finite[i*16 +: 16]));
    parallel_aligner #(.MANTISSA_BITS(MANTISSA_BITS)) align (
        .half(finite[i*16 +: 16]), .shared(shared), .negative(signs[i]),
        .mantissa(made[i*MANTISSA_BITS +: MANTISSA_BITS]));
  end
  for (genvar i = LANES; i < COUNT; i = i + 1) begin : g_empty
    assign exponents[i*5 +: 5] = 5'd1;
  end
  max_exponent #(.COUNT(COUNT)) catcher (.exponents(exponents), .valid({COUNT{1'b1}}), .largest(largest));
  assign next = first || largest > so_far ? largest : so_far;
  always_ff @(posedge clk) if (move) begin
    so_far <= next;
    if (ends) shared <= next;
    sign <= signs;
    mantissas <= made;
  end
endmodule
