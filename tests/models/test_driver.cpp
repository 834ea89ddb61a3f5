// SPDX-License-Identifier: Apache-2.0
#include <anda_driver.h>

#include <catch2/catch.hpp>
#include <map>

#include <anda/dataflow/schedule.h>
#include <anda/dataflow/tensor_image.h>

#include "models/driver_io.h"

using namespace anda;
using anda::test::gemm_of;
using anda::test::Machine;
using anda::test::machine_of;
using anda::test::polling;
using anda::test::waiting;

namespace {

/// Registers that a test makes up.
struct Fake {
  std::map<std::uint32_t, std::uint32_t> values{{ANDA_REG_ID, 0x41444e41}, {ANDA_REG_VERSION, ANDA_INTERFACE_VERSION}};
  std::uint64_t counter = 0;
  std::uint32_t counter_step = 0;
  int reads = 0;

  anda_io io() {
    return {[](void* context, std::uint32_t offset) {
              Fake& fake = *static_cast<Fake*>(context);
              ++fake.reads;
              if (offset < ANDA_COUNTER_CYCLES) return fake.values[offset];
              const std::uint64_t now = fake.counter;
              fake.counter += fake.counter_step;
              return static_cast<std::uint32_t>(offset % 8 == 0 ? now : now >> 32);
            },
            [](void* context, std::uint32_t offset, std::uint32_t value) {
              static_cast<Fake*>(context)->values[offset] = value;
            },
            nullptr, this};
  }
};

}  // namespace

TEST_CASE("The driver runs a GeMM like the compiler's descriptor and reads its counters") {
  Machine machine(machine_of(PeKind::anda));
  Machine other(machine_of(PeKind::anda));
  const anda_io io = waiting(machine);
  anda_device device;
  REQUIRE(anda_open(&device, &io) == ANDA_OK);
  anda_gemm gemm = gemm_of(100, 300, 2000, 7);
  REQUIRE(anda_choose_step(&device, &gemm) == ANDA_OK);
  REQUIRE(anda_write_gemm(&device, 0, &gemm) == ANDA_OK);
  REQUIRE(anda_write_gemm(&device, 1, &gemm) == ANDA_OK);
  CHECK(anda_run(&device, 1, 1000000) == ANDA_OK);
  sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_NS));
  CHECK_FALSE(machine.interrupt.read());

  const auto expected = other.run(other.task(100, 300, 2000, 7, 7), Tiling::paper);
  for (const CounterEntry& entry : counter_table) {
    INFO(entry.name);
    CHECK(anda_counter(&device, entry.offset) == expected.at(entry.counter));
  }
  CHECK(anda_run(&device, 2, 1000000) == ANDA_OK);
  CHECK(anda_counter(&device, ANDA_COUNTER_GEMMS) == 3);
}

TEST_CASE("The driver runs a decoder layer as one program, in the cycles of its operations") {
  // Sixteen tokens, d = 256, four heads of 64, f = 512; keys and values of 4 bits in groups of 64.
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.controller.descriptors = 64;
  Machine machine(config);
  Machine other(config);
  const anda_io io = waiting(machine);
  anda_device device;
  REQUIRE(anda_open(&device, &io) == ANDA_OK);
  REQUIRE(device.has_vector != 0);
  std::uint32_t count = 0;
  std::uint64_t cycles = 0;
  const auto vector = [&](VectorOperation operation, std::uint32_t rows, std::uint32_t columns, std::uint32_t bits) {
    anda_vector one{};
    one.operation = static_cast<std::uint32_t>(operation);
    one.rows = rows;
    one.columns = columns;
    one.output_bits = bits;
    one.second = 1u << 28;
    one.output = 1u << 29;
    VectorTask task;
    task.operation = operation;
    task.rows = rows;
    task.columns = columns;
    task.output = {bits, 64};
    if (operation == VectorOperation::quantise) {
      one.weight_bits = 4;
      one.scale_group = 64;
      task.weights = {4, 64, 16};
    }
    REQUIRE(anda_write_vector(&device, count++, &one) == ANDA_OK);
    cycles += other.run(task).at("controller.cycles");
  };
  const auto gemm = [&](std::uint32_t m, std::uint32_t n, std::uint32_t k, std::uint32_t output_bits, bool cache) {
    anda_gemm one = gemm_of(m, n, k, 7);
    one.output_bits = output_bits;
    one.scale_group = cache ? 64 : 0;
    GemmTask task = other.task(m, n, k, 7, output_bits);
    if (cache) task.weights = {4, 64, 16};
    REQUIRE(anda_choose_step(&device, &one) == ANDA_OK);
    REQUIRE(anda_write_gemm(&device, count++, &one) == ANDA_OK);
    GemmDescriptor descriptor = other.descriptor(task, choose_step(Tiling::paper, config, task));
    descriptor.scale_group = one.scale_group;
    descriptor.step.k = one.step_k;
    cycles += other.run(descriptor).at("controller.cycles");
  };
  const std::uint32_t tokens = 16;
  vector(VectorOperation::rms_norm, tokens, 256, 7);
  for (int projection = 0; projection < 3; ++projection) gemm(tokens, 256, 256, 0, false);
  vector(VectorOperation::rotary, tokens, 256, 7);
  vector(VectorOperation::rotary, tokens, 256, 0);
  vector(VectorOperation::quantise, tokens, 256, 0);
  vector(VectorOperation::quantise, 256, 64, 0);
  for (int head = 0; head < 4; ++head) {
    gemm(tokens, 64, 64, 0, true);
    vector(VectorOperation::softmax, tokens, 64, 7);
    gemm(tokens, 64, 64, 7, true);
  }
  gemm(tokens, 256, 256, 0, false);
  vector(VectorOperation::add, tokens, 256, 0);
  vector(VectorOperation::rms_norm, tokens, 256, 7);
  gemm(tokens, 512, 256, 0, false);
  gemm(tokens, 512, 256, 0, false);
  vector(VectorOperation::gated_silu, tokens, 512, 7);
  gemm(tokens, 256, 512, 0, false);
  vector(VectorOperation::add, tokens, 256, 0);

  REQUIRE(anda_run(&device, count, 1000000) == ANDA_OK);
  CHECK(machine.read(ANDA_REG_DESCRIPTORS_DONE) == count);
  CHECK(anda_counter(&device, ANDA_COUNTER_CYCLES) == cycles);
  CHECK(anda_counter(&device, ANDA_COUNTER_GEMMS) == 3 + 8 + 1 + 3);
  CHECK(anda_counter(&device, ANDA_COUNTER_STALL_VECTOR) > 0);
}

TEST_CASE("The driver runs a GeMM with zero points on a machine that has them, and on no other") {
  AcceleratorConfig config = machine_of(PeKind::anda);
  Machine plain(config);
  config.format.weight_zero_points = true;
  Machine machine(config);
  Machine other(config);
  const anda_io io = waiting(machine);
  anda_device device;
  REQUIRE(anda_open(&device, &io) == ANDA_OK);
  CHECK(device.has_zero_points != 0);
  anda_gemm gemm = gemm_of(100, 300, 2000, 7);
  gemm.zero_points = 1;
  REQUIRE(anda_choose_step(&device, &gemm) == ANDA_OK);
  REQUIRE(anda_write_gemm(&device, 0, &gemm) == ANDA_OK);
  CHECK(anda_run(&device, 1, 1000000) == ANDA_OK);
  GemmTask task = other.task(100, 300, 2000, 7, 7);
  task.weights.zero_bits = 4;
  GemmDescriptor descriptor = other.descriptor(task, choose_step(Tiling::paper, config, task));
  descriptor.zero_points = true;
  const auto expected = other.run(descriptor);
  CHECK(anda_counter(&device, ANDA_COUNTER_CYCLES) == expected.at("controller.cycles"));
  CHECK(anda_counter(&device, ANDA_COUNTER_READ_BYTES) == expected.at("dma.read_bytes"));

  const anda_io without = waiting(plain);
  REQUIRE(anda_open(&device, &without) == ANDA_OK);
  CHECK(device.has_zero_points == 0);
  CHECK(anda_write_gemm(&device, 0, &gemm) == ANDA_WRONG_ARGUMENT);
}

TEST_CASE("The driver reports an error with its place, and the machine continues") {
  DramConfig small;
  small.capacity_bytes = 1u << 20;
  Machine machine(machine_of(PeKind::anda), small);
  const anda_io io = waiting(machine);
  anda_device device;
  REQUIRE(anda_open(&device, &io) == ANDA_OK);
  anda_gemm gemm = gemm_of(16, 64, 128, 8);
  REQUIRE(anda_choose_step(&device, &gemm) == ANDA_OK);
  gemm.weights = 1u << 18;
  gemm.outputs = 1u << 19;
  anda_gemm wrong = gemm;
  wrong.weights = 1u << 20;
  REQUIRE(anda_write_gemm(&device, 0, &gemm) == ANDA_OK);
  REQUIRE(anda_write_gemm(&device, 1, &wrong) == ANDA_OK);
  CHECK(anda_run(&device, 2, 1000) == ANDA_FAILED);
  CHECK(device.failure.code == ANDA_ERROR_MEMORY);
  CHECK(device.failure.descriptor == 1);
  CHECK(device.failure.address == 1u << 20);

  wrong = gemm;
  wrong.m = 0;
  REQUIRE(anda_write_gemm(&device, 1, &wrong) == ANDA_OK);
  CHECK(anda_run(&device, 2, 1000) == ANDA_FAILED);
  CHECK(device.failure.code == ANDA_ERROR_DIMENSION);
  CHECK(device.failure.address == ANDA_INSTRUCTION_MEMORY + 4 * (16 + 1));
  CHECK(anda_run(&device, 1, 1000) == ANDA_OK);
  CHECK(anda_write_gemm(&device, device.descriptors, &gemm) == ANDA_WRONG_ARGUMENT);
  CHECK(anda_run(&device, 0, 1000) == ANDA_FAILED);
  CHECK(device.failure.code == ANDA_ERROR_COUNT);
}

TEST_CASE("The driver gives up after its timeout, and a reset frees the machine") {
  Machine machine(machine_of(PeKind::anda));
  const anda_io io = waiting(machine);
  anda_device device;
  REQUIRE(anda_open(&device, &io) == ANDA_OK);
  anda_gemm gemm = gemm_of(2000, 2000, 2000, 8);
  REQUIRE(anda_choose_step(&device, &gemm) == ANDA_OK);
  REQUIRE(anda_write_gemm(&device, 0, &gemm) == ANDA_OK);
  CHECK(anda_run(&device, 1, 3) == ANDA_TIMEOUT);
  CHECK(anda_run(&device, 1, 3) == ANDA_BUSY);
  CHECK(anda_reset(&device, 0) == ANDA_TIMEOUT);  // no time passes between its reads
  sc_core::sc_start(sc_core::sc_time(100, sc_core::SC_US));
  CHECK(anda_reset(&device, 0) == ANDA_OK);
  CHECK(anda_counter(&device, ANDA_COUNTER_CYCLES) == 0);

  gemm = gemm_of(16, 64, 128, 8);
  REQUIRE(anda_choose_step(&device, &gemm) == ANDA_OK);
  REQUIRE(anda_write_gemm(&device, 0, &gemm) == ANDA_OK);
  CHECK(anda_run(&device, 1, 1000) == ANDA_OK);
}

TEST_CASE("The driver refuses a machine that is not an Anda of its version") {
  Fake fake;
  anda_io io = fake.io();
  anda_device device;
  CHECK(anda_open(&device, &io) == ANDA_OK);
  CHECK(fake.values[ANDA_REG_INTERRUPT_ENABLE] == 0);  // nobody waits for it
  fake.values[ANDA_REG_VERSION] += 1;
  CHECK(anda_open(&device, &io) == ANDA_OK);
  fake.values[ANDA_REG_VERSION] += 1u << 16;
  CHECK(anda_open(&device, &io) == ANDA_WRONG_VERSION);
  fake.values[ANDA_REG_ID] = 0;
  CHECK(anda_open(&device, &io) == ANDA_NO_DEVICE);
  io.read = nullptr;
  CHECK(anda_open(&device, &io) == ANDA_WRONG_ARGUMENT);
}

TEST_CASE("Without an interrupt the driver reads STATUS as often as its timeout says") {
  Fake fake;
  const anda_io io = fake.io();
  anda_device device;
  REQUIRE(anda_open(&device, &io) == ANDA_OK);
  fake.values[ANDA_REG_STATUS] = ANDA_STATUS_BUSY;
  fake.reads = 0;
  CHECK(anda_wait(&device, 10) == ANDA_TIMEOUT);
  CHECK(fake.reads == 11);
  fake.values[ANDA_REG_STATUS] = ANDA_STATUS_DONE;
  CHECK(anda_wait(&device, 10) == ANDA_OK);
}

TEST_CASE("Both halves of a counter belong together however it grows between the reads") {
  Fake fake;
  const anda_io io = fake.io();
  anda_device device;
  REQUIRE(anda_open(&device, &io) == ANDA_OK);
  for (fake.counter_step = 0; fake.counter_step < 5; ++fake.counter_step) {
    for (std::uint64_t before = (std::uint64_t{7} << 32) - 20; before < (std::uint64_t{7} << 32) + 5; ++before) {
      fake.counter = before;
      const std::uint64_t value = anda_counter(&device, ANDA_COUNTER_CYCLES);
      CHECK(value >= before);
      CHECK(value <= fake.counter);
    }
  }
}
