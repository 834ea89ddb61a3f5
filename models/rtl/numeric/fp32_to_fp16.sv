// SPDX-License-Identifier: Apache-2.0
// FP32 to FP16, to nearest even; every NaN becomes 0x7E00.
module fp32_to_fp16 (
    input  logic [31:0] single,
    output logic [15:0] half
);
  logic              special;  // infinity or NaN
  logic              normal;
  logic signed [9:0] exponent;
  logic [15:0]       rounded;
  assign special = single[30:23] == 8'hFF;
  // A subnormal of FP32 is far below half of FP16's smallest number.
  assign normal = single[30:23] != 0;
  assign exponent = {2'd0, single[30:23]} - 10'd112;
  round_to_fp16 #(.WIDTH(24), .EXPONENT_BITS(10)) round (
      .negative(single[31]), .magnitude(normal ? {1'b1, single[22:0]} : 24'd0), .exponent(exponent), .half(rounded));

  assign half = !special ? rounded : single[22:0] != 0 ? 16'h7E00 : {single[31], 15'h7C00};
endmodule
