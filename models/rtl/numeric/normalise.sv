// SPDX-License-Identifier: Apache-2.0
// Shifts a number left until its top bit is one, by `limit` places at most, and tells how far. A logarithmic shifter
// that decides as it goes: each stage moves by a power of two if so many top bits are zero. 0 moves by the limit.
module normalise #(
    parameter WIDTH = 24,
    parameter STEPS = 5  // 2^STEPS - 1 places at most
) (
    input  logic [WIDTH-1:0] value,
    input  logic [STEPS-1:0] limit,
    output logic [WIDTH-1:0] normalised,
    output logic [STEPS-1:0] places
);
  for (genvar i = STEPS; i >= 0; i = i - 1) begin : g_stage
    localparam STEP = 1 << i;
    logic [WIDTH-1:0] moved;
    logic [STEPS-1:0] left;  // of the limit
    if (i == STEPS) begin : g_in
      assign moved = value;
      assign left = limit;
    end else begin : g_step
      logic [WIDTH-1:0] in;
      logic             move;
      assign in = g_stage[i+1].moved;
      assign places[i] = move;
      assign left = move ? g_stage[i+1].left - STEPS'(STEP) : g_stage[i+1].left;
      if (STEP < WIDTH) begin : g_move
        assign move = in[WIDTH-1 -: STEP] == 0 && g_stage[i+1].left >= STEPS'(STEP);
        assign moved = move ? {in[WIDTH-STEP-1:0], {STEP{1'b0}}} : in;
      end else begin : g_empty
        assign move = in == 0 && g_stage[i+1].left >= STEPS'(STEP);
        assign moved = in;
      end
    end
  end

  assign normalised = g_stage[0].moved;
endmodule
