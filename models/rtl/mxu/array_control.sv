// SPDX-License-Identifier: Apache-2.0
// The counters that walk the array through its tiles, a bit plane a clock, and the operations on their way from the
// operands' entry to the accumulators. The first operation of a tile waits at the pipeline's end for an empty bank, and
// for the partial sums that the tile starts from to be in the buffer; the whole pipeline stands still then.
module array_control #(
    parameter DEPTH = 8,  // clocks from the entry of operands to the accumulators, 1 or more
    parameter GROUP_BITS = 16,
    parameter VALUE_BITS = 8
) (
    input  logic                  clk,
    input  logic                  reset,
    input  logic [4:0]            mantissa_bits,
    input  logic                  operands,     // those of the next plane are there
    input  logic [GROUP_BITS-1:0] groups,       // of the present tile
    input  logic [VALUE_BITS-1:0] values,
    input  logic                  fill_free,
    input  logic                  sums_here,    // those that the tile at the pipeline's end starts from
    output logic                  blocked,
    output logic                  issue,        // the operands enter
    output logic                  first_plane,
    output logic                  last_plane,
    output logic                  tile_ends,    // with issue: by its last plane
    output logic                  begins,       // the first operation of a tile passes the pipeline's end
    output logic                  finish,
    output logic [VALUE_BITS-1:0] finished_values,
    output logic                  empty,
    output logic [4:0]            plane,
    output logic [GROUP_BITS-1:0] group,
    output logic [31:0]           tile
);
  // Valid, first and last operation of its tile.
  logic [DEPTH-1:0]            valid, first, last;
  logic [DEPTH*VALUE_BITS-1:0] of_tile;
  assign blocked = valid[DEPTH-1] && first[DEPTH-1] && !(fill_free && sums_here);
  assign begins = valid[DEPTH-1] && first[DEPTH-1] && !blocked;
  assign issue = operands && !blocked;
  assign first_plane = plane == 0;
  assign last_plane = plane == mantissa_bits;
  assign tile_ends = last_plane && group + 1'b1 == groups;
  assign finish = valid[DEPTH-1] && last[DEPTH-1] && !blocked;
  assign finished_values = of_tile[(DEPTH-1)*VALUE_BITS +: VALUE_BITS];
  assign empty = valid == 0;
  always_ff @(posedge clk) begin
    if (reset) begin
      valid <= '0;
      plane <= '0;
      group <= '0;
      tile <= '0;
    end else begin
      if (!blocked) valid <= DEPTH'({valid, issue});
      if (issue) begin
        plane <= last_plane ? 5'd0 : plane + 5'd1;
        if (last_plane) group <= tile_ends ? '0 : group + 1'b1;
        if (tile_ends) tile <= tile + 1;
      end
    end
    if (!blocked) begin
      first <= DEPTH'({first, first_plane && group == 0});
      last <= DEPTH'({last, tile_ends});
      of_tile <= (DEPTH * VALUE_BITS)'({of_tile, values});
    end
  end
endmodule
