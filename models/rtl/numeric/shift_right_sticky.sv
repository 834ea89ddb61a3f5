// SPDX-License-Identifier: Apache-2.0
// Shifts right; the lowest bit of the result is one as well if any bit was lost.
module shift_right_sticky #(
    parameter WIDTH = 27,
    parameter STEPS = 5  // 2^STEPS - 1 places at most
) (
    input  logic [WIDTH-1:0] value,
    input  logic [STEPS-1:0] places,
    output logic [WIDTH-1:0] shifted
);
  for (genvar i = 0; i <= STEPS; i = i + 1) begin : g_stage
    logic [WIDTH-1:0] out;
    if (i == 0) begin : g_in
      assign out = value;
    end else begin : g_step
      localparam STEP = 1 << (i - 1);
      logic [WIDTH-1:0] in;
      assign in = g_stage[i-1].out;
      if (STEP < WIDTH) begin : g_move
        assign out = places[i-1] ? {{STEP{1'b0}}, in[WIDTH-1:STEP+1], |in[STEP:0]} : in;
      end else begin : g_empty
        assign out = places[i-1] ? {{(WIDTH - 1){1'b0}}, |in} : in;
      end
    end
  end

  assign shifted = g_stage[STEPS].out;
endmodule
