// SPDX-License-Identifier: Apache-2.0
// The fields of an FP16 number: a finite one is (-1)^negative * significand * 2^(exponent - 25).
module fp16_fields (
    input  logic [15:0] half,
    output logic        negative,
    output logic [4:0]  exponent,  // max(e, 1)
    output logic [10:0] significand,
    output logic        infinite,
    output logic        nan
);
  logic special;
  assign negative = half[15];
  assign exponent = half[14:10] == 0 ? 5'd1 : half[14:10];
  assign significand = {half[14:10] != 0, half[9:0]};
  assign special = half[14:10] == 5'd31;
  assign infinite = special && half[9:0] == 0;
  assign nan = special && half[9:0] != 0;
endmodule
