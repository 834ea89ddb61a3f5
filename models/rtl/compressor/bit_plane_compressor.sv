// SPDX-License-Identifier: Apache-2.0
// The runtime bit-plane compressor: results of the vector unit in, bit planes of Anda groups out. Two sets of group
// registers, one for each of two result blocks; lanes take complete groups in their order.
module bit_plane_compressor #(
    parameter LANES = 4,
    parameter INTAKE = 4,
    parameter ROWS = 4,
    parameter COLUMNS = 4,
    parameter GROUP = 8,
    parameter GROUPS = 1,
    parameter BLOCK_BITS = 2,
    parameter PASSED_BITS = 3,
    parameter REGISTERS = 2 * ROWS * GROUPS,
    parameter REGISTER_BITS = $clog2(REGISTERS),
    parameter ROW_BITS = $clog2(ROWS + 1),
    parameter COLUMN_BITS = $clog2(COLUMNS + 1),
    parameter COUNT_BITS = $clog2(INTAKE + 1)
) (
    input  logic                           clk,
    input  logic                           reset,
    input  logic [4:0]                     mantissa_bits,  // of the results
    input  logic [COUNT_BITS-1:0]          offered,
    input  logic [INTAKE*16-1:0]           results,
    input  logic [ROW_BITS-1:0]            row,            // of the first result offered
    input  logic [COLUMN_BITS-1:0]         column,
    input  logic [COLUMN_BITS-1:0]         columns,        // of its tile
    input  logic [15:0]                    first_column,
    input  logic [BLOCK_BITS-1:0]          block,          // number of its block, modulo 2^BLOCK_BITS
    input  logic                           block_begins,   // it is the first of its block
    input  logic [15:0]                    parts,          // rows * groups * planes of the block, or partial sums
    input  logic [PASSED_BITS-1:0]         passed,         // partial sums that pass the compressor in this clock
    input  logic                           row_ends,
    output logic [COUNT_BITS-1:0]          taken,
    output logic [ROW_BITS-1:0]            next_row,
    output logic [COLUMN_BITS-1:0]         next_column,
    output logic [LANES-1:0]               lane_busy,
    output logic [LANES-1:0]               plane_valid,
    output logic [LANES*5-1:0]             plane_number,
    output logic [LANES*GROUP-1:0]         planes,
    output logic [LANES*5-1:0]             exponents,
    output logic [LANES*(REGISTER_BITS+BLOCK_BITS)-1:0] plane_place,  // number of the block, group register
    output logic                           busy,             // a lane is, or a complete group waits
    output logic [31:0]                    blocks_complete
);
  localparam ELEMENT_BITS = $clog2(GROUP);
  localparam TAG_BITS = REGISTER_BITS + BLOCK_BITS;

  logic [REGISTERS-1:0]            waits, takes;
  logic [REGISTERS*GROUP*16-1:0]   groups;
  logic [REGISTERS*5-1:0]          largest;
  logic [REGISTERS*BLOCK_BITS-1:0] of_block;
  logic [INTAKE-1:0]               write, completes;
  logic [INTAKE*REGISTER_BITS-1:0] register_index;
  logic [INTAKE*ELEMENT_BITS-1:0]  element;
  logic [INTAKE*16-1:0]            values;
  logic [LANES-1:0]                lane_free, lane_takes;
  logic [LANES*REGISTER_BITS-1:0]  lane_register;
  logic [LANES*BLOCK_BITS-1:0]     plane_block;
  logic                            queue_empty;

  // A register that a lane takes in this clock has room in this clock.
  field_extractor #(.INTAKE(INTAKE), .ROWS(ROWS), .COLUMNS(COLUMNS), .GROUP(GROUP), .GROUPS(GROUPS)) extractor (
      .offered(offered), .results(results), .row(row), .column(column), .columns(columns), .first_column(first_column),
      .set(block[0]), .row_ends(row_ends), .waits(waits & ~takes), .taken(taken), .write(write),
      .register_index(register_index), .element(element), .values(values), .completes(completes), .next_row(next_row),
      .next_column(next_column));

  for (genvar r = 0; r < REGISTERS; r = r + 1) begin : g_register
    logic [INTAKE-1:0] own;
    for (genvar i = 0; i < INTAKE; i = i + 1) begin : g_own
      assign own[i] = write[i] && register_index[i*REGISTER_BITS +: REGISTER_BITS] == REGISTER_BITS'(r);
    end
    group_register #(.INTAKE(INTAKE), .GROUP(GROUP)) of_results (
        .clk(clk), .reset(reset), .take(takes[r]), .write(own), .element(element), .values(values),
        .completes((own & completes) != 0), .waits(waits[r]), .held(groups[r*GROUP*16 +: GROUP*16]),
        .largest(largest[r*5 +: 5]));
    always_ff @(posedge clk) if (own != 0) of_block[r*BLOCK_BITS +: BLOCK_BITS] <= block;
  end

  group_queue #(.LANES(LANES), .INTAKE(INTAKE), .REGISTERS(REGISTERS)) queue (
      .clk(clk), .reset(reset), .complete(write & completes), .register_index(register_index), .lane_free(lane_free),
      .lane_takes(lane_takes), .lane_register(lane_register), .taken(takes), .empty(queue_empty));

  for (genvar l = 0; l < LANES; l = l + 1) begin : g_lane
    logic [REGISTER_BITS-1:0] from;
    assign from = lane_register[l*REGISTER_BITS +: REGISTER_BITS];
    compressor_lane #(.GROUP(GROUP), .TAG_BITS(TAG_BITS)) lane (
        .clk(clk), .reset(reset), .mantissa_bits(mantissa_bits), .take(lane_takes[l]),
        .group(groups[from*GROUP*16 +: GROUP*16]), .largest(largest[from*5 +: 5]),
        .tag({of_block[from*BLOCK_BITS +: BLOCK_BITS], from}), .free(lane_free[l]), .valid(plane_valid[l]),
        .number(plane_number[l*5 +: 5]), .plane(planes[l*GROUP +: GROUP]), .exponent(exponents[l*5 +: 5]),
        .plane_tag(plane_place[l*TAG_BITS +: TAG_BITS]));
    assign plane_block[l*BLOCK_BITS +: BLOCK_BITS] = plane_place[l*TAG_BITS + REGISTER_BITS +: BLOCK_BITS];
  end
  assign lane_busy = ~lane_free;
  assign busy = lane_free != '1 || !queue_empty;

  packager #(.LANES(LANES), .PASSED_BITS(PASSED_BITS), .BLOCK_BITS(BLOCK_BITS)) pack (
      .clk(clk), .reset(reset), .open(block_begins && (taken != 0 || passed != 0)), .parts(parts), .passed(passed),
      .passed_block(block), .valid(plane_valid), .block(plane_block), .complete(blocks_complete));
endmodule
