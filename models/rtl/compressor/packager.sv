// SPDX-License-Identifier: Apache-2.0
// Follows the planes that lanes put out and tells when a result block is complete. A plane of a group is a part of a
// word of the activation buffer; the buffer takes a part a lane and clock. Up to four blocks are under way: of one a
// lane may still put out planes while two later ones fill the group registers.
module packager #(
    parameter LANES = 4,
    parameter PARTS_BITS = 16
) (
    input  logic                  clk,
    input  logic                  reset,
    input  logic                  open,    // results of a new block come in
    input  logic [PARTS_BITS-1:0] parts,   // of that block: rows * groups * planes
    input  logic [LANES-1:0]      valid,   // plane of a lane, with the block it belongs to
    input  logic [LANES*2-1:0]    block,   // number, modulo 4
    output logic [31:0]           complete // blocks, counted from reset
);
  logic [4*PARTS_BITS-1:0] left, next_left;
  logic [1:0]              opened;  // modulo 4
  logic [3:0]              under_way, next_under_way;
  logic [31:0]             next_complete;
  logic [1:0]              oldest;
  integer                  i;
  always_comb begin
    next_left = left;
    next_under_way = under_way;
    next_complete = complete;
    oldest = '0;
    for (i = 0; i < LANES; i = i + 1) begin
      if (valid[i]) begin
        next_left[block[i*2 +: 2]*PARTS_BITS +: PARTS_BITS] =
            next_left[block[i*2 +: 2]*PARTS_BITS +: PARTS_BITS] - 1'b1;
      end
    end
    for (i = 0; i < 4; i = i + 1) begin
      oldest = next_complete[1:0];
      if (next_under_way[oldest] && next_left[oldest*PARTS_BITS +: PARTS_BITS] == 0) begin
        next_under_way[oldest] = 1'b0;
        next_complete = next_complete + 1'b1;
      end
    end
    if (open) begin
      next_left[opened*PARTS_BITS +: PARTS_BITS] = parts;
      next_under_way[opened] = 1'b1;
    end
  end
  always_ff @(posedge clk) begin
    if (reset) begin
      under_way <= '0;
      opened <= '0;
      complete <= '0;
    end else begin
      under_way <= next_under_way;
      opened <= opened + {1'b0, open};
      complete <= next_complete;
    end
    left <= next_left;
  end
endmodule
