// SPDX-License-Identifier: Apache-2.0
// The complete groups in the order in which they became complete; each clock free lanes take the oldest ones, the lane
// with the lowest number first.
module group_queue #(
    parameter LANES = 4,
    parameter INTAKE = 4,
    parameter REGISTERS = 8,
    parameter REGISTER_BITS = $clog2(REGISTERS),
    parameter COUNT_BITS = $clog2(REGISTERS + 1)
) (
    input  logic                            clk,
    input  logic                            reset,
    input  logic [INTAKE-1:0]               complete,
    input  logic [INTAKE*REGISTER_BITS-1:0] register_index,
    input  logic [LANES-1:0]                lane_free,
    output logic [LANES-1:0]                lane_takes,
    output logic [LANES*REGISTER_BITS-1:0]  lane_register,
    output logic [REGISTERS-1:0]            taken,
    output logic                            empty
);
  logic [REGISTERS*REGISTER_BITS-1:0] waiting, left, next;  // the oldest first
  logic [COUNT_BITS-1:0]              count, left_count, next_count;
  integer                             i, j;
  assign empty = count == 0;
  always_comb begin
    left = waiting;
    left_count = count;
    lane_takes = '0;
    lane_register = '0;
    taken = '0;
    for (i = 0; i < LANES; i = i + 1) begin
      if (lane_free[i] && left_count != 0) begin
        lane_takes[i] = 1'b1;
        lane_register[i*REGISTER_BITS +: REGISTER_BITS] = left[REGISTER_BITS-1:0];
        taken[left[REGISTER_BITS-1:0]] = 1'b1;
        left = left >> REGISTER_BITS;
        left_count = left_count - 1'b1;
      end
    end
  end
  always_comb begin
    next = left;
    next_count = left_count;
    for (j = 0; j < INTAKE; j = j + 1) begin
      if (complete[j]) begin
        next[next_count*REGISTER_BITS +: REGISTER_BITS] = register_index[j*REGISTER_BITS +: REGISTER_BITS];
        next_count = next_count + 1'b1;
      end
    end
  end
  always_ff @(posedge clk) begin
    if (reset) count <= '0;
    else count <= next_count;
    waiting <= next;
  end
endmodule
