// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <vector>

#include <anda/accelerator/ahead_limit.h>

#include "models/functional_gemm.h"
#include "models/random_machines.h"

// Weights of a GeMM that load under the operation before it (docs/timing.md works the first two cases in prose).

using namespace anda;
using anda::test::FunctionalGemm;
using anda::test::Machine;
using anda::test::machine_of;
using anda::test::RandomGemm;
using anda::test::RandomMachines;
using anda::test::stalls;

namespace {

using Words = Machine::Words;

std::vector<std::unique_ptr<Machine>> machines_of_levels(AcceleratorConfig config, const DramConfig& memory = {}) {
  std::vector<std::unique_ptr<Machine>> machines;
  for (const auto& level : levels) {
    config.level = level.value;
    machines.push_back(std::make_unique<Machine>(config, memory));
  }
  return machines;
}

Words ahead_of(const GemmDescriptor& gemm, std::uint64_t loads) {
  return LoadAheadDescriptor{gemm, static_cast<std::uint32_t>(loads)}.encode();
}

/// All loads of weights of a GeMM's first step.
WeightsAhead wanted_by(const AheadLimit& limit, const GemmTask& task, const GemmDescriptor& descriptor) {
  return {StepPlan(task, descriptor.step, descriptor.addresses, limit.machine()), 1u << 20};
}

const StepShape one_step{16, 64, 128, LoopOrder::nkm};

}  // namespace

TEST_CASE("Weights of a second GeMM load under the first, cycle for cycle") {
  for (const auto& machine : machines_of_levels(machine_of(PeKind::anda))) {
    const GemmTask task = machine->task(16, 64, 64, 7, 5);
    const GemmDescriptor gemm = machine->descriptor(task, one_step);
    const AheadLimit limit(machine->accelerator.config(), machine->dram.config());
    const WeightsAhead wanted = wanted_by(limit, task, gemm);
    CHECK(wanted.loads.size() == 4);

    // The first tile of the last four needs the last panel, which leaves 1 group · 8 cycles, 8 of fill and 4 of the
    // vector unit. Four panels of 17 bursts and results of 25 take 3.7 cycles at most, and a latency: all fit.
    CHECK(limit.under(task, gemm.step, wanted) == 4);

    // First GeMM: its own loads are there at 51.527 ns (test_hand_worked.cpp), the second's 68 bursts later: 60.634 ns,
    // cycle 17.3, long before its results are in the buffer at 71. So it takes 72 cycles, as it does alone.
    // Second GeMM: all of its weights are there. Activations: 38 + 33 bursts = 42.420 ns = 12.09 cycles, at 13; the
    // first plane is through the port at 14. The weights' words came meanwhile. Computes from 14 to 46; end: + 22 = 68:
    // 68 · 3.50877 + 3.348 = 241.94 ns = 68.95 cycles: done at 69, 3 cycles earlier.
    const auto first = machine->run(std::vector<Words>{ahead_of(gemm, 4), gemm.encode()});
    CHECK(first.at("controller.cycles") == 72);
    CHECK(first.at("dram.read_bytes") == 1034 + 2 * 4 * 544);
    CHECK(first.at("weight_buffer.words_written") == 2 * 17);
    const auto second = machine->run(gemm);
    CHECK(second.at("controller.cycles") == 69);
    CHECK(second.at("stall.dram") == 13 + 1);
    CHECK(second.at("stall.activation_port") == 1);
    CHECK(second.at("stall.weight_port") == 0);
    CHECK(second.at("dram.read_bytes") == 1034);
    CHECK(second.at("weight_buffer.words_written") == 0);
    CHECK(second.at("weight_buffer.words_read") == 4 * (4 + 1));
    // What was loaded is used once.
    CHECK(machine->run(gemm).at("controller.cycles") == 72);
  }
}

TEST_CASE("On a slow memory a GeMM gains what its weights would have taken, cycle for cycle") {
  // A hundredth of the data rate: a burst takes 13.3929 ns, 3.81699 cycles.
  DramConfig memory;
  memory.data_rate_bit_per_s /= 100;
  for (const auto& machine : machines_of_levels(machine_of(PeKind::anda), memory)) {
    const GemmTask task = machine->task(16, 64, 64, 7, 5);
    const GemmDescriptor gemm = machine->descriptor(task, one_step);
    // Alone: weights 0 and activations, 50 bursts: 38 + 669.65 = 707.65 ns = 201.68 cycles; the other three panels a
    // tile of 8 cycles apart at least: 17 bursts, 64.89 cycles each, there at 266.57, 331.46 and 396.35, so at 397. The
    // last tile: a word of scales and four of weights, 8 cycles: 397 + 5 + 8 = 410; + 22 = 432; 25 bursts: 527.4.
    CHECK(machine->run(gemm).at("controller.cycles") == 528);
    // With a panel ahead under itself: the first GeMM's results wait for it. It comes at 396.35 + 64.89 = 461.24; then
    // 25 bursts, 95.42: 556.66. The second starts with activations: 38 ns and 33 bursts, 10.83 + 125.96 = 136.79, at
    // 137; its other panels at 201.68, 266.57 and 331.46, at 332: + 13 = 345, + 22 = 367, + 95.42 = 462.42.
    const auto first = machine->run(std::vector<Words>{ahead_of(gemm, 1), gemm.encode()});
    CHECK(first.at("controller.cycles") == 557);
    CHECK(machine->run(gemm).at("controller.cycles") == 463);
    // Nothing fits under its end, so that software asks for nothing.
    const AheadLimit limit(machine->accelerator.config(), machine->dram.config());
    CHECK(limit.under(task, gemm.step, wanted_by(limit, task, gemm)) == 0);
  }
}

namespace {

/// Two operations, the second a GeMM: alone one after another, and with as many loads ahead as the limit allows.
struct Pair {
  std::unique_ptr<Machine> fast;
  std::unique_ptr<Machine> cycle;
  RandomGemm first;
  RandomGemm second;
  std::optional<VectorTask> vector;  ///< in the place of the first GeMM
};

struct PairTally {
  int ahead = 0;
  int faster = 0;
  int levels_differ = 0;
};

VectorTask vector_task(RandomMachines& random) {
  VectorTask task;
  task.operation = vector_operations[random.below(11)].value;
  task.rows = 1 + random.below(40);
  task.columns = 16 * (1 + random.below(60));
  return task;
}

void run_pair(const Pair& pair, PairTally& tally) {
  const AcceleratorConfig& config = pair.fast->accelerator.config();
  const auto task_of = [&](const RandomGemm& gemm) {
    return pair.fast->task(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
  };
  const GemmTask first = task_of(pair.first);
  const GemmTask second = task_of(pair.second);
  const auto first_step = pair.first.tile(config, first);
  const auto second_step = pair.second.tile(config, second);
  if (!first_step || !second_step) return;
  if (std::uint64_t{first.m} * first.n * first.k > 20000000) return;
  if (std::uint64_t{second.m} * second.n * second.k > 20000000) return;
  GemmDescriptor next = pair.fast->descriptor(second, *second_step);
  next.addresses.weights += 1u << 27;
  const AheadLimit limit(config, pair.fast->dram.config());
  const WeightsAhead wanted = wanted_by(limit, second, next);
  if (pair.vector && !VectorPlan::fits(*pair.vector, limit.machine())) return;
  const std::uint64_t loads = pair.vector ? limit.under(*pair.vector, wanted) : limit.under(first, *first_step, wanted);
  const Words running =
      pair.vector ? pair.fast->descriptor(*pair.vector).encode() : pair.fast->descriptor(first, *first_step).encode();
  INFO("first " << first.m << " × " << first.n << " × " << first.k << ", second " << second.m << " × " << second.n
                << " × " << second.k << ", loads " << loads << " of " << wanted.loads.size());
  const auto alone = pair.fast->run({running, next.encode()});
  REQUIRE(pair.fast->read(ANDA_REG_ERROR_CODE) == 0);
  // More than software would ask for cost cycles, but the same ones at both levels.
  const std::uint64_t asked = loads > 0 ? loads : 1 + first.m % wanted.loads.size();
  const auto together = pair.fast->run({ahead_of(next, asked), running, next.encode()});
  const auto clocked = pair.cycle->run({ahead_of(next, asked), running, next.encode()});
  REQUIRE(pair.fast->read(ANDA_REG_ERROR_CODE) == 0);

  if (loads > 0) CHECK(together.at("controller.cycles") <= alone.at("controller.cycles"));
  CHECK(together.at("controller.cycles") == together.at("mxu.busy_cycles") + stalls(together));
  for (const auto& [counter, value] : alone) {
    if (counter.rfind("stall.", 0) == 0 || counter == "controller.cycles") continue;
    INFO(counter);
    CHECK(value == together.at(counter));
    CHECK(value == clocked.at(counter));
  }
  if (loads > 0) ++tally.ahead;
  if (loads > 0 && together.at("controller.cycles") < alone.at("controller.cycles")) ++tally.faster;
  if (together.at("controller.cycles") != clocked.at("controller.cycles")) ++tally.levels_differ;
}

PairTally run_pairs(std::uint32_t seed, int pairs, bool vectors, bool phases) {
  RandomMachines random(seed);
  std::vector<Pair> all;
  for (int i = 0; i < pairs; ++i) {
    AcceleratorConfig config = random.accelerator();
    if (phases) random.use_phases(config);
    if (phases) config.dma.requests_in_flight = random.pick32({16, 64});
    DramConfig memory = random.dram();
    if (random.below(4) != 0) memory.data_rate_bit_per_s = static_cast<double>(random.pick({500000000, 2000000000}));
    Pair pair;
    pair.first = random.gemm();
    pair.second = random.gemm();
    if (random.below(2) == 0) {  // long enough for loads of another
      pair.first.m = 1 + random.below(40);
      pair.first.k = 1500 + random.below(3000);
    }
    if (vectors) pair.vector = vector_task(random);
    pair.fast = std::make_unique<Machine>(config, memory);
    config.level = Level::cycle;
    pair.cycle = std::make_unique<Machine>(config, memory);
    all.push_back(std::move(pair));
  }
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(100, sc_core::SC_US));
  PairTally tally;
  for (const Pair& pair : all) run_pair(pair, tally);
  return tally;
}

}  // namespace

TEST_CASE("Loads ahead under a GeMM never cost cycles or bytes, and both levels agree on them") {
  const PairTally tally = run_pairs(3, 400, false, false);
  CHECK(tally.ahead > 30);
  CHECK(tally.faster > 30);
  CHECK(tally.levels_differ == 0);
}

TEST_CASE("Loads ahead under a vector operation never cost cycles or bytes, and both levels agree on them") {
  const PairTally tally = run_pairs(4, 300, true, false);
  CHECK(tally.ahead > 30);
  CHECK(tally.faster > 20);
  CHECK(tally.levels_differ == 0);
}

TEST_CASE("Loads ahead through the four phases never cost cycles or bytes") {
  const PairTally tally = run_pairs(5, 100, false, true);
  CHECK(tally.ahead > 0);
  CHECK(tally.levels_differ == 0);
}

namespace {

/// A machine with the data of two GeMMs in its memory, whose results every run checks.
struct TwoGemms {
  Machine& machine;
  GemmTask task;
  FunctionalGemm one;
  FunctionalGemm other;
  GemmDescriptor first;
  GemmDescriptor second;

  explicit TwoGemms(Machine& machine_)
      : machine(machine_), task(machine_.task(37, 150, 300, 6, 5)), one(task, 1), other(task, 2) {
    first = machine.descriptor(task, choose_step(Tiling::paper, machine.accelerator.config(), task));
    second = first;
    second.addresses = {1u << 20, (1u << 28) + (1u << 20), (1u << 29) + (1u << 20), 1u << 30};
    one.place(machine, first.addresses);
    other.place(machine, second.addresses);
  }

  std::vector<std::uint8_t> outputs(const GemmDescriptor& of) const {
    return machine.contents(of.addresses.outputs, tensor_bytes(task.m, task.n, task.output, 16));
  }

  /// Bytes that a program reads; both results are right afterwards.
  std::uint64_t read(const std::vector<Words>& program) const {
    for (const GemmDescriptor& of : {first, second}) {
      machine.place(of.addresses.outputs, std::vector<std::uint8_t>(outputs(of).size(), 0xA5));
    }
    const auto result = machine.run(program);
    CHECK(outputs(first) == one.expected_bytes(machine));
    CHECK(outputs(second) == other.expected_bytes(machine));
    return result.at("dram.read_bytes");
  }
};

std::vector<std::unique_ptr<Machine>> machines_with_data() {
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.functional.enabled = true;
  DramConfig memory;
  memory.store_data = true;
  return machines_of_levels(config, memory);
}

}  // namespace

TEST_CASE("Results do not depend on loads ahead, and other weights than those that were loaded are loaded") {
  for (const auto& machine : machines_with_data()) {
    const TwoGemms gemms(*machine);
    const Words first = gemms.first.encode();
    const Words second = gemms.second.encode();
    const std::uint64_t bytes = gemms.read({first, second});
    for (const std::uint32_t loads : {1u, 3u, 1000u}) {
      CHECK(gemms.read({ahead_of(gemms.second, loads), first, second}) == bytes);
      // For nobody: read for nothing.
      CHECK(gemms.read({ahead_of(gemms.first, loads), first, second}) > bytes);
      // A copy between them leaves the weights where they are.
      VectorTask copy;
      copy.rows = copy.columns = 1;
      VectorDescriptor between = machine->descriptor(copy);
      between.input = between.output = (1u << 29) - 64;
      CHECK(gemms.read({ahead_of(gemms.second, loads), first, between.encode(), second}) == bytes + 2);
      CHECK(gemms.read({first, ahead_of(gemms.second, loads), between.encode(), second}) == bytes + 2);
    }
  }
}

TEST_CASE("An error and a reset make a machine forget what it loaded ahead") {
  for (const auto& machine : machines_with_data()) {
    const TwoGemms gemms(*machine);
    const Words first = gemms.first.encode();
    const Words second = gemms.second.encode();
    const Words ahead = ahead_of(gemms.second, 1000);
    const std::uint64_t bytes = gemms.read({first, second});
    GemmDescriptor wrong = gemms.first;
    wrong.m = 0;
    machine->run(std::vector<Words>{ahead, first, wrong.encode()});
    CHECK(machine->read(ANDA_REG_ERROR_CODE) == ANDA_ERROR_DIMENSION);
    CHECK(gemms.read({second, first}) == bytes);
    machine->run(std::vector<Words>{ahead, first});
    machine->write(ANDA_REG_CONTROL, ANDA_CONTROL_RESET);
    CHECK(gemms.read({second, first}) == bytes);
    GemmDescriptor nowhere = gemms.first;
    nowhere.addresses.outputs = std::uint64_t{1} << 50;
    machine->run(std::vector<Words>{ahead, nowhere.encode()});
    CHECK(machine->read(ANDA_REG_ERROR_CODE) == ANDA_ERROR_MEMORY);
    CHECK(gemms.read({ahead, first, second}) == bytes);
  }
}

TEST_CASE("A descriptor of weights ahead reads back as written and is checked as the GeMM") {
  Machine machine(machine_of(PeKind::anda));
  const GemmTask task = machine.task(16, 64, 64, 7, 5);
  GemmDescriptor gemm = machine.descriptor(task, one_step);
  LoadAheadDescriptor decoded;
  REQUIRE(!LoadAheadDescriptor::decode(ahead_of(gemm, 3).data(), decoded));
  CHECK(decoded.loads == 3);
  CHECK(decoded.gemm.n == 64);
  CHECK(decoded.gemm.addresses.weights == gemm.addresses.weights);
  CHECK(LoadAheadDescriptor::recognises(ahead_of(gemm, 3).data()));
  CHECK(!LoadAheadDescriptor::recognises(gemm.encode().data()));

  Words words = ahead_of(gemm, 3);
  words[15] = 1;
  CHECK(LoadAheadDescriptor::decode(words.data(), decoded).code == ANDA_ERROR_RESERVED);
  gemm.step.n = 60;
  machine.run(std::vector<Words>{ahead_of(gemm, 3)});
  CHECK(machine.read(ANDA_REG_ERROR_CODE) == ANDA_ERROR_STEP);
  CHECK(machine.read(ANDA_REG_ERROR_DESCRIPTOR) == 0);
}
