// SPDX-License-Identifier: Apache-2.0
// The sum of the addends that are switched on by a bit plane, each with its sign. The sum is `sum` + `carry`.
//
// A negated addend is inverted, and its +1 is the carry-in of an adder: the tree has one adder less than lanes, so the
// +1 of one lane is left, `carry`, for the accumulator behind. A sum of 2^l inverted addends and all but one of their
// carries just fits in WIDTH + l bits, so each level is one bit wider than the one before.
module plane_adder #(
    parameter LANES = 64,  // a power of two
    parameter WIDTH = 4,   // of a signed addend
    parameter LEVELS = $clog2(LANES),
    parameter SUM_BITS = WIDTH + LEVELS
) (
    input  logic        [LANES-1:0]       on,
    input  logic        [LANES-1:0]       minus,
    input  logic        [LANES*WIDTH-1:0] addends,
    output logic signed [SUM_BITS-1:0]    sum,
    output logic                          carry
);
  logic [LANES-1:0] plus_one;
  assign plus_one = on & minus;

  for (genvar l = 0; l <= LEVELS; l = l + 1) begin : g_level
    localparam W = WIDTH + l;
    logic [(LANES>>l)*W-1:0] node;
    for (genvar i = 0; i < (LANES >> l); i = i + 1) begin : g_node
      if (l == 0) begin : g_lane
        assign node[i*W +: W] = (addends[i*W +: W] ^ {W{minus[i]}}) & {W{on[i]}};
      end else begin : g_adder
        // The adders of level l take the carries of lanes 2^l * i + 2^(l-1) - 1, which leaves the last lane's.
        logic [W-2:0] a, b;
        logic [W:0]   total;
        assign a = g_level[l-1].node[2*i*(W-1) +: W-1];
        assign b = g_level[l-1].node[(2*i+1)*(W-1) +: W-1];
        assign total = {a[W-2], a, 1'b1} + {b[W-2], b, plus_one[(i << l) + (1 << (l - 1)) - 1]};
        assign node[i*W +: W] = total[W:1];
      end
    end
  end

  assign sum = g_level[LEVELS].node;
  assign carry = plus_one[LANES-1];
endmodule
