// SPDX-License-Identifier: Apache-2.0
// FP-FP as a designer would build it: four exact products and the sum, aligned to the largest exponent among them,
// added as integers and rounded once. Not the order of sums that the simulator computes in: see fused_sum.sv.
module fp_fp_fused_element #(
    parameter LANES = 4,
    parameter BANKS = 2  // accumulators; with one, sum_bank and drain_bank are 0
) (
    input  logic                clk,
    input  logic [LANES*16-1:0] activations,
    input  logic [LANES*16-1:0] weights,
    input  logic                add,
    input  logic                accumulate,
    input  logic                start_sum,
    input  logic                sum_bank,
    input  logic                drain_bank,
    output logic [31:0]         drained
);
  logic [LANES*22-1:0] magnitudes, made;
  logic [LANES*6-1:0]  exponents, made_exponents;
  logic [LANES-1:0]    negatives, made_negatives, infinities, made_infinities, nans, made_nans;
  logic [31:0]         total_0, total_1, next;

  for (genvar i = 0; i < LANES; i = i + 1) begin : g_lane
    logic        a_negative, b_negative, a_infinite, b_infinite, a_nan, b_nan;
    logic [4:0]  a_exponent, b_exponent;
    logic [10:0] a_significand, b_significand;
    fp16_fields a (.half(activations[i*16 +: 16]), .negative(a_negative), .exponent(a_exponent),
                   .significand(a_significand), .infinite(a_infinite), .nan(a_nan));
    fp16_fields b (.half(weights[i*16 +: 16]), .negative(b_negative), .exponent(b_exponent),
                   .significand(b_significand), .infinite(b_infinite), .nan(b_nan));
    assign made[i*22 +: 22] = 22'(a_significand) * 22'(b_significand);
    assign made_exponents[i*6 +: 6] = {1'b0, a_exponent} + {1'b0, b_exponent};
    assign made_negatives[i] = a_negative ^ b_negative;
    assign made_nans[i] = a_nan || b_nan || (a_infinite && b_significand == 0) || (b_infinite && a_significand == 0);
    assign made_infinities[i] = a_infinite || b_infinite;
  end
  fused_sum #(.LANES(LANES)) sum (
      .magnitudes(magnitudes), .exponents(exponents), .negatives(negatives), .infinities(infinities), .nans(nans),
      .held(start_sum ? 32'd0 : sum_bank && BANKS > 1 ? total_1 : total_0), .after(next));

  always_ff @(posedge clk) begin
    if (add) begin
      magnitudes <= made;
      exponents <= made_exponents;
      negatives <= made_negatives;
      infinities <= made_infinities;
      nans <= made_nans;
    end
    if (accumulate && !sum_bank) total_0 <= next;
    if (accumulate && sum_bank && BANKS > 1) total_1 <= next;
  end
  assign drained = drain_bank && BANKS > 1 ? total_1 : total_0;
endmodule
