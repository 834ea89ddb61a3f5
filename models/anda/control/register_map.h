/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANDA_CONTROL_REGISTER_MAP_H
#define ANDA_CONTROL_REGISTER_MAP_H

/*
 * Software interface of the accelerator: registers, their fields, descriptors and error codes. C99 and C++.
 *
 * Each item is one entry of a table below. The model decodes accesses and descriptors with these tables, drivers use
 * the constants generated from them, and `anda-sim registers` prints them as docs/registers.md.
 *
 *   ANDA_REG_<name>                        byte offset of a register from the base of the control socket
 *   ANDA_COUNTER_<name>                    the same for the low word of a 64-bit counter; the high word follows it
 *   ANDA_<register>_<field>                mask of a field of a register
 *   ANDA_DESCRIPTOR_<field>                a field of a descriptor, for anda_get_field() and anda_set_field()
 *   ANDA_VECTOR_<name>                     an operation of the vector unit
 *   ANDA_ERROR_<name>                      a value of register ERROR_CODE
 *
 * Registers and instruction memory are 32-bit words, little-endian.
 */

#include <stdint.h> /* NOLINT(modernize-deprecated-headers): C */

#include <anda/base/stall_cause.h>

/* NOLINTBEGIN(readability-identifier-naming): names as drivers use them */

/* The upper half increases when drivers must change, the lower half when something is added. */
#define ANDA_INTERFACE_VERSION 0x00020004

/* R(name, offset, access, reset value, meaning). The reset values of the capabilities depend on the machine. */
#define ANDA_REGISTERS(R)                                                                                              \
  R(ID, 0x000, RO, 0x41444e41, "\"ANDA\", first letter in the lowest byte")                                            \
  R(VERSION, 0x004, RO, ANDA_INTERFACE_VERSION, "interface version: upper half major, lower half minor")               \
  R(CONTROL, 0x008, WO, 0, "commands; reads as 0")                                                                     \
  R(STATUS, 0x00c, RO, 0, "state of the machine")                                                                      \
  R(INTERRUPT_ENABLE, 0x010, RW, 0, "causes that raise the interrupt")                                                 \
  R(INTERRUPT_STATUS, 0x014, RO, 0, "pending causes, enabled or not, until cleared")                                   \
  R(INTERRUPT_CLEAR, 0x018, WO, 0, "writing 1 clears the cause; reads as 0")                                           \
  R(DESCRIPTOR_COUNT, 0x01c, RW, 0, "number of descriptors that START runs, from the first in the instruction memory") \
  R(DESCRIPTORS_DONE, 0x020, RO, 0, "number of descriptors completed")                                                 \
  R(ERROR_CODE, 0x024, RO, 0, "reason why the last run stopped; 0 if it did not")                                      \
  R(ERROR_ADDRESS_LOW, 0x028, RO, 0,                                                                                   \
    "error MEMORY: external memory address of the refused transaction; other errors: offset of the invalid register "  \
    "or descriptor word")                                                                                              \
  R(ERROR_ADDRESS_HIGH, 0x02c, RO, 0, "its upper half")                                                                \
  R(ERROR_DESCRIPTOR, 0x030, RO, 0, "index of the descriptor in error")                                                \
  R(CAPABILITIES, 0x040, RO, 0, "properties of the machine")                                                           \
  R(CLOCK_KHZ, 0x044, RO, 0, "clock of the machine, in kHz, rounded down")                                             \
  R(DESCRIPTORS, 0x048, RO, 0, "capacity of the instruction memory in descriptors")                                    \
  R(ARRAY_ROWS, 0x04c, RO, 0, "rows of the array: width of a panel of activations or results")                         \
  R(ARRAY_COLUMNS, 0x050, RO, 0, "columns of the array: width of a panel of weights")                                  \
  R(WEIGHT_BITS, 0x054, RO, 0, "width of the widest weight, in bits")                                                  \
  R(GROUP_SIZE, 0x058, RO, 0, "activations along k that share an exponent")                                            \
  R(SCALE_GROUP, 0x05c, RO, 0, "weights along k that share a scale")                                                   \
  R(STEP_UNIT_M, 0x060, RO, 0, "granularity of steps along m")                                                         \
  R(STEP_UNIT_N, 0x064, RO, 0, "granularity of steps along n")                                                         \
  R(STEP_UNIT_K, 0x068, RO, 0, "granularity of steps along k")                                                         \
  R(MANTISSA_BYTES, 0x06c, RO, 0, "activation buffer: capacity for planes, FP16 values and partial sums")              \
  R(EXPONENT_BYTES, 0x070, RO, 0, "activation buffer: capacity for shared exponents")                                  \
  R(WEIGHT_BYTES, 0x074, RO, 0, "weight buffer: capacity for weights and scales")                                      \
  R(LOCAL_BYTES, 0x078, RO, 0, "local memory: capacity; 0: none")

/* F(register, field, lowest bit, number of bits, meaning). All other bits read as 0 and ignore writes. */
#define ANDA_FIELDS(F)                                                              \
  F(CONTROL, START, 0, 1, "runs the descriptors; ignored while BUSY")               \
  F(CONTROL, RESET, 1, 1, "aborts the run; see Reset. Takes precedence over START") \
  F(STATUS, BUSY, 0, 1, "a run or a reset is in progress")                          \
  F(STATUS, DONE, 1, 1, "the last run is complete")                                 \
  F(STATUS, ERROR, 2, 1, "the last run stopped at an error")                        \
  F(INTERRUPT_ENABLE, DONE, 0, 1, "a run is complete")                              \
  F(INTERRUPT_ENABLE, ERROR, 1, 1, "a run stopped at an error")                     \
  F(INTERRUPT_STATUS, DONE, 0, 1, "a run is complete")                              \
  F(INTERRUPT_STATUS, ERROR, 1, 1, "a run stopped at an error")                     \
  F(INTERRUPT_CLEAR, DONE, 0, 1, "clears DONE")                                     \
  F(INTERRUPT_CLEAR, ERROR, 1, 1, "clears ERROR")                                   \
  F(CAPABILITIES, GROUPS, 0, 1, "activations are Anda groups; 0: FP16")             \
  F(CAPABILITIES, COMPRESSES, 1, 1, "results can be Anda groups; 0: FP16 only")     \
  F(CAPABILITIES, VECTOR, 2, 1, "the vector unit runs standalone operations")       \
  F(CAPABILITIES, ZERO_POINTS, 3, 1, "integers of GeMMs can have zero points")      \
  F(CAPABILITIES, FORMATS, 8, 8, "bit i: activations can have operand format i + 1, see INPUT_BITS")

/* C(name, offset, counter of the model that it shows). 64 bits each. */
#define ANDA_STALL_COUNTER(C, cause, upper, offset, meaning) C(STALL_##upper, offset, "stall." #cause)
#define ANDA_COUNTERS(C)                   \
  C(CYCLES, 0x100, "controller.cycles")    \
  C(GEMMS, 0x108, "controller.gemms")      \
  C(STEPS, 0x110, "controller.steps")      \
  C(BUSY_CYCLES, 0x118, "mxu.busy_cycles") \
  C(MACS, 0x120, "mxu.macs")               \
  ANDA_STALL_CAUSES(ANDA_STALL_COUNTER, C) \
  C(READ_BYTES, 0x160, "dma.read_bytes")   \
  C(WRITE_BYTES, 0x168, "dma.write_bytes") \
  C(TRANSACTIONS, 0x170, "dma.transactions")

/* The instruction memory holds consecutive descriptors of ANDA_DESCRIPTOR_WORDS words each. */
#define ANDA_INSTRUCTION_MEMORY 0x1000
#define ANDA_DESCRIPTOR_WORDS 16
#define ANDA_OPCODE_GEMM 1
#define ANDA_OPCODE_VECTOR 2
#define ANDA_OPCODE_LOAD_AHEAD 3
#define ANDA_MAX_DIMENSION 0x1000000
#define ANDA_MAX_KEPT 0x10000
#define ANDA_ADDRESS_ALIGNMENT 4
/* INPUT_BITS and OUTPUT_BITS of operand format i are ANDA_OPERAND_FORMAT + i; i starts at 1. */
#define ANDA_OPERAND_FORMAT 128
/* Operand addresses from here on refer to the local memory. */
#define ANDA_LOCAL_MEMORY UINT64_C(0x4000000000000000)

/* D(field, word, lowest bit, number of bits, meaning). All other bits are reserved and must be 0. */
#define ANDA_DESCRIPTOR_FIELDS(D)                                                                                     \
  D(OPCODE, 0, 0, 8,                                                                                                  \
    "1: GeMM, C[m x n] = A[m x k] W[k x n]; 2: operation of the vector unit; 3: weights of a GeMM to come, loaded "   \
    "under the next descriptor")                                                                                      \
  D(LOOP_ORDER, 0, 8, 8, "stationary tensor: 0 (nkm) weights, 1 (mkn) activations, 2 (mnk) results")                  \
  D(OPERATION, 0, 16, 8, "opcode 2: the operation, see Vector operations; opcode 1: 0")                               \
  D(SHARED_BITS, 0, 24, 6, "opcode 1, with ENCODED: bits that a group of weights shares; otherwise 0")                \
  D(ENCODED, 0, 31, 1, "opcode 1: weights are codes of an operand format, no integers; SCALE_FORMAT is then 0")       \
  D(M, 1, 0, 32, "rows of activations and results, 1 ... 2^24")                                                       \
  D(N, 2, 0, 32, "columns of weights and results, 1 ... 2^24")                                                        \
  D(K, 3, 0, 32,                                                                                                      \
    "columns of activations, rows of weights, 1 ... 2^24; opcode 2: 0 except for MULTIPLY and TOP_K (1 ... 2^16)")    \
  D(INPUT_BITS, 4, 0, 8,                                                                                              \
    "mantissa bits of the activations, 1 ... 16; 0 (FP16) if elements do not support groups; "                        \
    "128 + i: operand format i of the machine, one of FORMATS")                                                       \
  D(OUTPUT_BITS, 4, 8, 8, "mantissa bits of the results, 1 ... 16; 0: FP16; 128 + i: operand format i")               \
  D(WEIGHT_BITS, 4, 16, 8, "bits of a weight, 1 ... WEIGHT_BITS; 16 (FP16) if elements support it")                   \
  D(SCALE_FORMAT, 4, 24, 2, "groups have 0 FP16 scales, 1 exponents of 5 bits, 2 neither, 3 powers of two of 8 bits") \
  D(SCALE_GROUP, 4, 26, 5, "log2 of the weights along k that share one; 0: as in register SCALE_GROUP")               \
  D(ZERO_POINTS, 4, 31, 1, "opcode 1: each group has a zero point as wide as a weight")                               \
  D(STEP_M, 5, 0, 32, "extent of a step: a multiple of STEP_UNIT_M")                                                  \
  D(STEP_N, 6, 0, 32, "extent of a step: a multiple of STEP_UNIT_N")                                                  \
  D(STEP_K, 7, 0, 32, "extent of a step: a multiple of STEP_UNIT_K")                                                  \
  D(ACTIVATIONS_LOW, 8, 0, 32, "byte address of the activations; all addresses are multiples of 4")                   \
  D(ACTIVATIONS_HIGH, 9, 0, 32, "its upper half")                                                                     \
  D(WEIGHTS_LOW, 10, 0, 32, "byte address of the weights")                                                            \
  D(WEIGHTS_HIGH, 11, 0, 32, "its upper half")                                                                        \
  D(OUTPUTS_LOW, 12, 0, 32, "byte address of the results")                                                            \
  D(OUTPUTS_HIGH, 13, 0, 32, "its upper half")                                                                        \
  D(PARTIAL_SUMS_LOW, 14, 0, 32,                                                                                      \
    "byte address of m x n FP32 sums, used when steps split k and other steps intervene; opcode 3: number of loads")  \
  D(PARTIAL_SUMS_HIGH, 15, 0, 32, "its upper half")

/* V(name, number, meaning): operations of the vector unit (opcode 2). Rows are those of x. */
#define ANDA_VECTOR_OPERATIONS(V)                                                                  \
  V(COPY, 0, "y = x")                                                                              \
  V(ADD, 1, "y = x + w, of the same shape")                                                        \
  V(LAYER_NORM, 2, "each row less its mean, over its standard deviation, scaled and shifted")      \
  V(RMS_NORM, 3, "each row over its root mean square, scaled")                                     \
  V(ROTARY, 4, "rotary embedding: pairs of elements turn")                                         \
  V(SOFTMAX, 5, "exponentials of each row over their sum")                                         \
  V(RELU, 6, "y = max(x, 0)")                                                                      \
  V(GELU, 7, "GELU in its tanh form")                                                              \
  V(SILU, 8, "y = x / (1 + exp(-x))")                                                              \
  V(GATED_GELU, 9, "y = GELU(x) w, of the same shape")                                             \
  V(GATED_SILU, 10, "y = SiLU(x) w, of the same shape")                                            \
  V(QUANTISE, 11, "x as weights of WEIGHT_BITS, SCALE_FORMAT and SCALE_GROUP, groups along a row") \
  V(MULTIPLY, 12, "y[m x n] = x[m x k] w[k x n], w as the weights of a GeMM")                      \
  V(SIGMOID, 13, "y = 1 / (1 + exp(-x))")                                                          \
  V(TOP_K, 14, "y = x where x is one of the K largest of its row, else 0")

/* E(name, code, meaning). */
#define ANDA_ERRORS(E)                                                                         \
  E(NONE, 0, "no error")                                                                       \
  E(OPCODE, 1, "the descriptor is not an operation or has an unknown loop order")              \
  E(DIMENSION, 2, "m, n or k is 0 or above 2^24, or more of a row are to be kept than it has") \
  E(FORMAT, 3, "a mantissa length or weight format that the array does not support")           \
  E(STEP, 4, "a step that is 0, not a multiple of STEP_UNIT, or too large for half a buffer")  \
  E(COUNT, 5, "DESCRIPTOR_COUNT is 0 or above DESCRIPTORS")                                    \
  E(MEMORY, 6, "external memory answered a transaction with an error")                         \
  E(RESERVED, 7, "a reserved bit of the descriptor is 1")                                      \
  E(ALIGNMENT, 8, "an address that is not a multiple of 4")                                    \
  E(RANGE, 9, "an operand that extends beyond address 2^64")

enum anda_register {
#define ANDA_ENTRY(name, offset, access, value, meaning) ANDA_REG_##name = (offset),
  ANDA_REGISTERS(ANDA_ENTRY)
#undef ANDA_ENTRY
};

enum anda_field {
#define ANDA_ENTRY(reg, field, bit, bits, meaning) ANDA_##reg##_##field = ((1 << (bits)) - 1) << (bit),
  ANDA_FIELDS(ANDA_ENTRY)
#undef ANDA_ENTRY
};

enum anda_counter {
#define ANDA_ENTRY(name, offset, counter) ANDA_COUNTER_##name = (offset),
  ANDA_COUNTERS(ANDA_ENTRY)
#undef ANDA_ENTRY
};

enum anda_vector_operation {
#define ANDA_ENTRY(name, number, meaning) ANDA_VECTOR_##name = (number),
  ANDA_VECTOR_OPERATIONS(ANDA_ENTRY)
#undef ANDA_ENTRY
};

enum anda_error {
#define ANDA_ENTRY(name, code, meaning) ANDA_ERROR_##name = (code),
  ANDA_ERRORS(ANDA_ENTRY)
#undef ANDA_ENTRY
};

/* Each value packs the word, lowest bit and width of a field. */
enum anda_descriptor_field {
#define ANDA_ENTRY(field, word, bit, bits, meaning) ANDA_DESCRIPTOR_##field = (word) << 16 | (bit) << 8 | (bits),
  ANDA_DESCRIPTOR_FIELDS(ANDA_ENTRY)
#undef ANDA_ENTRY
};

/* NOLINTEND(readability-identifier-naming) */

/* Index of the descriptor word that holds a field, the field's lowest bit in it, and the field's mask. */
static inline uint32_t anda_field_word(uint32_t field) { return field >> 16; }
static inline uint32_t anda_field_shift(uint32_t field) { return field >> 8 & 0xffu; }
static inline uint32_t anda_field_mask(uint32_t field) {
  return (0xffffffffu >> (32u - (field & 0xffu))) << anda_field_shift(field);
}

/* Read and write a field (ANDA_DESCRIPTOR_...) of a descriptor; writing truncates the value to the field's width. */
static inline uint32_t anda_get_field(const uint32_t* descriptor, uint32_t field) {
  return (descriptor[anda_field_word(field)] & anda_field_mask(field)) >> anda_field_shift(field);
}
static inline void anda_set_field(uint32_t* descriptor, uint32_t field, uint32_t value) {
  uint32_t* const word = &descriptor[anda_field_word(field)];
  *word = (*word & ~anda_field_mask(field)) | (value << anda_field_shift(field) & anda_field_mask(field));
}

#endif
