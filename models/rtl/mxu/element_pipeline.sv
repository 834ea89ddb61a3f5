// SPDX-License-Identifier: Apache-2.0
// The stages that an operation passes behind the operand registers of the array; all elements move in step, so one of
// these serves them all. An operation is a clock of an element: a bit plane, or some elements along k.
module element_pipeline (
    input  logic clk,
    input  logic reset,
    input  logic move,         // the pipeline does not stand still
    input  logic valid,        // of the operation in the operand registers
    input  logic first,        // of its group
    input  logic last,
    input  logic first_group,  // of its tile
    input  logic bank,         // of the accumulators that its tile fills
    output logic add,          // enable of each stage
    output logic accumulate,
    output logic start,        // with accumulate: the group's sum begins
    output logic convert,
    output logic scale,
    output logic sum,
    output logic start_sum,    // with sum: the tile's sum begins
    output logic sum_bank
);
  logic [3:0] q1;  // valid, first, last, first_group
  logic [1:0] q2, q3, q4;  // ends a group, first_group
  logic       bank1, bank2, bank3, bank4;
  always_ff @(posedge clk) begin
    if (reset) begin
      q1 <= '0;
      q2 <= '0;
      q3 <= '0;
      q4 <= '0;
    end else if (move) begin
      q1 <= {valid, first, last, first_group};
      q2 <= {q1[3] && q1[1], q1[0]};
      q3 <= q2;
      q4 <= q3;
    end
    if (move) begin
      bank1 <= bank;
      bank2 <= bank1;
      bank3 <= bank2;
      bank4 <= bank3;
    end
  end
  assign add = move && valid;
  assign accumulate = move && q1[3];
  assign start = q1[2];
  assign convert = move && q2[1];
  assign scale = move && q3[1];
  assign sum = move && q4[1];
  assign start_sum = q4[0];
  assign sum_bank = bank4;
endmodule
