/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANDA_DRIVER_H
#define ANDA_DRIVER_H

/*
 * A driver for the Anda accelerator: C99, no dependencies, no memory allocation, no global state. It reaches the
 * hardware through the functions of struct anda_io, so that it runs on a bare machine, in an operating system or in a
 * model. Functions return ANDA_OK or what went wrong.
 *
 *   struct anda_device device;
 *   struct anda_gemm gemm = {.m = 64, .n = 128, .k = 512, .input_bits = 8, .weight_bits = 4, .activations = 0x0, ...};
 *   enum anda_result result = anda_open(&device, &io);
 *   if (result == ANDA_OK) result = anda_choose_step(&device, &gemm);
 *   if (result == ANDA_OK) result = anda_write_gemm(&device, 0, &gemm);
 *   if (result == ANDA_OK) result = anda_run(&device, 1, 1000000);
 */

#include <anda/control/register_map.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum anda_result {
  ANDA_OK = 0,
  ANDA_NO_DEVICE,     /* register ID holds something else */
  ANDA_WRONG_VERSION, /* the machine's interface is another than the header's */
  ANDA_BUSY,          /* a run is under way */
  ANDA_TIMEOUT,       /* the machine did not come to an end in time; anda_reset() stops it */
  ANDA_FAILED,        /* the machine stopped at an error; see struct anda_failure */
  ANDA_NO_STEP,       /* no step of the GeMM fits in the buffers */
  ANDA_WRONG_ARGUMENT
};

/* How to reach the registers of one machine. */
struct anda_io {
  uint32_t (*read)(void* context, uint32_t offset);
  void (*write)(void* context, uint32_t offset, uint32_t value);
  /*
   * Waits until the interrupt is high, for so many microseconds at most; returns 0 if it is high. Some time must pass
   * in it even where the interrupt is high already, so that one that was just cleared can fall. NULL where there is no
   * interrupt: the driver then reads STATUS until the run is over, one time for each microsecond of the timeout.
   */
  int (*wait)(void* context, uint32_t timeout_us);
  void* context;
};

/* Why a run stopped. */
struct anda_failure {
  uint32_t code;       /* enum anda_error */
  uint32_t descriptor; /* the one in error; those before it are complete */
  uint64_t address;    /* see register ERROR_ADDRESS_LOW */
};

/* A machine as it describes itself. */
struct anda_device {
  struct anda_io io;
  int takes_groups;    /* activations are Anda groups; 0: FP16 */
  int compresses;      /* results can be Anda groups */
  int has_vector;      /* the vector unit runs operations of its own */
  int has_zero_points; /* integers can have zero points */
  uint32_t clock_khz;
  uint32_t descriptors;
  uint32_t array_rows;
  uint32_t array_columns;
  uint32_t weight_bits;
  uint32_t group_size;
  uint32_t scale_group;
  uint32_t step_unit_m;
  uint32_t step_unit_n;
  uint32_t step_unit_k;
  uint32_t mantissa_bytes;
  uint32_t exponent_bytes;
  uint32_t weight_bytes;
  struct anda_failure failure; /* of the last run that returned ANDA_FAILED */
};

/* C[m x n] = A[m x k] W[k x n]. Addresses are multiples of ANDA_ADDRESS_ALIGNMENT. */
struct anda_gemm {
  uint32_t m, n, k;
  uint32_t input_bits;  /* mantissa bits of A; 0: FP16 */
  uint32_t output_bits; /* of C */
  uint32_t weight_bits;
  uint32_t loop_order; /* this and the step: anda_choose_step() sets them */
  uint32_t step_m, step_n, step_k;
  uint64_t activations;
  uint64_t weights;
  uint64_t outputs;
  uint64_t partial_sums; /* anda_partial_sum_bytes() of room */
  uint32_t scale_format; /* of the weights: 0 FP16 scales, 1 shared exponents, 2 neither, 3 powers of two of 8 bits */
  uint32_t scale_group;  /* weights along k that share one, a power of two; 0: device->scale_group */
  uint32_t zero_points;  /* 1: each group has a zero point, as wide as a weight, behind its scale */
  uint32_t encoded;      /* 1: weights are codes of an operand format; scale_format and zero_points are then 0 */
  uint32_t shared_bits;  /* with `encoded`: bits that a group shares */
};

/* An operation of the vector unit, ANDA_VECTOR_...; docs/registers.md says which use what. */
struct anda_vector {
  uint32_t operation;
  uint32_t rows, columns;
  uint32_t depth;       /* multiply only */
  uint32_t output_bits; /* mantissa bits of the results; 0: FP16 */
  uint32_t weight_bits; /* quantise and multiply only, as the scales */
  uint32_t scale_format;
  uint32_t scale_group;
  uint64_t input;
  uint64_t second;
  uint64_t output;
};

/* Identifies the machine, reads what it is and enables its interrupt if `io` can wait for it. */
enum anda_result anda_open(struct anda_device* device, const struct anda_io* io);

/* Bytes of operands in external memory, for the address map of the caller. */
uint64_t anda_activation_bytes(const struct anda_device* device, uint32_t rows, uint32_t columns, uint32_t bits);
uint64_t anda_weight_bytes(const struct anda_device* device, uint32_t k, uint32_t n, uint32_t bits);
/* Of the second operand of a GeMM, with the scales and zero points that it says. */
uint64_t anda_second_bytes(const struct anda_device* device, const struct anda_gemm* gemm);
uint64_t anda_partial_sum_bytes(const struct anda_gemm* gemm); /* 0 when steps do not split k */

/*
 * The step of the paper: 64 columns of weights stay on chip, activations stream past, k in as few parts as fit.
 * ANDA_WRONG_ARGUMENT for activations or results in an operand format, whose sizes the machine does not tell.
 */
enum anda_result anda_choose_step(const struct anda_device* device, struct anda_gemm* gemm);

/* Writes a GeMM to a place of the instruction memory. Not while a run is under way that uses the place. */
enum anda_result anda_write_gemm(const struct anda_device* device, uint32_t index, const struct anda_gemm* gemm);

/*
 * Weights ahead: makes the machine load the first weights of `gemm`, so many loads of them, while the descriptor at
 * index + 1 ends; `gemm` is the next GeMM after that one. docs/registers.md says what a load is. Leave the weights in
 * memory unchanged until the GeMM has run.
 */
enum anda_result anda_write_load_ahead(const struct anda_device* device, uint32_t index, const struct anda_gemm* gemm,
                                       uint32_t loads);

/* Writes an operation of the vector unit. */
enum anda_result anda_write_vector(const struct anda_device* device, uint32_t index, const struct anda_vector* vector);

/* Rings the bell: runs the first `count` descriptors. anda_wait() must follow. */
enum anda_result anda_start(struct anda_device* device, uint32_t count);

/* Waits for the end of a run and clears the interrupt. After ANDA_TIMEOUT it may be called again. */
enum anda_result anda_wait(struct anda_device* device, uint32_t timeout_us);

/* Both. */
enum anda_result anda_run(struct anda_device* device, uint32_t count, uint32_t timeout_us);

/* Stops what runs, waits until the machine is quiet, and enables the interrupt again as anda_open() does. */
enum anda_result anda_reset(struct anda_device* device, uint32_t timeout_us);

/* A counter (ANDA_COUNTER_...), both halves of one value. */
uint64_t anda_counter(const struct anda_device* device, uint32_t counter);

#ifdef __cplusplus
}
#endif

#endif
