// SPDX-License-Identifier: Apache-2.0
// The largest of some exponents, as a tree; entries that are not valid count as 1, the exponent of zeros.
module max_exponent #(
    parameter COUNT = 64  // a power of two
) (
    input  logic [COUNT*5-1:0] exponents,
    input  logic [COUNT-1:0]   valid,
    output logic [4:0]         largest
);
  // Node 1 is the root; nodes 2i and 2i + 1 are below node i.
  logic [2*COUNT*5-1:0] node  /*verilator split_var*/;
  assign node[4:0] = 5'd0;
  for (genvar i = 0; i < COUNT; i = i + 1) begin : g_leaf
    assign node[(COUNT+i)*5 +: 5] = valid[i] ? exponents[i*5 +: 5] : 5'd1;
  end
  for (genvar i = 1; i < COUNT; i = i + 1) begin : g_node
    logic [4:0] a, b;
    assign a = node[2*i*5 +: 5];
    assign b = node[(2*i+1)*5 +: 5];
    assign node[i*5 +: 5] = a > b ? a : b;
  end
  assign largest = node[5 +: 5];
endmodule
