// SPDX-License-Identifier: Apache-2.0
// What a clock is for the array: busy, or a stall of one cause. The numbers are those of ArrayState in the model.
module array_state (
    input  logic       exists,            // a tile for the array
    input  logic       operands,          // of its next plane are in the ports' registers
    input  logic       blocked,           // the pipeline stands still
    input  logic       panels_here,       // the panels of the next plane are in the buffers
    input  logic       load_held,         // if not: since no half of a buffer was free
    input  logic       sign_plane,        // is next, for which weights are needed
    input  logic       weights_ready,
    input  logic       pipeline_empty,
    input  logic       results_wait,      // in the accumulators or the vector unit
    input  logic       was_held_up,       // the vector unit, in the clock before
    input  logic       stops,             // the vector unit, in this clock
    input  logic       compressor_busy,
    output logic [2:0] state
);
  localparam [2:0] BUSY = 0, DRAM = 1, BUFFER_FULL = 2, WEIGHT_PORT = 3, ACTIVATION_PORT = 4, DRAIN = 5, COMPRESSOR = 6,
                   FILL = 7;
  always_comb begin
    if (exists && operands) state = !blocked ? BUSY : stops ? COMPRESSOR : DRAIN;
    else if (exists) begin
      if (!panels_here) state = load_held ? BUFFER_FULL : DRAM;
      else state = sign_plane && !weights_ready ? WEIGHT_PORT : ACTIVATION_PORT;
    end else if (blocked) state = stops ? COMPRESSOR : DRAIN;
    else if (!pipeline_empty) state = FILL;
    else if (results_wait) state = was_held_up ? COMPRESSOR : DRAIN;
    else state = compressor_busy ? COMPRESSOR : DRAM;
  end
endmodule
