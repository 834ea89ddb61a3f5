/* SPDX-License-Identifier: Apache-2.0 */
#include "anda_driver.h"

#include <stddef.h>

#define ALL_CAUSES (ANDA_INTERRUPT_ENABLE_DONE | ANDA_INTERRUPT_ENABLE_ERROR)

static uint32_t get(const struct anda_device* device, uint32_t offset) {
  return device->io.read(device->io.context, offset);
}

static void put(const struct anda_device* device, uint32_t offset, uint32_t value) {
  device->io.write(device->io.context, offset, value);
}

static uint64_t ceil_div(uint64_t a, uint64_t b) { return a / b + (a % b != 0); }
static uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

static void enable_interrupt(const struct anda_device* device) {
  put(device, ANDA_REG_INTERRUPT_ENABLE, device->io.wait != NULL ? ALL_CAUSES : 0);
}

enum anda_result anda_open(struct anda_device* device, const struct anda_io* io) {
  uint32_t capabilities;
  if (io == NULL || io->read == NULL || io->write == NULL) return ANDA_WRONG_ARGUMENT;
  device->io = *io;
  if (get(device, ANDA_REG_ID) != 0x41444e41) return ANDA_NO_DEVICE;
  if (get(device, ANDA_REG_VERSION) >> 16 != ANDA_INTERFACE_VERSION >> 16) return ANDA_WRONG_VERSION;
  capabilities = get(device, ANDA_REG_CAPABILITIES);
  device->takes_groups = (capabilities & ANDA_CAPABILITIES_GROUPS) != 0;
  device->compresses = (capabilities & ANDA_CAPABILITIES_COMPRESSES) != 0;
  device->has_vector = (capabilities & ANDA_CAPABILITIES_VECTOR) != 0;
  device->has_zero_points = (capabilities & ANDA_CAPABILITIES_ZERO_POINTS) != 0;
  device->clock_khz = get(device, ANDA_REG_CLOCK_KHZ);
  device->descriptors = get(device, ANDA_REG_DESCRIPTORS);
  device->array_rows = get(device, ANDA_REG_ARRAY_ROWS);
  device->array_columns = get(device, ANDA_REG_ARRAY_COLUMNS);
  device->weight_bits = get(device, ANDA_REG_WEIGHT_BITS);
  device->group_size = get(device, ANDA_REG_GROUP_SIZE);
  device->scale_group = get(device, ANDA_REG_SCALE_GROUP);
  device->step_unit_m = get(device, ANDA_REG_STEP_UNIT_M);
  device->step_unit_n = get(device, ANDA_REG_STEP_UNIT_N);
  device->step_unit_k = get(device, ANDA_REG_STEP_UNIT_K);
  device->mantissa_bytes = get(device, ANDA_REG_MANTISSA_BYTES);
  device->exponent_bytes = get(device, ANDA_REG_EXPONENT_BYTES);
  device->weight_bytes = get(device, ANDA_REG_WEIGHT_BYTES);
  device->failure.code = ANDA_ERROR_NONE;
  device->failure.descriptor = 0;
  device->failure.address = 0;
  enable_interrupt(device);
  return ANDA_OK;
}

/* Operand sizes, derived from the layout in docs/functional.md. */

static uint64_t plane_bytes(const struct anda_device* device, uint64_t rows, uint64_t columns, uint32_t bits) {
  if (bits == 0) return rows * columns * 2;
  return ceil_div(columns, device->group_size) * (bits + 1) * ceil_div(rows * device->group_size, 8);
}

static uint64_t exponent_bytes(const struct anda_device* device, uint64_t rows, uint64_t columns, uint32_t bits) {
  return bits == 0 ? 0 : ceil_div(columns, device->group_size) * ceil_div(rows * 5, 8);
}

/* Bytes of weights and scales for `columns` columns, at most one panel. */
static uint64_t panel_weight_bytes(const struct anda_device* device, uint64_t k, uint64_t columns, uint32_t bits) {
  return ceil_div(k * columns * bits, 8) + ceil_div(k, device->scale_group) * columns * 2;
}

uint64_t anda_activation_bytes(const struct anda_device* device, uint32_t rows, uint32_t columns, uint32_t bits) {
  const uint32_t panel = device->array_rows;
  const uint64_t whole = plane_bytes(device, panel, columns, bits) + exponent_bytes(device, panel, columns, bits);
  const uint32_t rest = rows % panel;
  return rows / panel * whole + plane_bytes(device, rest, columns, bits) + exponent_bytes(device, rest, columns, bits);
}

uint64_t anda_weight_bytes(const struct anda_device* device, uint32_t k, uint32_t n, uint32_t bits) {
  const uint32_t panel = device->array_columns;
  return n / panel * panel_weight_bytes(device, k, panel, bits) + panel_weight_bytes(device, k, n % panel, bits);
}

uint64_t anda_partial_sum_bytes(const struct anda_gemm* gemm) {
  return gemm->step_k < gemm->k ? (uint64_t)gemm->m * gemm->n * 4 : 0;
}

/* Bytes of `columns` columns of a GeMM's second operand, with its scales or exponents, if any, and its zero points.
 * Those of a group of k fill whole bytes. */
static uint64_t second_bytes(const struct anda_device* device, uint64_t k, uint64_t columns,
                             const struct anda_gemm* gemm) {
  static const uint32_t scale_bits[] = {16, 5, 0, 8};
  const uint32_t shared = gemm->encoded != 0 ? gemm->shared_bits : scale_bits[gemm->scale_format % 4];
  const uint32_t group = gemm->scale_group != 0 ? gemm->scale_group : device->scale_group;
  const uint64_t zeros = gemm->zero_points != 0 ? ceil_div(columns * gemm->weight_bits, 8) : 0;
  return ceil_div(k * columns * gemm->weight_bits, 8) + ceil_div(k, group) * (ceil_div(columns * shared, 8) + zeros);
}

uint64_t anda_second_bytes(const struct anda_device* device, const struct anda_gemm* gemm) {
  const uint32_t panel = device->array_columns;
  return gemm->n / panel * second_bytes(device, gemm->k, panel, gemm) +
         second_bytes(device, gemm->k, gemm->n % panel, gemm);
}

/* Whether operands and results of a step fit in half of each buffer. With a split k, FP32 partial sums share the space
 * of results. */
static int fits(const struct anda_device* device, const struct anda_gemm* gemm, uint64_t step_k) {
  const uint64_t m = smaller(device->step_unit_m, gemm->m);
  const uint64_t n = smaller(gemm->step_n, gemm->n);
  const uint64_t k = smaller(step_k, gemm->k);
  uint64_t results = plane_bytes(device, m, n, gemm->output_bits);
  if (step_k < gemm->k) results = larger(results, m * n * 4);
  return plane_bytes(device, m, k, gemm->input_bits) + results <= device->mantissa_bytes / 2 &&
         exponent_bytes(device, m, k, gemm->input_bits) + exponent_bytes(device, m, n, gemm->output_bits) <=
             device->exponent_bytes / 2 &&
         second_bytes(device, k, n, gemm) <= device->weight_bytes / 2;
}

enum anda_result anda_choose_step(const struct anda_device* device, struct anda_gemm* gemm) {
  uint64_t unit = device->step_unit_k;
  uint64_t low = 0; /* fits, in units; a longer step never needs less space */
  uint64_t high;
  if (gemm->m == 0 || gemm->n == 0 || gemm->k == 0) return ANDA_WRONG_ARGUMENT;
  if (gemm->input_bits >= ANDA_OPERAND_FORMAT || gemm->output_bits >= ANDA_OPERAND_FORMAT) return ANDA_WRONG_ARGUMENT;
  while (gemm->scale_group != 0 && unit % gemm->scale_group != 0) unit *= 2;
  high = ceil_div(gemm->k, unit) + 1;
  gemm->loop_order = 0;
  gemm->step_m = device->step_unit_m;
  gemm->step_n = (uint32_t)(ceil_div(64, device->step_unit_n) * device->step_unit_n);
  while (high - low > 1) {
    const uint64_t middle = (low + high) / 2;
    if (fits(device, gemm, middle * unit)) {
      low = middle;
    } else {
      high = middle;
    }
  }
  if (low == 0) return ANDA_NO_STEP;
  /* Equal parts. */
  gemm->step_k = (uint32_t)(ceil_div(ceil_div(gemm->k, ceil_div(gemm->k, low * unit)), unit) * unit);
  return ANDA_OK;
}

static void set_address(uint32_t* words, uint32_t low, uint32_t high, uint64_t address) {
  anda_set_field(words, low, (uint32_t)address);
  anda_set_field(words, high, (uint32_t)(address >> 32));
}

static void set_second(uint32_t* words, uint32_t bits, uint32_t scale_format, uint32_t scale_group) {
  uint32_t log2 = 0;
  while (scale_group >> log2 > 1) ++log2;
  anda_set_field(words, ANDA_DESCRIPTOR_WEIGHT_BITS, bits);
  anda_set_field(words, ANDA_DESCRIPTOR_SCALE_FORMAT, scale_format);
  anda_set_field(words, ANDA_DESCRIPTOR_SCALE_GROUP, log2);
}

static void put_descriptor(const struct anda_device* device, uint32_t index, const uint32_t* words) {
  uint32_t i;
  for (i = 0; i < ANDA_DESCRIPTOR_WORDS; ++i) {
    put(device, ANDA_INSTRUCTION_MEMORY + 4 * (index * ANDA_DESCRIPTOR_WORDS + i), words[i]);
  }
}

static enum anda_result set_gemm(const struct anda_device* device, uint32_t* words, const struct anda_gemm* gemm) {
  if (gemm->zero_points != 0 && !device->has_zero_points) return ANDA_WRONG_ARGUMENT;
  if (gemm->encoded != 0 && (gemm->zero_points != 0 || gemm->scale_format != 0)) return ANDA_WRONG_ARGUMENT;
  anda_set_field(words, ANDA_DESCRIPTOR_OPCODE, ANDA_OPCODE_GEMM);
  anda_set_field(words, ANDA_DESCRIPTOR_LOOP_ORDER, gemm->loop_order);
  anda_set_field(words, ANDA_DESCRIPTOR_M, gemm->m);
  anda_set_field(words, ANDA_DESCRIPTOR_N, gemm->n);
  anda_set_field(words, ANDA_DESCRIPTOR_K, gemm->k);
  anda_set_field(words, ANDA_DESCRIPTOR_INPUT_BITS, gemm->input_bits);
  anda_set_field(words, ANDA_DESCRIPTOR_OUTPUT_BITS, gemm->output_bits);
  set_second(words, gemm->weight_bits, gemm->scale_format, gemm->scale_group);
  anda_set_field(words, ANDA_DESCRIPTOR_ZERO_POINTS, gemm->zero_points != 0);
  anda_set_field(words, ANDA_DESCRIPTOR_ENCODED, gemm->encoded != 0);
  anda_set_field(words, ANDA_DESCRIPTOR_SHARED_BITS, gemm->encoded != 0 ? gemm->shared_bits : 0);
  anda_set_field(words, ANDA_DESCRIPTOR_STEP_M, gemm->step_m);
  anda_set_field(words, ANDA_DESCRIPTOR_STEP_N, gemm->step_n);
  anda_set_field(words, ANDA_DESCRIPTOR_STEP_K, gemm->step_k);
  set_address(words, ANDA_DESCRIPTOR_ACTIVATIONS_LOW, ANDA_DESCRIPTOR_ACTIVATIONS_HIGH, gemm->activations);
  set_address(words, ANDA_DESCRIPTOR_WEIGHTS_LOW, ANDA_DESCRIPTOR_WEIGHTS_HIGH, gemm->weights);
  set_address(words, ANDA_DESCRIPTOR_OUTPUTS_LOW, ANDA_DESCRIPTOR_OUTPUTS_HIGH, gemm->outputs);
  set_address(words, ANDA_DESCRIPTOR_PARTIAL_SUMS_LOW, ANDA_DESCRIPTOR_PARTIAL_SUMS_HIGH, gemm->partial_sums);
  return ANDA_OK;
}

enum anda_result anda_write_gemm(const struct anda_device* device, uint32_t index, const struct anda_gemm* gemm) {
  uint32_t words[ANDA_DESCRIPTOR_WORDS] = {0};
  if (index >= device->descriptors || set_gemm(device, words, gemm) != ANDA_OK) return ANDA_WRONG_ARGUMENT;
  put_descriptor(device, index, words);
  return ANDA_OK;
}

enum anda_result anda_write_load_ahead(const struct anda_device* device, uint32_t index, const struct anda_gemm* gemm,
                                       uint32_t loads) {
  uint32_t words[ANDA_DESCRIPTOR_WORDS] = {0};
  if (index >= device->descriptors || set_gemm(device, words, gemm) != ANDA_OK) return ANDA_WRONG_ARGUMENT;
  anda_set_field(words, ANDA_DESCRIPTOR_OPCODE, ANDA_OPCODE_LOAD_AHEAD);
  set_address(words, ANDA_DESCRIPTOR_PARTIAL_SUMS_LOW, ANDA_DESCRIPTOR_PARTIAL_SUMS_HIGH, loads);
  put_descriptor(device, index, words);
  return ANDA_OK;
}

enum anda_result anda_write_vector(const struct anda_device* device, uint32_t index, const struct anda_vector* vector) {
  uint32_t words[ANDA_DESCRIPTOR_WORDS] = {0};
  if (index >= device->descriptors || !device->has_vector) return ANDA_WRONG_ARGUMENT;
  anda_set_field(words, ANDA_DESCRIPTOR_OPCODE, ANDA_OPCODE_VECTOR);
  anda_set_field(words, ANDA_DESCRIPTOR_OPERATION, vector->operation);
  anda_set_field(words, ANDA_DESCRIPTOR_M, vector->rows);
  anda_set_field(words, ANDA_DESCRIPTOR_N, vector->columns);
  anda_set_field(words, ANDA_DESCRIPTOR_K, vector->depth);
  anda_set_field(words, ANDA_DESCRIPTOR_OUTPUT_BITS, vector->output_bits);
  set_second(words, vector->weight_bits, vector->scale_format, vector->scale_group);
  set_address(words, ANDA_DESCRIPTOR_ACTIVATIONS_LOW, ANDA_DESCRIPTOR_ACTIVATIONS_HIGH, vector->input);
  set_address(words, ANDA_DESCRIPTOR_WEIGHTS_LOW, ANDA_DESCRIPTOR_WEIGHTS_HIGH, vector->second);
  set_address(words, ANDA_DESCRIPTOR_OUTPUTS_LOW, ANDA_DESCRIPTOR_OUTPUTS_HIGH, vector->output);
  put_descriptor(device, index, words);
  return ANDA_OK;
}

enum anda_result anda_start(struct anda_device* device, uint32_t count) {
  if ((get(device, ANDA_REG_STATUS) & ANDA_STATUS_BUSY) != 0) return ANDA_BUSY;
  put(device, ANDA_REG_INTERRUPT_CLEAR, ALL_CAUSES); /* from a run without anda_wait() */
  put(device, ANDA_REG_DESCRIPTOR_COUNT, count);
  put(device, ANDA_REG_CONTROL, ANDA_CONTROL_START);
  return ANDA_OK;
}

static uint32_t status_when_quiet(const struct anda_device* device, uint32_t reads) {
  uint32_t status = get(device, ANDA_REG_STATUS);
  while ((status & ANDA_STATUS_BUSY) != 0 && reads-- != 0) status = get(device, ANDA_REG_STATUS);
  return status;
}

enum anda_result anda_wait(struct anda_device* device, uint32_t timeout_us) {
  uint32_t status;
  if (device->io.wait != NULL) {
    /* A cleared interrupt may still be high, so a high one proves nothing: STATUS decides. */
    uint32_t tries = timeout_us;
    int timed_out;
    do {
      timed_out = device->io.wait(device->io.context, timeout_us);
      status = get(device, ANDA_REG_STATUS);
    } while ((status & ANDA_STATUS_BUSY) != 0 && timed_out == 0 && tries-- != 0);
  } else {
    status = status_when_quiet(device, timeout_us);
  }
  if ((status & ANDA_STATUS_BUSY) != 0) return ANDA_TIMEOUT;
  put(device, ANDA_REG_INTERRUPT_CLEAR, ALL_CAUSES);
  if ((status & ANDA_STATUS_DONE) != 0) return ANDA_OK;
  device->failure.code = get(device, ANDA_REG_ERROR_CODE);
  device->failure.descriptor = get(device, ANDA_REG_ERROR_DESCRIPTOR);
  device->failure.address = get(device, ANDA_REG_ERROR_ADDRESS_LOW);
  device->failure.address |= (uint64_t)get(device, ANDA_REG_ERROR_ADDRESS_HIGH) << 32;
  return ANDA_FAILED;
}

enum anda_result anda_run(struct anda_device* device, uint32_t count, uint32_t timeout_us) {
  const enum anda_result result = anda_start(device, count);
  return result != ANDA_OK ? result : anda_wait(device, timeout_us);
}

enum anda_result anda_reset(struct anda_device* device, uint32_t timeout_us) {
  put(device, ANDA_REG_CONTROL, ANDA_CONTROL_RESET);
  if ((status_when_quiet(device, timeout_us) & ANDA_STATUS_BUSY) != 0) return ANDA_TIMEOUT;
  enable_interrupt(device);
  return ANDA_OK;
}

uint64_t anda_counter(const struct anda_device* device, uint32_t counter) {
  uint32_t high = get(device, counter + 4);
  for (;;) {
    const uint32_t low = get(device, counter);
    const uint32_t again = get(device, counter + 4);
    if (again == high) return (uint64_t)high << 32 | low;
    high = again;
  }
}
