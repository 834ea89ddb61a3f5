# SPDX-License-Identifier: Apache-2.0
"""Faults in the RTL that the tests must detect: file under models/rtl, text, replacement, test."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    name: str
    test: str
    file: str
    old: str
    new: str


CONVERSIONS = [
    ("ties go down", "numeric/round_to_fp16.sv", "(moved[0] || moved[2])", "moved[0]"),
    ("a subnormal half is shifted one place less", "numeric/round_to_fp16.sv", "4'd1 - exponent", "4'd0 - exponent"),
    ("65536 is no infinity", "numeric/round_to_fp16.sv", "exponent > 30", "exponent > 31"),
    ("bits below the half are forgotten", "numeric/shift_right_sticky.sv", "|in[STEP:0]}", "in[STEP]}"),
    ("a far smaller addend is not moved", "numeric/fp32_add.sv", "8'd31 ? 5'd31", "8'd31 ? 5'd0"),
    ("x - x is -0 for negative x", "numeric/fp32_add.sv", "x[31] & y[31]", "x[31]"),
    ("sums round ties down", "numeric/fp32_add.sv", "(normalised[4] || normalised[2:0] != 0)", "normalised[2:0] != 0"),
    ("infinity - infinity is an infinity", "numeric/fp32_add.sv", "== 8'hFF && subtract", "== 8'hFF && 1'b0"),
    ("subnormal sums are not kept", "numeric/fp32_add.sv", "parameter SUBNORMALS = 1", "parameter SUBNORMALS = 0"),
    ("infinity * 0 is an infinity", "numeric/fp16_multiply.sv", "(a_infinite && b_significand == 0)", "1'b0"),
    ("a product's exponent is one too large", "numeric/exact_to_fp32.sv", "127 + WIDTH - 1", "127 + WIDTH"),
    ("a negative dot product is inverted only", "numeric/int_to_fp16.sv", "negative ? -dot", "negative ? ~dot"),
    ("a dot product's exponent ignores M", "numeric/int_to_fp16.sv", "- {4'd0, mantissa_bits}", "- 9'd11"),
    ("subnormals have the exponent 0", "numeric/fp16_fields.sv", "? 5'd1 :", "? 5'd0 :"),
    ("NaN keeps its sign", "numeric/fp32_to_fp16.sv", "16'h7E00", "{single[31], 15'h7E00}"),
    ("an aligned mantissa is rounded", "numeric/parallel_aligner.sv", "mantissa = moved[WIDTH-1 -: MANTISSA_BITS]",
     "mantissa = moved[WIDTH-1 -: MANTISSA_BITS] | MANTISSA_BITS'(moved[0])"),
    ("a scaled sum rounds ties down", "numeric/fp32_multiply_fp16.sv", "(normalised[11] || normalised[9:0] != 0)",
     "normalised[9:0] != 0"),
    ("the largest exponent is that of the left half", "numeric/max_exponent.sv", "a > b ? a : b", "a"),
    ("padding takes part in the largest exponent", "numeric/max_exponent.sv", "valid[i] ?", "1'b1 ?"),
    ("a NaN becomes 65504", "numeric/finite_fp16.sv", "half[9:0] != 0 ? 16'd0 :", "half[9:0] == 1023 ? 16'd0 :"),
    ("the lowest weight code is 0", "numeric/fp16_multiply_int.sv", "code[INT_BITS-1] ? -code",
     "code == {1'b1, {(INT_BITS-1){1'b0}}} ? '0 : code[INT_BITS-1] ? -code"),
]

ELEMENTS = [
    ("+1 of a negated weight comes whether it is added or not", "mxu/plane_adder.sv", "= on & minus", "= minus"),
    ("the last lane's +1 is lost", "mxu/plane_adder.sv", "carry = plus_one[LANES-1]", "carry = 1'b0"),
    ("partial sums are unsigned", "mxu/plane_adder.sv", "{a[W-2], a, 1'b1}", "{1'b0, a, 1'b1}"),
    ("the sign plane does not clear the dot product", "mxu/plane_dot.sv", "start ? '0 : {dot", "{dot"),
    ("the tree's carry is lost", "mxu/plane_dot.sv", "{dot[DOT_BITS-2:0], carry}", "{dot[DOT_BITS-2:0], 1'b0}"),
    ("the highest bit of a weight counts positive", "mxu/ifpu_dot.sv", "negate ? held - moved", "negate ? held + moved"),
    ("iFPU's sums do not start at 0", "mxu/ifpu_dot.sv", "held = start ? '0 : dot", "held = dot"),
    ("FIGNA's sums do not start at 0", "mxu/figna_dot.sv", "held = start ? '0 : dot", "held = dot"),
    ("a tile's sum does not start at 0", "mxu/accumulators.sv", "start ? first : bank", "bank"),
    ("the banks are one", "mxu/accumulators.sv", "if (sum && !bank)", "if (sum)"),
    ("every plane ends a group", "mxu/element_pipeline.sv", "{q1[3] && q1[1], q1[0]}", "{q1[3], q1[0]}"),
    ("FP-FP sums its products from the last to the first", "mxu/fp_fp_element.sv", ".b(products[i*32",
     ".b(products[(LANES-1-i)*32"),
    ("FP-INT sums its products from the last to the first", "mxu/fp_int_dot.sv", ".b(products[i*32",
     ".b(products[(LANES-1-i)*32"),
    ("the fused FP-INT sum does not start at 0", "mxu/fp_int_fused_dot.sv", "start ? 32'd0 : part", "part"),
    ("a fused FP-INT product counts half", "mxu/fp_int_fused_dot.sv", ".BIAS(25)", ".BIAS(26)"),
    ("the fused FP-INT product of a negative weight is one more", "mxu/fp_int_fused_dot.sv", "? -code : code", "? ~code : code"),
    ("a fused FP-INT product takes the sign of the activation", "mxu/fp_int_fused_dot.sv", "a_negative ^ code[WEIGHT_BITS-1]",
     "a_negative"),
    ("infinity * 0 is no NaN in fused FP-INT", "mxu/fp_int_fused_dot.sv", "a_nan || (a_infinite && code == 0)", "a_nan"),
    ("a fused FP-INT sum is not scaled", "mxu/fp_int_fused_element.sv", "scaled <= product", "scaled <= part"),
    ("the fused sum has a guard bit less", "mxu/fused_sum.sv", "GUARD = 4", "GUARD = 3"),
    ("the fused sum aligns to the first addend", "mxu/fused_sum.sv", "own > so_far ? own : so_far",
     "i == 0 ? own : so_far"),
]

DATAPATH = [
    ("an element waits a plane too long", "compressor/serial_aligner.sv", "if (left != 0) left", "if (left > 1) left"),
    ("the sign plane comes out of the lane's own register", "compressor/serial_aligner.sv", "load ? negative :", ""),
    ("a group of subnormals has the exponent 0", "compressor/group_register.sv", "take ? 5'd1 :", "take ? 5'd0 :"),
    ("a taken group leaves its values behind", "compressor/group_register.sv", "take ? '0 : held", "held"),
    ("a register takes values before its group has left", "compressor/field_extractor.sv",
     "|| waits[at[REGISTER_BITS-1:0]]", ""),
    ("a lane puts out a plane less", "compressor/compressor_lane.sv", "number != mantissa_bits",
     "number + 5'd1 != mantissa_bits"),
    ("a stopped entry is lost", "vector_unit/vector_unit.sv", "stops && (takes || extra_valid)", "1'b0"),
    ("the array fills a bank that is not empty", "mxu/array_control.sv", "!(fill_free && sums_here)",
     "!sums_here"),
    ("a group takes the scale of the next one", "mxu/mxu.sv", ".factor(factor_3", ".factor(factor_2"),
    ("a group takes the exponent of the next one", "mxu/mxu.sv", ".shared(shared_2", ".shared(shared_1"),
    ("an operand is taken before its last word is there", "buffer/read_port.sv", "&& here && slots_left == 0",
     "&& here"),
    ("partial sums are rounded on their way out", "vector_unit/vector_unit.sv", "passes ? picked", "1'b0 ? picked"),
    ("a tile forgets the sums that it goes on from", "mxu/accumulators.sv", "PARTIAL_SUMS != 0 ? first_sum", "1'b0 ? first_sum"),
]

# Timing faults, which leave arithmetic results unchanged.
CYCLES = [
    ("a register has no room in the clock in which its group leaves", "compressor/bit_plane_compressor.sv",
     "waits & ~takes", "waits"),
    ("a port waits a clock before it asks again", "buffer/read_port.sv", "!asked || take", "!asked"),
    ("an operand is ready with its last word still on the way", "buffer/read_port.sv", "&& here && slots_left == 0",
     "&& here && slots_left <= 1"),
    ("a lane rests a clock after its last plane", "compressor/compressor_lane.sv", "busy <= number != mantissa_bits",
     "busy <= number <= mantissa_bits"),
    ("results leave the accumulators while the vector unit is held up", "vector_unit/vector_unit.sv",
     "takes = holds && !held_up", "takes = holds"),
    ("a bank is free in the clock in which its last result leaves", "mxu/accumulator_control.sv",
     "fill_free = !full[fill_bank]", "fill_free = !full[fill_bank] || (emptied && fill_bank == drain_bank)"),
    ("weights come before their panel", "buffer/read_port.sv", "asking ? next_here :", "asking ? 1'b1 :"),
    ("a tile is finished a stage early", "mxu/array_control.sv", "finish = valid[DEPTH-1] && last[DEPTH-1]",
     "finish = valid[DEPTH-2] && last[DEPTH-2]"),
    ("waiting for results at the end counts as memory", "mxu/array_state.sv",
     "else if (results_wait) state = was_held_up ? COMPRESSOR : DRAIN;", ""),
    ("partial sums wait for the compressor's intake", "datapath.sv", "taken = results_pass ? offered :",
     "taken = results_pass ? (offered > COUNT_BITS'(1) ? COUNT_BITS'(1) : offered) :"),
    ("a tile starts before the sums that it goes on from are out", "mxu/array_control.sv", "!(fill_free && sums_here)",
     "!fill_free"),
    ("partial sums count as out when they leave the accumulators", "mxu/tile_queue.sv", "ahead = sums - results",
     "ahead = sums - drain"),
    ("a tile waits for the sums of the tile after its own", "datapath.sv", "16'(tiles_ahead) < sums_before",
     "16'(tiles_ahead) + 16'd1 < sums_before"),
    ("a block of partial sums is complete one early", "compressor/packager.sv", "- PARTS_BITS'(passed)",
     "- PARTS_BITS'(passed) - PARTS_BITS'(open && passed != 0)"),
]

# Faults for CI: few, since each needs a separate build, and those of CYCLES the longest ones.
USUAL = ["ties go down"]

MUTATIONS = [Mutation(name, test, file, old, new)
             for test, of_test in (("conversions", CONVERSIONS), ("elements", ELEMENTS), ("datapath", DATAPATH),
                                   ("cycles", CYCLES))
             for name, file, old, new in of_test]
