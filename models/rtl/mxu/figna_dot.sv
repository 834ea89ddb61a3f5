// SPDX-License-Identifier: Apache-2.0
// The dot product of a group as FIGNA makes it: all bits of some aligned mantissas and weights at once.
module figna_dot #(
    parameter LANES = 4,           // elements along k in a clock
    parameter GROUP = 64,
    parameter MANTISSA_BITS = 13,
    parameter WEIGHT_BITS = 4,
    parameter PRODUCT_BITS = MANTISSA_BITS + WEIGHT_BITS,
    parameter DOT_BITS = PRODUCT_BITS + $clog2(GROUP)
) (
    input  logic                           clk,
    input  logic [LANES-1:0]               sign,
    input  logic [LANES*MANTISSA_BITS-1:0] mantissas,
    input  logic [LANES*WEIGHT_BITS-1:0]   weights,
    input  logic                           add,
    input  logic                           accumulate,
    input  logic                           start,
    output logic signed [DOT_BITS-1:0] dot
);
  localparam TREE = 1 << $clog2(LANES);  // leaves of the adder tree
  localparam SUM_BITS = PRODUCT_BITS + $clog2(LANES);

  logic        [TREE*PRODUCT_BITS-1:0]  products;
  logic signed [SUM_BITS-1:0]           tree, of_lanes;
  logic                                 tree_carry, carry;
  logic signed [DOT_BITS-1:0]           held;
  logic        [DOT_BITS:0]             total;
  for (genvar i = 0; i < LANES; i = i + 1) begin : g_lane
    logic signed [MANTISSA_BITS:0]  mantissa;
    logic signed [WEIGHT_BITS-1:0]  weight;
    logic signed [PRODUCT_BITS-1:0] product;
    assign mantissa = {1'b0, mantissas[i*MANTISSA_BITS +: MANTISSA_BITS]};
    assign weight = weights[i*WEIGHT_BITS +: WEIGHT_BITS];
    assign product = PRODUCT_BITS'(mantissa) * PRODUCT_BITS'(weight);
    assign products[i*PRODUCT_BITS +: PRODUCT_BITS] = product;
  end
  for (genvar i = LANES; i < TREE; i = i + 1) begin : g_empty
    assign products[i*PRODUCT_BITS +: PRODUCT_BITS] = '0;
  end
  plane_adder #(.LANES(TREE), .WIDTH(PRODUCT_BITS)) adder (
      .on({TREE{1'b1}} >> (TREE - LANES)), .minus(TREE'(sign)), .addends(products), .sum(tree), .carry(tree_carry));

  assign held = start ? '0 : dot;
  assign total = {held, 1'b1} + {{(DOT_BITS - SUM_BITS){of_lanes[SUM_BITS-1]}}, of_lanes, carry};
  always_ff @(posedge clk) begin
    if (add) begin
      of_lanes <= tree;
      carry <= tree_carry;
    end
    if (accumulate) dot <= total[DOT_BITS:1];
  end
endmodule
