// SPDX-License-Identifier: Apache-2.0
// One group of results on its way into a lane: its values as they come in, the largest exponent among them (the maximum
// exponent catcher follows the values, so that it is there with the last one), and whether the group is complete.
// A lane takes the group in the clock in which it puts out the sign plane; values of a later block may come in then.
module group_register #(
    parameter INTAKE = 4,
    parameter GROUP = 8,
    parameter ELEMENT_BITS = $clog2(GROUP)
) (
    input  logic                            clk,
    input  logic                            reset,
    input  logic                            take,       // by a lane
    input  logic [INTAKE-1:0]               write,
    input  logic [INTAKE*ELEMENT_BITS-1:0]  element,
    input  logic [INTAKE*16-1:0]            values,
    input  logic                            completes,
    output logic                            waits,      // for a lane, complete
    output logic [GROUP*16-1:0]             held,       // elements that never came are +0
    output logic [4:0]                      largest
);
  logic [GROUP*16-1:0] next_group;
  logic [4:0]          next_largest, exponent;
  integer              i;
  always_comb begin
    next_group = take ? '0 : held;
    next_largest = take ? 5'd1 : largest;
    exponent = '0;
    for (i = 0; i < INTAKE; i = i + 1) begin
      exponent = values[i*16+10 +: 5];
      if (write[i]) begin
        next_group[element[i*ELEMENT_BITS +: ELEMENT_BITS]*16 +: 16] = values[i*16 +: 16];
        if (exponent > next_largest) next_largest = exponent;
      end
    end
  end
  always_ff @(posedge clk) begin
    if (reset) begin
      waits <= 1'b0;
      held <= '0;
      largest <= 5'd1;
    end else if (take || write != 0) begin
      held <= next_group;
      largest <= next_largest;
      waits <= completes || (waits && !take);
    end
  end
endmodule
