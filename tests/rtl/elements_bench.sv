// SPDX-License-Identifier: Apache-2.0
// One element of each kind, with its pipeline, on the same row of a group and the same weights, for elements_test.cpp;
// and a lane of the compressor on that row.
// What an array shares between elements stands here: operands, alignment, dequantisation.
module elements_bench (
    input  logic          clk,
    input  logic          reset,
    input  logic          move,
    input  logic [6:0]    valid,  // operation of an element: anda, figna, -m11, -m8, ifpu, fp-int and fp-fp (two each)
    input  logic [6:0]    first,
    input  logic [6:0]    last,
    input  logic          first_group,
    input  logic          bank,
    input  logic          drain_bank,
    input  logic [63:0]   plane,     // of the Anda element, with the signs
    input  logic [63:0]   sign,
    input  logic [4:0]    mantissa_bits,
    input  logic [4:0]    shared,
    input  logic [1023:0] row,       // of FP16 activations, for all others
    input  logic [255:0]  weights,
    input  logic [15:0]   factor,
    input  logic [3:0]    clock_of_group,
    output logic [287:0]  sums,      // of the elements, in the order above, the fused ones last: fp-fp, fp-int
    output logic [143:0]  outputs,   // the same rounded to FP16
    input  logic          lane_take,
    output logic          lane_valid,
    output logic [4:0]    lane_number,
    output logic [63:0]   lane_plane,
    output logic [4:0]    lane_exponent
);
  logic [6:0] add, accumulate, start, convert, scale, sum, start_sum, sum_bank;
  for (genvar i = 0; i < 7; i = i + 1) begin : g_pipeline
    element_pipeline pipeline (
        .clk(clk), .reset(reset), .move(move), .valid(valid[i]), .first(first[i]), .last(last[i]),
        .first_group(first_group), .bank(bank), .add(add[i]), .accumulate(accumulate[i]), .start(start[i]),
        .convert(convert[i]), .scale(scale[i]), .sum(sum[i]), .start_sum(start_sum[i]), .sum_bank(sum_bank[i]));
  end
  for (genvar i = 0; i < 9; i = i + 1) begin : g_round
    fp32_to_fp16 round (.single(sums[i*32 +: 32]), .half(outputs[i*16 +: 16]));
  end

  // What belongs to a group goes along with its operations to the stages that need it.
  logic [4:0]  shared_1, shared_2, bits_1, bits_2;
  logic [15:0] factor_1, factor_2, factor_3;
  always_ff @(posedge clk) if (move) begin
    shared_1 <= shared;
    shared_2 <= shared_1;
    bits_1 <= mantissa_bits;
    bits_2 <= bits_1;
    factor_1 <= factor;
    factor_2 <= factor_1;
    factor_3 <= factor_2;
  end

  apu anda (
      .clk(clk), .plane(plane), .sign(sign), .weights(weights), .mantissa_bits(bits_2), .shared(shared_2),
      .factor(factor_3), .add(add[0]), .accumulate(accumulate[0]), .start(start[0]), .convert(convert[0]),
      .scale(scale[0]), .sum(sum[0]), .start_sum(start_sum[0]), .first_sum(32'd0), .sum_bank(sum_bank[0]),
      .drain_bank(drain_bank), .drained(sums[0 +: 32]));

  // The group once more for FP16: finite, aligned to its largest exponent.
  logic [319:0]      exponents;
  logic [4:0]        largest, largest_1, largest_2;
  logic [1023:0]     finite;
  logic [64*25-1:0]  aligned_24;
  logic [66*14-1:0]  aligned_13;
  logic [66*12-1:0]  aligned_11;
  logic [64*9-1:0]   aligned_8;
  for (genvar i = 0; i < 64; i = i + 1) begin : g_align
    logic        negative, infinite, nan;
    logic [10:0] significand;
    finite_fp16 saturate (.half(row[i*16 +: 16]), .finite(finite[i*16 +: 16]));
    fp16_fields fields (.half(finite[i*16 +: 16]), .negative(negative), .exponent(exponents[i*5 +: 5]),
                        .significand(significand), .infinite(infinite), .nan(nan));
    parallel_aligner #(.MANTISSA_BITS(24)) align_24 (
        .half(finite[i*16 +: 16]), .shared(largest), .negative(aligned_24[i*25+24]), .mantissa(aligned_24[i*25 +: 24]));
    parallel_aligner #(.MANTISSA_BITS(13)) align_13 (
        .half(finite[i*16 +: 16]), .shared(largest), .negative(aligned_13[i*14+13]), .mantissa(aligned_13[i*14 +: 13]));
    parallel_aligner #(.MANTISSA_BITS(11)) align_11 (
        .half(finite[i*16 +: 16]), .shared(largest), .negative(aligned_11[i*12+11]), .mantissa(aligned_11[i*12 +: 11]));
    parallel_aligner #(.MANTISSA_BITS(8)) align_8 (
        .half(finite[i*16 +: 16]), .shared(largest), .negative(aligned_8[i*9+8]), .mantissa(aligned_8[i*9 +: 8]));
  end
  assign aligned_13[64*14 +: 28] = '0;
  assign aligned_11[64*12 +: 24] = '0;
  max_exponent #(.COUNT(64)) catcher (.exponents(exponents), .valid('1), .largest(largest));
  always_ff @(posedge clk) if (move) begin
    largest_1 <= largest;
    largest_2 <= largest_1;
  end

  logic lane_free, lane_tag;
  compressor_lane #(.GROUP(64), .TAG_BITS(1)) lane (
      .clk(clk), .reset(reset), .mantissa_bits(mantissa_bits), .take(lane_take), .group(finite), .largest(largest),
      .tag(1'b0), .free(lane_free), .valid(lane_valid), .number(lane_number), .plane(lane_plane),
      .exponent(lane_exponent), .plane_tag(lane_tag));

  // Lanes i of clock c take element c * lanes + i.
  logic [4*13-1:0]  mantissas_13;
  logic [6*11-1:0]  mantissas_11;
  logic [8*8-1:0]   mantissas_8;
  logic [16*24-1:0] mantissas_24;
  logic [3:0]       sign_13;
  logic [5:0]       sign_11;
  logic [7:0]       sign_8;
  logic [15:0]      sign_24, plane_of_weights;
  logic [263:0]     padded;  // weights
  logic [63:0]      dequantised;
  logic [5:0]       of_six;
  assign padded = {8'd0, weights};
  assign of_six = clock_of_group < 11 ? 6'(clock_of_group) * 6'd6 : 6'd0;
  for (genvar i = 0; i < 4; i = i + 1) begin : g_four
    assign mantissas_13[i*13 +: 13] = aligned_13[(clock_of_group*4+i)*14 +: 13];
    assign sign_13[i] = aligned_13[(clock_of_group*4+i)*14+13];
    weight_dequantiser dequantise (
        .code(weights[(clock_of_group*4+i)*4 +: 4]), .scale(factor), .weight(dequantised[i*16 +: 16]));
  end
  for (genvar i = 0; i < 6; i = i + 1) begin : g_six
    assign mantissas_11[i*11 +: 11] = aligned_11[(of_six+i)*12 +: 11];
    assign sign_11[i] = aligned_11[(of_six+i)*12+11];
  end
  for (genvar i = 0; i < 8; i = i + 1) begin : g_eight
    assign mantissas_8[i*8 +: 8] = aligned_8[(clock_of_group[2:0]*8+i)*9 +: 8];
    assign sign_8[i] = aligned_8[(clock_of_group[2:0]*8+i)*9+8];
  end
  for (genvar i = 0; i < 16; i = i + 1) begin : g_sixteen
    assign mantissas_24[i*24 +: 24] = aligned_24[(clock_of_group[3:2]*16+i)*25 +: 24];
    assign sign_24[i] = aligned_24[(clock_of_group[3:2]*16+i)*25+24];
    assign plane_of_weights[i] = weights[(clock_of_group[3:2]*16+i)*4+32'(clock_of_group[1:0])];
  end

  figna_element #(.LANES(4), .MANTISSA_BITS(13)) figna (
      .clk(clk), .sign(sign_13), .mantissas(mantissas_13), .weights(weights[clock_of_group*16 +: 16]),
      .shared(largest_2), .factor(factor_3), .add(add[1]), .accumulate(accumulate[1]), .start(start[1]),
      .convert(convert[1]), .scale(scale[1]), .sum(sum[1]), .start_sum(start_sum[1]), .sum_bank(sum_bank[1]),
      .drain_bank(drain_bank), .drained(sums[32 +: 32]));
  figna_element #(.LANES(6), .MANTISSA_BITS(11)) figna_m11 (
      .clk(clk), .sign(sign_11), .mantissas(mantissas_11), .weights(padded[of_six*4 +: 24]),
      .shared(largest_2), .factor(factor_3), .add(add[2]), .accumulate(accumulate[2]), .start(start[2]),
      .convert(convert[2]), .scale(scale[2]), .sum(sum[2]), .start_sum(start_sum[2]), .sum_bank(sum_bank[2]),
      .drain_bank(drain_bank), .drained(sums[64 +: 32]));
  figna_element #(.LANES(8), .MANTISSA_BITS(8)) figna_m8 (
      .clk(clk), .sign(sign_8), .mantissas(mantissas_8), .weights(weights[clock_of_group[2:0]*32 +: 32]),
      .shared(largest_2), .factor(factor_3), .add(add[3]), .accumulate(accumulate[3]), .start(start[3]),
      .convert(convert[3]), .scale(scale[3]), .sum(sum[3]), .start_sum(start_sum[3]), .sum_bank(sum_bank[3]),
      .drain_bank(drain_bank), .drained(sums[96 +: 32]));
  ifpu_element ifpu (
      .clk(clk), .sign(sign_24), .mantissas(mantissas_24), .plane(plane_of_weights), .place(clock_of_group[1:0]),
      .shared(largest_2), .factor(factor_3), .add(add[4]), .accumulate(accumulate[4]), .start(start[4]),
      .convert(convert[4]), .scale(scale[4]), .sum(sum[4]), .start_sum(start_sum[4]), .sum_bank(sum_bank[4]),
      .drain_bank(drain_bank), .drained(sums[128 +: 32]));
  fp_int_element fp_int (
      .clk(clk), .activations(row[clock_of_group*64 +: 64]), .weights(weights[clock_of_group*16 +: 16]),
      .factor(factor_2), .add(add[5]), .accumulate(accumulate[5]), .start(start[5]), .scale(convert[5]),
      .sum(scale[5]), .start_sum(start_scaled), .sum_bank(scaled_bank), .drain_bank(drain_bank),
      .drained(sums[160 +: 32]));
  fp_fp_element fp_fp (
      .clk(clk), .activations(row[clock_of_group*64 +: 64]), .weights(dequantised), .add(add[6]),
      .accumulate(accumulate[6]), .start_sum(start[6] && start_now), .sum_bank(bank_now), .drain_bank(drain_bank),
      .drained(sums[192 +: 32]));
  fp_fp_fused_element fused (
      .clk(clk), .activations(row[clock_of_group*64 +: 64]), .weights(dequantised), .add(add[6]),
      .accumulate(accumulate[6]), .start_sum(start[6] && start_now), .sum_bank(bank_now), .drain_bank(drain_bank),
      .drained(sums[224 +: 32]));
  fp_int_fused_element fp_int_fused (
      .clk(clk), .activations(row[clock_of_group*64 +: 64]), .weights(weights[clock_of_group*16 +: 16]),
      .factor(factor_2), .add(add[5]), .accumulate(accumulate[5]), .start(start[5]), .scale(convert[5]),
      .sum(scale[5]), .start_sum(start_scaled), .sum_bank(scaled_bank), .drain_bank(drain_bank),
      .drained(sums[256 +: 32]));

  // These four reach their accumulators in an earlier stage than the others.
  logic start_now, bank_now, start_2, bank_2, start_scaled, scaled_bank;
  always_ff @(posedge clk) if (move) begin
    start_now <= first_group;
    bank_now <= bank;
    start_2 <= start_now;
    bank_2 <= bank_now;
    start_scaled <= start_2;
    scaled_bank <= bank_2;
  end
endmodule
