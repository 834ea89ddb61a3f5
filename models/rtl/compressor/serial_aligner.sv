// SPDX-License-Identifier: Apache-2.0
// The aligner of a lane: every element counts its exponent difference E* - E down and puts out 0 meanwhile, then its
// significand, most significant bit first. In the clock of `load` the group is still in its register: the lane puts out
// the signs from there, since they need no alignment, and takes in differences and significands at the clock's end.
// So the sign plane costs no clock more than a mantissa plane.
module serial_aligner #(
    parameter GROUP = 8
) (
    input  logic                clk,
    input  logic                load,
    input  logic                step,
    input  logic [GROUP*16-1:0] group,    // finite
    input  logic [4:0]          largest,
    output logic [GROUP-1:0]    plane
);
  for (genvar i = 0; i < GROUP; i = i + 1) begin : g_element
    logic [4:0]  left, exponent;  // planes until the significand starts
    logic [10:0] significand, loaded;
    logic        negative, infinite, nan;
    fp16_fields fields (.half(group[i*16 +: 16]), .negative(negative), .exponent(exponent), .significand(loaded),
                        .infinite(infinite), .nan(nan));
    assign plane[i] = load ? negative : left == 0 && significand[10];
    always_ff @(posedge clk) begin
      if (load) begin
        left <= largest - exponent;
        significand <= loaded;
      end else if (step) begin
        if (left != 0) left <= left - 5'd1;
        else significand <= {significand[9:0], 1'b0};
      end
    end
  end
endmodule
