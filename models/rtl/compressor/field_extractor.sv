// SPDX-License-Identifier: Apache-2.0
// Where the results of a clock go: for each the group register and the element in it, and its fields. Results come row
// by row. The first one whose register still waits for a lane stops the intake, and with it all behind it.
module field_extractor #(
    parameter INTAKE = 4,    // results in a clock
    parameter ROWS = 4,
    parameter COLUMNS = 4,   // of an array tile
    parameter GROUP = 8,
    parameter GROUPS = 1,    // of a row of a result block
    parameter REGISTERS = 2 * ROWS * GROUPS,
    parameter REGISTER_BITS = $clog2(REGISTERS),
    parameter ELEMENT_BITS = $clog2(GROUP),
    parameter ROW_BITS = $clog2(ROWS + 1),
    parameter COLUMN_BITS = $clog2(COLUMNS + 1),
    parameter COUNT_BITS = $clog2(INTAKE + 1)
) (
    input  logic [COUNT_BITS-1:0]             offered,
    input  logic [INTAKE*16-1:0]              results,
    input  logic [ROW_BITS-1:0]               row,          // of the first result
    input  logic [COLUMN_BITS-1:0]            column,
    input  logic [COLUMN_BITS-1:0]            columns,      // of the tile
    input  logic [15:0]                       first_column, // of the tile in its result block
    input  logic                              set,          // of group registers
    input  logic                              row_ends,     // the tile is the last of the block's row
    input  logic [REGISTERS-1:0]              waits,
    output logic [COUNT_BITS-1:0]             taken,
    output logic [INTAKE-1:0]                 write,
    output logic [INTAKE*REGISTER_BITS-1:0]   register_index,
    output logic [INTAKE*ELEMENT_BITS-1:0]    element,
    output logic [INTAKE*16-1:0]              values,
    output logic [INTAKE-1:0]                 completes,    // this result ends its group
    output logic [ROW_BITS-1:0]               next_row,     // of the first result that is left
    output logic [COLUMN_BITS-1:0]            next_column
);
  for (genvar i = 0; i < INTAKE; i = i + 1) begin : g_result
    finite_fp16 saturate (.half(results[i*16 +: 16]), .finite(values[i*16 +: 16]));
  end

  logic                   stopped;
  logic [15:0]            of_block;
  logic [REGISTER_BITS:0] at;
  integer                 i;
  always_comb begin
    stopped = 1'b0;
    taken = '0;
    next_row = row;
    next_column = column;
    write = '0;
    register_index = '0;
    element = '0;
    completes = '0;
    of_block = '0;
    at = '0;
    for (i = 0; i < INTAKE; i = i + 1) begin
      of_block = first_column + 16'(next_column);
      at = (REGISTER_BITS + 1)'(set ? ROWS * GROUPS : 0) + (REGISTER_BITS + 1)'(next_row) * (REGISTER_BITS + 1)'(GROUPS) +
           (REGISTER_BITS + 1)'(of_block >> ELEMENT_BITS);
      if (COUNT_BITS'(i) >= offered || waits[at[REGISTER_BITS-1:0]]) stopped = 1'b1;
      if (!stopped) begin
        write[i] = 1'b1;
        register_index[i*REGISTER_BITS +: REGISTER_BITS] = at[REGISTER_BITS-1:0];
        element[i*ELEMENT_BITS +: ELEMENT_BITS] = of_block[ELEMENT_BITS-1:0];
        completes[i] = (&of_block[ELEMENT_BITS-1:0]) || (row_ends && next_column + 1'b1 == columns);
        taken = taken + 1'b1;
        if (next_column + 1'b1 == columns) begin
          next_column = '0;
          next_row = next_row + 1'b1;
        end else begin
          next_column = next_column + 1'b1;
        end
      end
    end
  end
endmodule
