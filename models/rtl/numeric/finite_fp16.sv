// SPDX-License-Identifier: Apache-2.0
// An infinity becomes +-65504 and a NaN +0, since the aligned formats have neither.
module finite_fp16 (
    input  logic [15:0] half,
    output logic [15:0] finite
);
  assign finite = half[14:10] != 5'd31 ? half : half[9:0] != 0 ? 16'd0 : {half[15], 15'h7BFF};
endmodule
