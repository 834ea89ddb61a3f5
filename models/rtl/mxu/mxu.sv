// SPDX-License-Identifier: Apache-2.0
// The output-stationary array: rows x columns of Anda processing units in step. A row's plane and signs and a column's
// weights and scale are held once for the row or column, in registers behind those of the ports.
module mxu #(
    parameter ROWS = 4,
    parameter COLUMNS = 4,
    parameter LANES = 8,
    parameter WEIGHT_BITS = 4,
    parameter DEPTH = 8  // clocks from the entry of operands to the accumulators, 5 or more
) (
    input  logic                                 clk,
    input  logic                                 reset,
    input  logic                                 move,        // the pipeline does not stand still
    input  logic                                 issue,
    input  logic                                 first_plane, // the sign plane
    input  logic                                 last_plane,
    input  logic                                 first_group,
    input  logic                                 fill_bank,   // bank of the accumulators that the tile fills
    input  logic [4:0]                           mantissa_bits,
    input  logic [ROWS*LANES-1:0]                planes,      // in the activation port's register
    input  logic [ROWS*5-1:0]                    exponents,
    input  logic [COLUMNS*LANES*WEIGHT_BITS-1:0] weights,     // in the weight port's register
    input  logic [COLUMNS*16-1:0]                factors,
    input  logic                                 drain_bank,
    input  logic [ROWS*COLUMNS*32-1:0]           partial_sums,  // that the next tile at the accumulators starts from
    output logic                                 sums_start,    // it does
    output logic [ROWS*COLUMNS*32-1:0]           sums         // of that bank
);
  localparam WAIT = DEPTH - 5;  // stages of broadcast that hold nothing but operands

  // Broadcast: whatever the depth is beyond the elements' own five stages.
  localparam ENTRY_BITS = 4 + ROWS * LANES + ROWS * 5 + COLUMNS * LANES * WEIGHT_BITS + COLUMNS * 16;
  logic [(WAIT+1)*ENTRY_BITS-1:0] entry  /*verilator split_var*/;
  logic [WAIT:0]                  entry_valid  /*verilator split_var*/;
  assign entry[ENTRY_BITS-1:0] = {first_plane, last_plane, first_group, fill_bank, planes, exponents, weights, factors};
  assign entry_valid[0] = issue;
  for (genvar i = 0; i < WAIT; i = i + 1) begin : g_wait
    always_ff @(posedge clk) begin
      if (reset) entry_valid[i+1] <= 1'b0;
      else if (move) entry_valid[i+1] <= entry_valid[i];
      if (move) entry[(i+1)*ENTRY_BITS +: ENTRY_BITS] <= entry[i*ENTRY_BITS +: ENTRY_BITS];
    end
  end

  // Operand registers of the rows and columns.
  logic                                 in_first, in_last, in_first_group, in_bank;
  logic [ROWS*LANES-1:0]                in_planes, plane, sign;
  logic [ROWS*5-1:0]                    in_exponents, shared, shared_1, shared_2;
  logic [COLUMNS*LANES*WEIGHT_BITS-1:0] in_weights, weight;
  logic [COLUMNS*16-1:0]                in_factors, factor, factor_1, factor_2, factor_3;
  logic                                 valid, first, last, group_0, bank;
  assign {in_first, in_last, in_first_group, in_bank, in_planes, in_exponents, in_weights, in_factors} =
      entry[WAIT*ENTRY_BITS +: ENTRY_BITS];
  always_ff @(posedge clk) begin
    if (reset) valid <= 1'b0;
    else if (move) valid <= entry_valid[WAIT];
    if (move) begin
      first <= in_first;
      last <= in_last;
      group_0 <= in_first_group;
      bank <= in_bank;
      plane <= in_first ? '0 : in_planes;
      shared_1 <= shared;
      shared_2 <= shared_1;
      factor_1 <= factor;
      factor_2 <= factor_1;
      factor_3 <= factor_2;
      if (in_first) begin
        sign <= in_planes;
        shared <= in_exponents;
        weight <= in_weights;
        factor <= in_factors;
      end
    end
  end

  logic add, accumulate, start, convert, scale, sum, start_sum, sum_bank;
  element_pipeline pipeline (
      .clk(clk), .reset(reset), .move(move), .valid(valid), .first(first), .last(last), .first_group(group_0),
      .bank(bank), .add(add), .accumulate(accumulate), .start(start), .convert(convert), .scale(scale), .sum(sum),
      .start_sum(start_sum), .sum_bank(sum_bank));

  assign sums_start = sum && start_sum;
  for (genvar r = 0; r < ROWS; r = r + 1) begin : g_row
    for (genvar c = 0; c < COLUMNS; c = c + 1) begin : g_column
      apu #(.LANES(LANES), .WEIGHT_BITS(WEIGHT_BITS), .PARTIAL_SUMS(1)) element (
          .clk(clk), .plane(plane[r*LANES +: LANES]), .sign(sign[r*LANES +: LANES]),
          .weights(weight[c*LANES*WEIGHT_BITS +: LANES*WEIGHT_BITS]), .mantissa_bits(mantissa_bits),
          .shared(shared_2[r*5 +: 5]), .factor(factor_3[c*16 +: 16]), .add(add), .accumulate(accumulate),
          .start(start), .convert(convert), .scale(scale), .sum(sum), .start_sum(start_sum),
          .first_sum(partial_sums[(r*COLUMNS+c)*32 +: 32]), .sum_bank(sum_bank),
          .drain_bank(drain_bank), .drained(sums[(r*COLUMNS+c)*32 +: 32]));
    end
  end
endmodule
