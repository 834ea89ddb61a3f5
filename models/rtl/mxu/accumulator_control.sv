// SPDX-License-Identifier: Apache-2.0
// The state of the two banks of accumulators: the array sums into one while the vector unit empties the other.
module accumulator_control #(
    parameter VALUE_BITS = 8
) (
    input  logic                  clk,
    input  logic                  reset,
    input  logic                  finish,      // the last sum of a tile is made
    input  logic [VALUE_BITS-1:0] values,      // results of that tile
    input  logic [VALUE_BITS-1:0] take,        // results that leave the oldest full bank
    output logic                  fill_free,   // the bank that is to be filled is empty
    output logic                  fill_bank,
    output logic                  holds,       // results
    output logic                  drain_bank,
    output logic [VALUE_BITS-1:0] left,        // in the bank that is drained
    output logic [1:0]            full
);
  logic [VALUE_BITS-1:0] left_0, left_1;
  logic                  emptied;
  assign fill_free = !full[fill_bank];
  assign holds = full[drain_bank];
  assign left = drain_bank ? left_1 : left_0;
  assign emptied = take != 0 && take == left;
  always_ff @(posedge clk) begin
    if (reset) begin
      full <= 2'b00;
      fill_bank <= 1'b0;
      drain_bank <= 1'b0;
    end else begin
      if (finish) begin
        full[fill_bank] <= 1'b1;
        fill_bank <= !fill_bank;
      end
      if (emptied) begin
        full[drain_bank] <= 1'b0;
        drain_bank <= !drain_bank;
      end
    end
    if (finish && !fill_bank) left_0 <= values;
    else if (take != 0 && !drain_bank) left_0 <= left_0 - take;
    if (finish && fill_bank) left_1 <= values;
    else if (take != 0 && drain_bank) left_1 <= left_1 - take;
  end
endmodule
