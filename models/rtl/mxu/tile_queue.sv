// SPDX-License-Identifier: Apache-2.0
// The output tiles that the controller has handed to the array, with four readers behind each other: the array's
// operands, the accumulators, their drain, and what takes the results. A tile leaves when its last result is taken.
module tile_queue #(
    parameter TILE_BITS = 64,
    parameter ENTRIES = 8,  // a power of two
    parameter INDEX_BITS = $clog2(ENTRIES)
) (
    input  logic                 clk,
    input  logic                 reset,
    input  logic                 push,
    input  logic [TILE_BITS-1:0] pushed,
    output logic                 full,
    input  logic                 computed,   // the array is done with its tile's operands
    input  logic                 begun,      // the accumulators begin theirs
    input  logic                 drained,
    input  logic                 taken,
    output logic                 exists,     // a tile for the array
    output logic [TILE_BITS-1:0] of_array,
    output logic [TILE_BITS-1:0] of_sums,    // the one that the accumulators begin next
    output logic [TILE_BITS-1:0] of_drain,
    output logic [TILE_BITS-1:0] of_results,
    output logic [INDEX_BITS:0]  ahead       // tiles before of_sums whose results have not all been taken
);
  logic [ENTRIES*TILE_BITS-1:0] entry;
  logic [INDEX_BITS:0]          end_, array, sums, drain, results;  // counted on past the last entry
  assign full = end_ - results == (INDEX_BITS + 1)'(ENTRIES);
  assign exists = array != end_;
  assign of_array = entry[array[INDEX_BITS-1:0]*TILE_BITS +: TILE_BITS];
  assign of_sums = entry[sums[INDEX_BITS-1:0]*TILE_BITS +: TILE_BITS];
  assign of_drain = entry[drain[INDEX_BITS-1:0]*TILE_BITS +: TILE_BITS];
  assign of_results = entry[results[INDEX_BITS-1:0]*TILE_BITS +: TILE_BITS];
  assign ahead = sums - results;
  always_ff @(posedge clk) begin
    if (reset) begin
      end_ <= '0;
      array <= '0;
      sums <= '0;
      drain <= '0;
      results <= '0;
    end else begin
      end_ <= end_ + {{INDEX_BITS{1'b0}}, push};
      array <= array + {{INDEX_BITS{1'b0}}, computed};
      sums <= sums + {{INDEX_BITS{1'b0}}, begun};
      drain <= drain + {{INDEX_BITS{1'b0}}, drained};
      results <= results + {{INDEX_BITS{1'b0}}, taken};
    end
    if (push) entry[end_[INDEX_BITS-1:0]*TILE_BITS +: TILE_BITS] <= pushed;
  end
endmodule
