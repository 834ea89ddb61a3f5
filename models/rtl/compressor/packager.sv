// SPDX-License-Identifier: Apache-2.0
// Follows the planes that lanes put out and tells when a result block is complete. A plane of a group is a part of a
// word of the activation buffer; the buffer takes a part a lane and clock. Of as many blocks as there are lanes, planes
// may still come out while two later blocks fill the group registers. Partial sums pass by and are counted.
module packager #(
    parameter LANES = 4,
    parameter PARTS_BITS = 16,
    parameter PASSED_BITS = 3,
    parameter BLOCK_BITS = $clog2(LANES + 3)
) (
    input  logic                        clk,
    input  logic                        reset,
    input  logic                        open,    // results of a new block come in
    input  logic [PARTS_BITS-1:0]       parts,   // of that block: rows * groups * planes, or partial sums
    input  logic [PASSED_BITS-1:0]      passed,  // partial sums in this clock
    input  logic [BLOCK_BITS-1:0]       passed_block,
    input  logic [LANES-1:0]            valid,   // plane of a lane, with the block it belongs to
    input  logic [LANES*BLOCK_BITS-1:0] block,   // number, modulo 2^BLOCK_BITS
    output logic [31:0]                 complete // blocks, counted from reset
);
  localparam BLOCKS = 1 << BLOCK_BITS;
  logic [BLOCKS*PARTS_BITS-1:0] left, next_left;
  logic [BLOCK_BITS-1:0]        opened;  // modulo BLOCKS
  logic [BLOCKS-1:0]            under_way, next_under_way;
  logic [31:0]                  next_complete;
  logic [BLOCK_BITS-1:0]        oldest;
  integer                       i;
  always_comb begin
    next_left = left;
    next_under_way = under_way;
    next_complete = complete;
    oldest = '0;
    for (i = 0; i < LANES; i = i + 1) begin
      if (valid[i]) begin
        next_left[block[i*BLOCK_BITS +: BLOCK_BITS]*PARTS_BITS +: PARTS_BITS] =
            next_left[block[i*BLOCK_BITS +: BLOCK_BITS]*PARTS_BITS +: PARTS_BITS] - 1'b1;
      end
    end
    if (open) begin
      next_left[opened*PARTS_BITS +: PARTS_BITS] = parts;
      next_under_way[opened] = 1'b1;
    end
    next_left[passed_block*PARTS_BITS +: PARTS_BITS] =
        next_left[passed_block*PARTS_BITS +: PARTS_BITS] - PARTS_BITS'(passed);
    for (i = 0; i < BLOCKS; i = i + 1) begin
      oldest = next_complete[BLOCK_BITS-1:0];
      if (next_under_way[oldest] && next_left[oldest*PARTS_BITS +: PARTS_BITS] == 0) begin
        next_under_way[oldest] = 1'b0;
        next_complete = next_complete + 1'b1;
      end
    end
  end
  always_ff @(posedge clk) begin
    if (reset) begin
      under_way <= '0;
      opened <= '0;
      complete <= '0;
    end else begin
      under_way <= next_under_way;
      opened <= opened + {{(BLOCK_BITS-1){1'b0}}, open};
      complete <= next_complete;
    end
    left <= next_left;
  end
endmodule
