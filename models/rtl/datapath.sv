// SPDX-License-Identifier: Apache-2.0
// What stands between the buffers: the ports' registers, the array with its accumulators, the vector unit and the
// compressor. The controller hands over tiles and says which operands the ports bring next; memory and halves of the
// buffers show only in the flags that say whether a panel is there.
module datapath #(
    parameter ROWS = 4,
    parameter COLUMNS = 4,
    parameter GROUP = 8,               // elements along k, and results along n, that share an exponent; lanes of an APU
    parameter WEIGHT_BITS = 4,
    parameter DEPTH = 8,               // of the pipeline, 5 or more
    parameter FPUS = 4,
    parameter LATENCY = 4,             // of the vector unit, 1 or more
    parameter INTAKE = 4,              // of the compressor, results in a clock, FPUS at most
    parameter COMPRESSOR_LANES = 4,
    parameter GROUPS = 1,              // of a row of a result block
    parameter WEIGHT_WORD_BITS = 64,   // a column tile's scales fill whole words, its weights too
    parameter ACTIVATION_WORD_BITS = ROWS * GROUP,  // of a plane, or a fraction of it
    parameter SLOT_BITS = 12,
    parameter GROUP_BITS = 16,
    parameter VALUE_BITS = $clog2(ROWS * COLUMNS + 1),
    parameter COLUMN_BITS = $clog2(COLUMNS + 1),
    parameter REGISTER_BITS = $clog2(2 * ROWS * GROUPS),
    parameter BLOCK_BITS = $clog2(COMPRESSOR_LANES + 3)  // of a block's number: those that can be under way differ in it
) (
    input  logic                            clk,
    input  logic                            reset,
    input  logic [4:0]                      input_bits,   // M of the activations
    input  logic [4:0]                      output_bits,  // M of the results

    // A tile from the controller.
    input  logic                            tile_valid,
    output logic                            tile_ready,
    input  logic [GROUP_BITS-1:0]           tile_groups,
    input  logic [VALUE_BITS-1:0]           tile_values,       // results: rows * columns
    input  logic [COLUMN_BITS-1:0]          tile_columns,
    input  logic [15:0]                     tile_first_column, // in its result block
    input  logic [BLOCK_BITS-1:0]           tile_block,        // number of that block, modulo 2^BLOCK_BITS
    input  logic                            tile_begins_block,
    input  logic                            tile_ends_row,     // of the block
    input  logic                            tile_passes,       // its results are partial sums, in FP32
    input  logic [15:0]                     tile_parts,        // planes of all rows and groups of the block, or partial sums
    input  logic [15:0]                     tile_sums_before,  // the tile so many before left the partial sums that it starts from; or 0

    // What the ports bring next, and the words that they read.
    input  logic                            weights_next_valid,
    input  logic [SLOT_BITS-1:0]            weights_next_slots,
    input  logic                            weights_next_here,
    output logic                            weights_next_ready,
    input  logic                            weights_here,
    output logic                            weights_read,
    input  logic [WEIGHT_WORD_BITS-1:0]     weights_word,
    input  logic                            activations_next_valid,
    input  logic [SLOT_BITS-1:0]            activations_next_slots,
    input  logic                            activations_next_here,
    output logic                            activations_next_ready,
    input  logic                            activations_here,
    output logic                            activations_read,
    input  logic [ACTIVATION_WORD_BITS-1:0] activations_word,
    input  logic [ROWS*5-1:0]               exponents_word,    // with the words of a sign plane
    input  logic                            panels_here,       // of the plane that the array needs next
    input  logic                            load_held,

    // What the sums of the next tile start from: partial sums of a split k, or zeros.
    input  logic [ROWS*COLUMNS*32-1:0]      partial_sums,
    output logic                            partial_sums_taken,

    // Planes of results, a part of a word from each lane.
    output logic [COMPRESSOR_LANES-1:0]                     plane_valid,
    output logic [COMPRESSOR_LANES*5-1:0]                   plane_number,
    output logic [COMPRESSOR_LANES*GROUP-1:0]               planes,
    output logic [COMPRESSOR_LANES*5-1:0]                   exponents,
    output logic [COMPRESSOR_LANES*(REGISTER_BITS+BLOCK_BITS)-1:0] plane_place,
    output logic [31:0]                                     blocks_complete,

    // Partial sums, the first ones of `values`.
    output logic [$clog2(FPUS+1)-1:0]       values_valid,
    output logic [FPUS*32-1:0]              values,

    // The state of every clock.
    output logic [2:0]                      state,
    output logic [4:0]                      plane,
    output logic [GROUP_BITS-1:0]           group,
    output logic [31:0]                     tile,
    output logic [1:0]                      accumulators_full,
    output logic                            held_up,
    output logic [COMPRESSOR_LANES-1:0]     lane_busy,
    output logic                            idle          // no result is under way
);
  localparam ROW_BITS = $clog2(ROWS + 1);
  localparam COUNT_BITS = $clog2(FPUS + 1);
  localparam INTAKE_BITS = $clog2(INTAKE + 1);
  localparam WEIGHT_WORDS = COLUMNS * GROUP * WEIGHT_BITS / WEIGHT_WORD_BITS;
  localparam OF_RESULTS_BITS = COLUMN_BITS + 16 + BLOCK_BITS + 1 + 1 + 1 + 16;
  localparam TILE_BITS = 16 + GROUP_BITS + VALUE_BITS + OF_RESULTS_BITS;
  // Tiles under way: two clocks each in the pipeline at least, two banks, one for each entry of the vector unit, that of
  // the array and the next.
  localparam TILES = 1 << $clog2(DEPTH / 2 + LATENCY + 6);
  localparam AHEAD_BITS = $clog2(TILES) + 1;

  // Tiles.
  logic                   tiles_full, exists, tile_computed, tile_begun, tile_drained, tile_taken, sums_here;
  logic [TILE_BITS-1:0]   of_array, of_sums, of_drain, of_results;
  logic [AHEAD_BITS-1:0]  tiles_ahead;
  logic [15:0]            sums_before;
  logic [GROUP_BITS-1:0]  array_groups;
  logic [VALUE_BITS-1:0]  array_values, results_values;
  logic [COLUMN_BITS-1:0] drain_columns, results_columns;
  logic [15:0]            results_first_column, results_parts;
  logic [BLOCK_BITS-1:0]  results_block;
  logic                   results_begin_block, results_end_row, results_pass;
  tile_queue #(.TILE_BITS(TILE_BITS), .ENTRIES(TILES)) tiles (
      .clk(clk), .reset(reset), .push(tile_valid && tile_ready),
      .pushed({tile_sums_before, tile_groups, tile_values, tile_columns, tile_first_column, tile_block, tile_begins_block,
               tile_ends_row, tile_passes, tile_parts}),
      .full(tiles_full), .computed(tile_computed), .begun(tile_begun), .drained(tile_drained), .taken(tile_taken),
      .exists(exists), .of_array(of_array), .of_sums(of_sums), .of_drain(of_drain), .of_results(of_results),
      .ahead(tiles_ahead));
  assign tile_ready = !tiles_full;
  // Results leave in the order of their tiles: the tile so many before is gone if fewer are ahead.
  assign sums_before = of_sums[TILE_BITS-1 -: 16];
  assign sums_here = sums_before == 0 || 16'(tiles_ahead) < sums_before;
  assign array_groups = of_array[OF_RESULTS_BITS+VALUE_BITS +: GROUP_BITS];
  assign array_values = of_array[OF_RESULTS_BITS +: VALUE_BITS];
  assign drain_columns = of_drain[OF_RESULTS_BITS-1 -: COLUMN_BITS];
  assign results_values = of_results[OF_RESULTS_BITS +: VALUE_BITS];
  assign {results_columns, results_first_column, results_block, results_begin_block, results_end_row, results_pass,
          results_parts} = of_results[OF_RESULTS_BITS-1:0];

  // Ports and their registers.
  logic                              weights_ready, activations_ready, issue, first_plane, last_plane;
  logic [SLOT_BITS-1:0]              weights_slot, activations_slot, weights_left, activations_left;
  logic [COLUMNS*GROUP*WEIGHT_BITS-1:0] weights;
  logic [COLUMNS*16-1:0]             factors;
  logic [ROWS*GROUP-1:0]             activations;
  logic [ROWS*5-1:0]                 shared;
  read_port #(.SLOT_BITS(SLOT_BITS)) weight_port (
      .clk(clk), .reset(reset), .next_valid(weights_next_valid), .next_slots(weights_next_slots),
      .next_ready(weights_next_ready), .next_here(weights_next_here), .here(weights_here),
      .take(issue && first_plane), .ready(weights_ready), .read(weights_read), .slot(weights_slot),
      .slots_left(weights_left));
  read_port #(.SLOT_BITS(SLOT_BITS)) activation_port (
      .clk(clk), .reset(reset), .next_valid(activations_next_valid), .next_slots(activations_next_slots),
      .next_ready(activations_next_ready), .next_here(activations_next_here), .here(activations_here),
      .take(issue), .ready(activations_ready), .read(activations_read), .slot(activations_slot),
      .slots_left(activations_left));
  // Words of scales come ahead of the weights of the first group that needs them.
  always_ff @(posedge clk) begin
    if (weights_read) begin
      if (weights_slot > SLOT_BITS'(WEIGHT_WORDS)) factors <= (COLUMNS * 16)'({weights_word, factors} >> WEIGHT_WORD_BITS);
      else weights <= (COLUMNS * GROUP * WEIGHT_BITS)'({weights_word, weights} >> WEIGHT_WORD_BITS);
    end
    if (activations_read) begin
      activations <= (ROWS * GROUP)'({activations_word, activations} >> ACTIVATION_WORD_BITS);
      shared <= exponents_word;
    end
  end

  // Array and accumulators.
  logic                         operands, blocked, tile_ends, finish, pipeline_empty, fill_free, fill_bank, holds, drain_bank;
  logic [VALUE_BITS-1:0]        finished_values, take, left;
  logic [ROWS*COLUMNS*32-1:0]   sums;
  assign operands = exists && activations_ready && (!first_plane || weights_ready);
  assign tile_computed = issue && tile_ends;
  array_control #(.DEPTH(DEPTH), .GROUP_BITS(GROUP_BITS), .VALUE_BITS(VALUE_BITS)) control (
      .clk(clk), .reset(reset), .mantissa_bits(input_bits), .operands(operands), .groups(array_groups),
      .values(array_values), .fill_free(fill_free), .sums_here(sums_here), .begins(tile_begun), .blocked(blocked),
      .issue(issue), .first_plane(first_plane), .last_plane(last_plane), .tile_ends(tile_ends), .finish(finish),
      .finished_values(finished_values), .empty(pipeline_empty), .plane(plane), .group(group), .tile(tile));
  mxu #(.ROWS(ROWS), .COLUMNS(COLUMNS), .LANES(GROUP), .WEIGHT_BITS(WEIGHT_BITS), .DEPTH(DEPTH)) array (
      .clk(clk), .reset(reset), .move(!blocked), .issue(issue), .first_plane(first_plane), .last_plane(last_plane),
      .first_group(group == 0), .fill_bank(tile[0]), .mantissa_bits(input_bits), .planes(activations),
      .exponents(shared), .weights(weights), .factors(factors), .drain_bank(drain_bank), .partial_sums(partial_sums),
      .sums_start(partial_sums_taken), .sums(sums));
  accumulator_control #(.VALUE_BITS(VALUE_BITS)) banks (
      .clk(clk), .reset(reset), .finish(finish), .values(finished_values), .take(take), .fill_free(fill_free),
      .fill_bank(fill_bank), .holds(holds), .drain_bank(drain_bank), .left(left), .full(accumulators_full));

  // Results.
  logic [COUNT_BITS-1:0]  offered, taken;
  logic [INTAKE_BITS-1:0] into, compressor_taken;
  logic [FPUS*32-1:0]     results;
  logic [INTAKE*16-1:0]   halves;
  logic [ROW_BITS-1:0]    row, next_row;
  logic [COLUMN_BITS-1:0] column, next_column;
  logic                   stops, vector_unit_empty, compressor_busy;
  logic [VALUE_BITS-1:0]  delivered;  // of the tile whose results are taken
  vector_unit #(.FPUS(FPUS), .LATENCY(LATENCY), .ROWS(ROWS), .COLUMNS(COLUMNS), .VALUE_BITS(VALUE_BITS)) drain (
      .clk(clk), .reset(reset), .holds(holds), .left(left), .columns(drain_columns), .passes(of_drain[16]),
      .sums(sums), .take(take), .offered(offered), .results(results), .row(row), .column(column), .taken(taken),
      .next_row(next_row), .next_column(next_column), .stops(stops), .held_up(held_up), .empty(vector_unit_empty));
  assign into = results_pass ? '0 : offered > COUNT_BITS'(INTAKE) ? INTAKE_BITS'(INTAKE) : INTAKE_BITS'(offered);
  assign values_valid = results_pass ? offered : '0;
  assign values = results;
  assign taken = results_pass ? offered : COUNT_BITS'(compressor_taken);
  for (genvar i = 0; i < INTAKE; i = i + 1) begin : g_half
    assign halves[i*16 +: 16] = results[i*32 +: 16];
  end
  bit_plane_compressor #(
      .LANES(COMPRESSOR_LANES), .INTAKE(INTAKE), .ROWS(ROWS), .COLUMNS(COLUMNS), .GROUP(GROUP), .GROUPS(GROUPS),
      .BLOCK_BITS(BLOCK_BITS), .PASSED_BITS(COUNT_BITS)
  ) compressor (
      .clk(clk), .reset(reset), .mantissa_bits(output_bits), .offered(into), .results(halves), .row(row),
      .column(column), .columns(results_columns), .first_column(results_first_column), .block(results_block),
      .block_begins(results_begin_block && row == 0 && column == 0), .parts(results_parts),
      .passed(values_valid), .row_ends(results_end_row), .taken(compressor_taken), .next_row(next_row), .next_column(next_column),
      .lane_busy(lane_busy), .plane_valid(plane_valid), .plane_number(plane_number), .planes(planes),
      .exponents(exponents), .plane_place(plane_place), .busy(compressor_busy), .blocks_complete(blocks_complete));
  assign tile_drained = take != 0 && take == left;
  assign tile_taken = taken != 0 && delivered + VALUE_BITS'(taken) == results_values;
  always_ff @(posedge clk) begin
    if (reset) delivered <= '0;
    else delivered <= tile_taken ? '0 : delivered + VALUE_BITS'(taken);
  end

  array_state status (
      .exists(exists), .operands(operands), .blocked(blocked), .panels_here(panels_here), .load_held(load_held),
      .sign_plane(first_plane), .weights_ready(weights_ready), .pipeline_empty(pipeline_empty),
      .results_wait(holds || !vector_unit_empty), .was_held_up(held_up), .stops(stops),
      .compressor_busy(compressor_busy), .state(state));
  assign idle = !exists && pipeline_empty && !holds && vector_unit_empty && !compressor_busy;
endmodule
