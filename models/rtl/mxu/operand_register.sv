// SPDX-License-Identifier: Apache-2.0
// Operands that a row or a column of the array has in common.
module operand_register #(
    parameter BITS = 64
) (
    input  logic            clk,
    input  logic            take,
    input  logic [BITS-1:0] operands,
    output logic [BITS-1:0] held
);
  always_ff @(posedge clk) if (take) held <= operands;
endmodule
