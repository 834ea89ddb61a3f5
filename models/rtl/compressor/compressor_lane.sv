// SPDX-License-Identifier: Apache-2.0
// A lane: takes a complete group and puts out one plane of it a clock, the sign plane first.
module compressor_lane #(
    parameter GROUP = 8,
    parameter TAG_BITS = 8  // what the packager wants to know of the group
) (
    input  logic                clk,
    input  logic                reset,
    input  logic [4:0]          mantissa_bits,
    input  logic                take,      // only if the lane is free
    input  logic [GROUP*16-1:0] group,
    input  logic [4:0]          largest,
    input  logic [TAG_BITS-1:0] tag,
    output logic                free,
    output logic                valid,     // a plane is put out
    output logic [4:0]          number,    // of the plane, 0 for the signs
    output logic [GROUP-1:0]    plane,
    output logic [4:0]          exponent,  // shared by the group
    output logic [TAG_BITS-1:0] plane_tag
);
  logic                busy;
  logic [4:0]          next_number, held_exponent;
  logic [TAG_BITS-1:0] held_tag;
  serial_aligner #(.GROUP(GROUP)) aligner (
      .clk(clk), .load(take), .step(busy), .group(group), .largest(largest), .plane(plane));

  assign free = !busy;
  assign valid = busy || take;
  assign number = take ? 5'd0 : next_number;
  assign exponent = take ? largest : held_exponent;
  assign plane_tag = take ? tag : held_tag;
  always_ff @(posedge clk) begin
    if (reset) busy <= 1'b0;
    else if (valid) busy <= number != mantissa_bits;
    if (valid) next_number <= number + 5'd1;
    if (take) begin
      held_exponent <= largest;
      held_tag <= tag;
    end
  end
endmodule
