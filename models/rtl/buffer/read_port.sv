// SPDX-License-Identifier: Apache-2.0
// The port between a buffer and the array: brings the words of one operand after another into a register in front of
// the array, a word a clock, while the array works on what it took out of that register before. What comes next, and
// whether its panel is in the buffer, is asked for from outside, by the controller.
module read_port #(
    parameter SLOT_BITS = 12
) (
    input  logic                 clk,
    input  logic                 reset,
    input  logic                 next_valid,  // there is a next operand; it is asked for if the register is free
    input  logic [SLOT_BITS-1:0] next_slots,  // clocks of the port that it takes
    output logic                 next_ready,
    input  logic                 next_here,   // its panel is in the buffer
    input  logic                 here,        // the panel of the operand that was asked for is in the buffer
    input  logic                 take,        // by the array, only if ready
    output logic                 ready,       // the operand is in the register
    output logic                 read,        // a word is read in this clock
    output logic [SLOT_BITS-1:0] slot,        // with read: clocks left to the operand, this one among them
    output logic [SLOT_BITS-1:0] slots_left
);
  logic asked, asking;
  assign ready = asked && here && slots_left == 0;
  assign next_ready = !asked || take;
  assign asking = next_valid && next_ready;
  // An operand's first word may come in the clock in which it is asked for, since the array has taken the one before.

  assign slot = asking ? next_slots : slots_left;
  assign read = slot != 0 && (asking ? next_here : asked && !take && here);
  always_ff @(posedge clk) begin
    if (reset) begin
      asked <= 1'b0;
      slots_left <= '0;
    end else begin
      asked <= asking || (asked && !take);
      slots_left <= read ? slot - 1'b1 : slot;
    end
  end
endmodule
