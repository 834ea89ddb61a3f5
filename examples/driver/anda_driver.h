/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANDA_DRIVER_H
#define ANDA_DRIVER_H

/*
 * A driver for the Anda accelerator: C99, no dependencies, no memory allocation, no global state. It accesses the
 * hardware through the functions of struct anda_io, so it runs on bare metal, in an operating system or in a model.
 * Functions return ANDA_OK or an error.
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
  ANDA_WRONG_VERSION, /* the machine's interface version differs from the header's */
  ANDA_BUSY,          /* a run is in progress */
  ANDA_TIMEOUT,       /* the run did not end in time; anda_reset() stops it */
  ANDA_FAILED,        /* the run stopped at an error; see struct anda_failure */
  ANDA_NO_STEP,       /* no step of the GeMM fits in the buffers */
  ANDA_WRONG_ARGUMENT
};

/* Access to the registers and the interrupt of one machine. */
struct anda_io {
  uint32_t (*read)(void* context, uint32_t offset);
  void (*write)(void* context, uint32_t offset, uint32_t value);
  /*
   * Waits until the interrupt is high, for at most `timeout_us` microseconds; returns 0 if it is high. Some time must
   * pass even if the interrupt is already high, so that a just-cleared interrupt can fall. NULL if there is no
   * interrupt: the driver then polls STATUS until the run ends, once per microsecond of the timeout.
   */
  int (*wait)(void* context, uint32_t timeout_us);
  void* context;
};

/* Why a run stopped. */
struct anda_failure {
  uint32_t code;       /* enum anda_error */
  uint32_t descriptor; /* index of the failed descriptor; earlier ones are complete */
  uint64_t address;    /* see register ERROR_ADDRESS_LOW */
};

/* Properties of a machine, read from its registers. */
struct anda_device {
  struct anda_io io;
  int takes_groups;    /* activations are Anda groups; 0: FP16 */
  int compresses;      /* results can be Anda groups */
  int has_vector;      /* the vector unit runs separate operations */
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
  uint32_t output_bits; /* mantissa bits of C; 0: FP16 */
  uint32_t weight_bits;
  uint32_t loop_order; /* set by anda_choose_step(), as the step sizes */
  uint32_t step_m, step_n, step_k;
  uint64_t activations;
  uint64_t weights;
  uint64_t outputs;
  uint64_t partial_sums; /* buffer of anda_partial_sum_bytes() bytes */
  uint32_t scale_format; /* of the weights: 0 FP16 scales, 1 shared exponents, 2 none, 3 8-bit powers of two */
  uint32_t scale_group;  /* weights along k that share a scale, a power of two; 0: device->scale_group */
  uint32_t zero_points;  /* 1: each group has a zero point, as wide as a weight, after its scale */
  uint32_t encoded;      /* 1: weights are codes of an operand format; scale_format and zero_points are then 0 */
  uint32_t shared_bits;  /* with `encoded`: number of shared bits per group */
};

/* An operation of the vector unit, ANDA_VECTOR_...; docs/registers.md lists the fields that each one uses. */
struct anda_vector {
  uint32_t operation;
  uint32_t rows, columns;
  uint32_t depth;       /* multiply only */
  uint32_t output_bits; /* mantissa bits of the results; 0: FP16 */
  uint32_t weight_bits; /* this and the scales: quantise and multiply only */
  uint32_t scale_format;
  uint32_t scale_group;
  uint64_t input;
  uint64_t second;
  uint64_t output;
};

/* Identifies the machine, reads its properties, and enables its interrupt if `io` can wait for it. */
enum anda_result anda_open(struct anda_device* device, const struct anda_io* io);

/* Sizes of operands in external memory in bytes, for the caller's address map. */
uint64_t anda_activation_bytes(const struct anda_device* device, uint32_t rows, uint32_t columns, uint32_t bits);
uint64_t anda_weight_bytes(const struct anda_device* device, uint32_t k, uint32_t n, uint32_t bits);
/* Bytes of a GeMM's second operand, with the scales and zero points given in `gemm`. */
uint64_t anda_second_bytes(const struct anda_device* device, const struct anda_gemm* gemm);
uint64_t anda_partial_sum_bytes(const struct anda_gemm* gemm); /* 0 if steps do not split k */

/*
 * Chooses the paper's step: 64 columns of weights stay on chip, activations are streamed, and k is split into as few
 * parts as fit. ANDA_WRONG_ARGUMENT for activations or results in an operand format, whose sizes the machine does not
 * report.
 */
enum anda_result anda_choose_step(const struct anda_device* device, struct anda_gemm* gemm);

/* Writes a GeMM to slot `index` of the instruction memory. No run in progress may use the slot. */
enum anda_result anda_write_gemm(const struct anda_device* device, uint32_t index, const struct anda_gemm* gemm);

/*
 * Weight prefetch: makes the machine perform the first `loads` weight loads of `gemm` while the descriptor at
 * index + 1 ends; `gemm` is the next GeMM after that one. docs/registers.md defines a load. The weights in memory must
 * stay unchanged until the GeMM has run.
 */
enum anda_result anda_write_load_ahead(const struct anda_device* device, uint32_t index, const struct anda_gemm* gemm,
                                       uint32_t loads);

/* Writes a vector unit operation to slot `index`. */
enum anda_result anda_write_vector(const struct anda_device* device, uint32_t index, const struct anda_vector* vector);

/* Starts a run of the first `count` descriptors. anda_wait() must follow. */
enum anda_result anda_start(struct anda_device* device, uint32_t count);

/* Waits for the end of a run and clears the interrupt. After ANDA_TIMEOUT it may be called again. */
enum anda_result anda_wait(struct anda_device* device, uint32_t timeout_us);

/* anda_start(), then anda_wait(). */
enum anda_result anda_run(struct anda_device* device, uint32_t count, uint32_t timeout_us);

/* Stops the run, waits until the machine is idle, and re-enables the interrupt like anda_open(). */
enum anda_result anda_reset(struct anda_device* device, uint32_t timeout_us);

/* Reads a 64-bit counter (ANDA_COUNTER_...) with consistent halves. */
uint64_t anda_counter(const struct anda_device* device, uint32_t counter);

#ifdef __cplusplus
}
#endif

#endif
