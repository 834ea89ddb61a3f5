// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "models/machine.h"

// The attention of a head, cycle for cycle: scores and values on the array with a cache as the second operand, and the
// whole head with its softmax between them. Sixteen queries, 64 tokens, heads of 64 elements. The machine and its
// memory are those of test_hand_worked.cpp: a read's first data 38 ns after its request, then a burst of 32 bytes every
// 0.133929 ns; a cycle is 3.50877 ns.

using anda::GemmTask;
using anda::LoopOrder;
using anda::PeKind;
using anda::StepShape;
using anda::VectorOperation;
using anda::VectorTask;
using anda::WeightFormat;
using anda::test::Machine;
using anda::test::machine_of;

namespace {

const StepShape head_step{16, 64, 64, LoopOrder::nkm};

/// A product with a cache in this format.
GemmTask cache_product(const Machine& machine, std::uint32_t bits, std::uint32_t output_bits,
                       const WeightFormat& cache) {
  GemmTask task = machine.task(16, 64, 64, bits, output_bits);
  task.weights = cache;
  return task;
}

anda::GemmDescriptor cache_descriptor(const Machine& machine, const GemmTask& task) {
  anda::GemmDescriptor descriptor = machine.descriptor(task, head_step);
  descriptor.scale_bits = task.weights.scale_bits;
  descriptor.scale_group = task.weights.scale_group;
  return descriptor;
}

VectorTask head_softmax(std::uint32_t output_bits) {
  VectorTask task;
  task.operation = VectorOperation::softmax;
  task.rows = 16;
  task.columns = 64;
  task.output = {output_bits, 64};
  return task;
}

/// At both levels, which have to agree.
class HeadBench {
 public:
  explicit HeadBench(PeKind kind) {
    anda::AcceleratorConfig config = machine_of(kind);
    for (const auto& level : anda::levels) {
      config.level = level.value;
      machines_.push_back(std::make_unique<Machine>(config));
    }
  }

  template <class Run>
  Machine::Result run(Run run) {
    Machine::Result result = run(*machines_[0]);
    CHECK(result == run(*machines_[1]));
    return result;
  }

 private:
  std::vector<std::unique_ptr<Machine>> machines_;
};

}  // namespace

TEST_CASE("Scores with keys in INT4, cycle for cycle") {
  HeadBench bench(PeKind::anda);
  const auto result = bench.run([](Machine& machine) {
    return machine.run(cache_descriptor(machine, cache_product(machine, 7, 0, {4, 64, 16})));
  });
  // Keys: a panel of 16 tokens is 64 · 16 · 4 / 8 = 512 bytes and 16 scales of 2 bytes: 544 bytes, 17 bursts. Queries:
  // one block of 8 planes · 128 + 10 = 1034 bytes, 33 bursts.
  //   keys 0           38 + 17 bursts = 40.277 ns = 11.48 cycles: there at cycle 12
  //   queries          + 33 bursts    = 44.696 ns = 12.74 cycles: there at cycle 13
  //   keys 1, 2, 3     + 51 bursts: there long before their tiles
  // The first keys are through the port, 4 words and 1 of scales, from 12 to 17. Compute: 4 tiles of (7 + 1) cycles,
  // from 17 to 49. End: 8 fill, 4 drain, 4 vector unit, no compressor: 65. Scores are FP16: 2048 bytes, 64 bursts:
  // 65 · 3.50877 + 8.571 = 236.64 ns = 67.44 cycles: done at 68.
  CHECK(result.at("controller.cycles") == 68);
  CHECK(result.at("mxu.busy_cycles") == 4 * 8);
  CHECK(result.at("dram.read_bytes") == 1034 + 4 * 544);
  CHECK(result.at("dram.write_bytes") == 2048);
  CHECK(result.at("stall.weight_port") == 17 - 13);
  CHECK(result.at("compressor.groups") == 0);
}

TEST_CASE("Probabilities times values in Anda groups, cycle for cycle") {
  HeadBench bench(PeKind::anda);
  const auto result = bench.run([](Machine& machine) {
    return machine.run(cache_descriptor(machine, cache_product(machine, 5, 6, {4, 64, 5})));
  });
  // Values: a panel of 16 channels is 512 bytes and 16 exponents of 5 bits: 522 bytes. Panels lie behind each other:
  // the first has bytes 0 … 521, bursts 0 … 16, the second 522 … 1043, bursts 16 … 32: 17 bursts each. Probabilities:
  // one block of 6 planes · 128 + 10 = 778 bytes, 25 bursts.
  //   values 0         38 + 17 bursts = 40.277 ns = 11.48 cycles: there at cycle 12
  //   probabilities    + 25 bursts    = 43.625 ns = 12.43 cycles: there at cycle 13
  // The first values are through the port, 4 words and 1 of exponents, from 12 to 17; those of the next tile need 5
  // cycles under the 6 of a tile. Compute: 4 · (5 + 1) = 24 cycles, from 17 to 41. End: 8 fill, 4 drain, 4 vector unit,
  // 7 planes of the results with 6 bits: 64. They are 7 · 128 + 10 = 906 bytes, 29 bursts, 3.884 ns: 64 · 3.50877
  // + 3.884 = 228.44 ns = 65.11 cycles: done at 66.
  CHECK(result.at("controller.cycles") == 66);
  CHECK(result.at("mxu.busy_cycles") == 4 * 6);
  CHECK(result.at("dram.read_bytes") == 778 + 4 * 522);
  CHECK(result.at("dram.write_bytes") == 906);
  CHECK(result.at("compressor.groups") == 16);
  CHECK(result.at("compressor.planes") == 16 * 7);
}

TEST_CASE("The attention of a head is the sum of its three operations, cycle for cycle") {
  HeadBench bench(PeKind::anda);
  const auto result = bench.run([](Machine& machine) {
    const std::vector<std::array<std::uint32_t, anda::GemmDescriptor::words>> program{
        cache_descriptor(machine, cache_product(machine, 7, 0, {4, 64, 16})).encode(),
        machine.descriptor(head_softmax(5)).encode(),
        cache_descriptor(machine, cache_product(machine, 5, 6, {4, 64, 5})).encode()};
    return machine.run(program);
  });
  // Scores: 68, as above. Softmax: there at cycle 14, maximum 16 + 4 + 6: 40, exponentials and sum 96 + 4 + 6: 146,
  // division 16 + 1: 163. Probabilities leave under its last 16 cycles, are in the compressor 4 later, at 167, and the
  // last of the 6 planes with 5 bits at 173. They are 778 bytes, 25 bursts, 3.348 ns: 173 · 3.50877 + 3.348 = 610.37 ns
  // = 173.95 cycles: done at 174. Values: 66.
  CHECK(result.at("controller.cycles") == 68 + 174 + 66);
  CHECK(result.at("controller.gemms") == 2);
  CHECK(result.at("controller.vector_operations") == 1);
  CHECK(result.at("mxu.macs") == 2 * 16 * 64 * 64);
  CHECK(result.at("dram.read_bytes") == 1034 + 4 * 544 + 2048 + 778 + 4 * 522);
  CHECK(result.at("dram.write_bytes") == 2048 + 778 + 906);
}

TEST_CASE("The attention of a head on FP-FP with an FP16 cache, cycle for cycle") {
  HeadBench bench(PeKind::fp_fp);
  const auto result = bench.run([](Machine& machine) {
    const GemmTask product = cache_product(machine, 0, 0, WeightFormat::fp16(64));
    const auto words = cache_descriptor(machine, product).encode();
    const std::vector<std::array<std::uint32_t, anda::GemmDescriptor::words>> program{
        words, machine.descriptor(head_softmax(0)).encode(), words};
    return machine.run(program);
  });
  // Keys: a panel is 64 · 16 · 2 = 2048 bytes, 64 bursts; queries too.
  //   keys 0           38 + 64 bursts = 46.571 ns = 13.27 cycles: there at cycle 14
  //   queries          + 64 bursts    = 55.143 ns = 15.72 cycles: there at cycle 16
  //   keys 1           + 64 bursts    = 63.714 ns = 18.16 cycles: there at cycle 19, keys 2 at 22, keys 3 at 24
  // Ports: the 16 words of a panel's group in 16 cycles: keys 0 from 14 to 30. A tile computes for 16 cycles, under
  // which the next one's words come: from 30 to 94. End: 8 + 4 + 4: 110. Scores: 64 bursts, 110 · 3.50877 + 8.571 =
  // 394.54 ns = 112.44 cycles: done at 113. The values take as long. The softmax is that of test_vector_operation.cpp:
  // 170.
  CHECK(result.at("controller.cycles") == 113 + 170 + 113);
  CHECK(result.at("mxu.busy_cycles") == 2 * 4 * 16);
  CHECK(result.at("dram.read_bytes") == 2 * 5 * 2048 + 2048);
}
