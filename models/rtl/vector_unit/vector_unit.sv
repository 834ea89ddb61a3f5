// SPDX-License-Identifier: Apache-2.0
// The vector unit: takes finished sums out of the accumulators, one an FPU and clock, row by row, and rounds them to
// FP16, or passes partial sums of a split k as they are. What comes after it may take fewer than it offers. Whether it did is known to the accumulators a clock later
// (`held_up` is a register), so one entry more than the pipeline has stages may come in: it waits in `extra`.
module vector_unit #(
    parameter FPUS = 4,
    parameter LATENCY = 4,  // 1 or more
    parameter ROWS = 4,
    parameter COLUMNS = 4,
    parameter VALUE_BITS = 8,
    parameter ROW_BITS = $clog2(ROWS + 1),
    parameter COLUMN_BITS = $clog2(COLUMNS + 1),
    parameter COUNT_BITS = $clog2(FPUS + 1)
) (
    input  logic                       clk,
    input  logic                       reset,
    input  logic                       holds,          // the accumulators hold results
    input  logic [VALUE_BITS-1:0]      left,           // of the tile
    input  logic [COLUMN_BITS-1:0]     columns,        // of that tile
    input  logic                       passes,         // its results are partial sums
    input  logic [ROWS*COLUMNS*32-1:0] sums,
    output logic [VALUE_BITS-1:0]      take,
    output logic [COUNT_BITS-1:0]      offered,
    output logic [FPUS*32-1:0]         results,        // the first one lowest; FP16 in the low half
    output logic [ROW_BITS-1:0]        row,            // of the first one
    output logic [COLUMN_BITS-1:0]     column,
    input  logic [COUNT_BITS-1:0]      taken,
    input  logic [ROW_BITS-1:0]        next_row,       // of the first one that is left
    input  logic [COLUMN_BITS-1:0]     next_column,
    output logic                       stops,          // not all of what it offers is taken
    output logic                       held_up,        // the same in the clock before
    output logic                       empty
);
  localparam ENTRY_BITS = COUNT_BITS + ROW_BITS + COLUMN_BITS + FPUS * 32;

  // The next results, row by row.
  logic [ROW_BITS-1:0]    from_row, to_row;
  logic [COLUMN_BITS-1:0] from_column, to_column;
  logic [FPUS*32-1:0]     picked;
  logic [FPUS*32-1:0]     leaving;
  logic [COUNT_BITS-1:0]  count;
  logic                   takes;
  integer                 i;
  assign takes = holds && !held_up;
  assign count = left < VALUE_BITS'(FPUS) ? COUNT_BITS'(left) : COUNT_BITS'(FPUS);
  assign take = takes ? VALUE_BITS'(count) : '0;
  always_comb begin
    to_row = from_row;
    to_column = from_column;
    picked = '0;
    for (i = 0; i < FPUS; i = i + 1) begin
      if (COUNT_BITS'(i) < count) begin
        picked[i*32 +: 32] = sums[(32'(to_row)*COLUMNS+32'(to_column))*32 +: 32];
        if (to_column + 1'b1 == columns) begin
          to_column = '0;
          to_row = to_row + 1'b1;
        end else begin
          to_column = to_column + 1'b1;
        end
      end
    end
  end
  for (genvar f = 0; f < FPUS; f = f + 1) begin : g_fpu
    logic [15:0] half;
    fp32_to_fp16 round (.single(picked[f*32 +: 32]), .half(half));
    assign leaving[f*32 +: 32] = passes ? picked[f*32 +: 32] : {16'd0, half};
  end

  // The pipeline: its end is stage LATENCY - 1.
  logic [LATENCY-1:0]            valid;
  logic [LATENCY*ENTRY_BITS-1:0] stage;
  logic                          extra_valid;
  logic [ENTRY_BITS-1:0]         entering, extra, ending;
  assign entering = {count, from_row, from_column, leaving};
  assign ending = stage[(LATENCY-1)*ENTRY_BITS +: ENTRY_BITS];
  assign row = ending[FPUS*32+COLUMN_BITS +: ROW_BITS];
  assign column = ending[FPUS*32 +: COLUMN_BITS];
  assign results = ending[FPUS*32-1:0];
  assign offered = valid[LATENCY-1] ? ending[ENTRY_BITS-1 -: COUNT_BITS] : '0;
  assign stops = taken != offered;
  assign empty = valid == 0 && !extra_valid;
  always_ff @(posedge clk) begin
    if (reset) begin
      valid <= '0;
      extra_valid <= 1'b0;
      held_up <= 1'b0;
      from_row <= '0;
      from_column <= '0;
    end else begin
      held_up <= stops;
      if (takes) begin
        from_row <= take == left ? '0 : to_row;
        from_column <= take == left ? '0 : to_column;
      end
      extra_valid <= stops && (takes || extra_valid);
      if (!stops) valid <= LATENCY'({valid, takes || extra_valid});
    end
    if (stops && takes) extra <= entering;
    if (!stops) stage <= (LATENCY * ENTRY_BITS)'({stage, extra_valid ? extra : entering});
    else stage[(LATENCY-1)*ENTRY_BITS +: ENTRY_BITS] <= {offered - taken, next_row, next_column, results >> (32'(taken) * 32)};
  end
endmodule
