// SPDX-License-Identifier: Apache-2.0
// Additions as chains of the library's full adders, up to `LIMIT bits; bits of which one input is constant stay gates.
module \$alu (A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  input CI, BI;
  output [Y_WIDTH-1:0] X, Y, CO;

  // A negation has no A: half adders only.
  wire _TECHMAP_FAIL_ = Y_WIDTH > `LIMIT || A_WIDTH == 0 || B_WIDTH == 0;

  wire [Y_WIDTH-1:0] a, b, inverted;
  wire [Y_WIDTH:0] carry;
  generate
    if (A_WIDTH > 0 && B_WIDTH > 0) begin : extend
      \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_a (.A(A), .Y(a));
      \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_b (.A(B), .Y(b));
    end
  endgenerate
  assign inverted = BI ? ~b : b;
  assign carry[0] = CI;
  assign X = a ^ inverted;
  assign CO = carry[Y_WIDTH:1];

  genvar i;
  generate
    for (i = 0; i < Y_WIDTH; i = i + 1) begin : bit
      localparam constant_a = i < A_WIDTH ? _TECHMAP_CONSTMSK_A_[i < A_WIDTH ? i : 0] : !A_SIGNED;
      localparam constant_b = i < B_WIDTH ? _TECHMAP_CONSTMSK_B_[i < B_WIDTH ? i : 0] : !B_SIGNED;
      if (constant_a || constant_b) begin : gates
        assign Y[i] = X[i] ^ carry[i];
        assign carry[i+1] = (a[i] & inverted[i]) | (X[i] & carry[i]);
      end else begin : cell
        FAX1 adder (.A(a[i]), .B(inverted[i]), .C(carry[i]), .YC(carry[i+1]), .YS(Y[i]));
      end
    end
  endgenerate
endmodule

module \$fa (A, B, C, X, Y);
  parameter WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTMSK_C_ = 0;
  input [WIDTH-1:0] A, B, C;
  output [WIDTH-1:0] X, Y;

  genvar i;
  generate
    for (i = 0; i < WIDTH; i = i + 1) begin : bit
      if (_TECHMAP_CONSTMSK_A_[i] || _TECHMAP_CONSTMSK_B_[i] || _TECHMAP_CONSTMSK_C_[i]) begin : gates
        assign Y[i] = A[i] ^ B[i] ^ C[i];
        assign X[i] = (A[i] & B[i]) | (C[i] & (A[i] ^ B[i]));
      end else begin : cell
        FAX1 adder (.A(A[i]), .B(B[i]), .C(C[i]), .YC(X[i]), .YS(Y[i]));
      end
    end
  endgenerate
endmodule
