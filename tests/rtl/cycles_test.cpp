// SPDX-License-Identifier: Apache-2.0
// The RTL of the datapath beside level cycle, clock by clock, in machines with the same buffers, DMA, memory and
// programs: random GeMMs on random machines, then a slice of LLaMA-7B.
#include <anda/base/error.h>
#include <anda/dataflow/step_limits.h>

#include <ctime>
#include <memory>
#include <optional>
#include <vector>

#include "lockstep.h"
#include "models/random_machines.h"
#include "rtl_sizes.h"  // build_bench writes it
#include "rtl_test.h"

using namespace rtl_test;

namespace {

/// Two equal machines; beside one of them the RTL runs. That they take equally long shows that it disturbs nothing. The
/// third, at level fast, is there for its speed.
struct Pair {
  std::unique_ptr<Lockstep> lockstep;
  std::unique_ptr<anda::test::Machine> locked;
  std::unique_ptr<anda::test::Machine> alone;
  std::unique_ptr<anda::test::Machine> fast;
};

/// What the RTL is built for.
anda::AcceleratorConfig built() {
  anda::AcceleratorConfig config;
  config.level = anda::Level::cycle;
  config.mxu.rows = RTL_ROWS;
  config.mxu.columns = RTL_COLUMNS;
  config.mxu.lanes_per_pe = RTL_GROUP;
  config.mxu.fill_cycles = RTL_DEPTH;
  config.format.group_size = RTL_GROUP;
  config.format.weight_scale_group = 128;
  config.vector_unit.fpus = RTL_FPUS;
  config.vector_unit.latency_cycles = RTL_LATENCY;
  config.compressor.lanes = RTL_COMPRESSOR_LANES;
  config.compressor.values_per_cycle = RTL_INTAKE;
  config.activation_buffer.word_bits = RTL_ROWS * RTL_GROUP;
  config.activation_buffer.exponent_word_bits = RTL_ROWS * 5;
  config.weight_buffer.word_bits = RTL_COLUMNS * RTL_GROUP * 2;
  return config;
}

/// The same with ports of other widths, small buffers that force k apart, and other groups of scales.
anda::AcceleratorConfig random_machine(anda::test::RandomMachines& random) {
  anda::AcceleratorConfig config = built();
  config.activation_buffer.word_bits /= random.pick32({1, 1, 2, 4});
  config.activation_buffer.read_words_per_cycle = random.pick32({1, 1, 2});
  config.weight_buffer.word_bits /= random.pick32({1, 1, 2, 4});
  config.activation_buffer.mantissa_bytes = random.pick({1, 2, 8, 64}) * RTL_ROWS * RTL_GROUP * 64;
  config.activation_buffer.exponent_bytes = config.activation_buffer.mantissa_bytes / 8;
  config.weight_buffer.bytes = random.pick({1, 2, 8, 64}) * RTL_COLUMNS * RTL_GROUP * 64;
  config.format.weight_scale_group = RTL_GROUP * random.pick32({1, 2, 4});
  return config;
}

anda::DramConfig random_memory(anda::test::RandomMachines& random) {
  anda::DramConfig config;
  config.data_rate_bit_per_s = static_cast<double>(random.pick({1000000, 5000000, 20000000, 2000000000}));
  return config;
}

Pair make_pair(anda::AcceleratorConfig config, const anda::DramConfig& dram, Tally& tally) {
  Pair pair;
  pair.lockstep = std::make_unique<Lockstep>(sc_core::sc_gen_unique_name("lockstep"), tally, config.clock_hz);
  pair.locked = std::make_unique<anda::test::Machine>(config, dram, sc_core::sc_gen_unique_name("locked"),
                                                      locked_blocks(*pair.lockstep));
  pair.alone = std::make_unique<anda::test::Machine>(config, dram);
  config.level = anda::Level::fast;
  pair.fast = std::make_unique<anda::test::Machine>(config, dram);
  const std::string unit = std::string(pair.locked->accelerator.name()) + ".vector_unit";
  pair.lockstep->blocks.vector_unit = dynamic_cast<anda::VectorUnit*>(sc_core::sc_find_object(unit.c_str()));
  return pair;
}

/// A GeMM with sizes around the array's, and whatever is ragged.
anda::test::RandomGemm random_gemm(anda::test::RandomMachines& random) {
  const auto size = [&](std::uint32_t unit, std::uint32_t most) {
    return random.below(2) == 0 ? 1 + random.below(unit * most) : unit * (1 + random.below(most));
  };
  anda::test::RandomGemm gemm;
  gemm.m = size(RTL_ROWS, 5);
  gemm.n = size(RTL_COLUMNS, 10);
  gemm.k = size(RTL_GROUP, 12);
  gemm.input_bits = 1 + random.below(16);
  gemm.output_bits = 1 + random.below(16);
  gemm.tiling = random.below(2) == 0 ? anda::Tiling::paper : anda::Tiling::automatic;
  return gemm;
}

/// A GeMM of tiles so short that results wait for the vector unit and the compressor, all of it in one step.
anda::test::RandomGemm short_gemm(anda::test::RandomMachines& random) {
  anda::test::RandomGemm gemm = random_gemm(random);
  gemm.m = 1 + random.below(RTL_ROWS * 6);
  gemm.n = RTL_COLUMNS * (4 + random.below(8));
  gemm.k = 1 + random.below(RTL_GROUP);
  gemm.input_bits = 1 + random.below(3);
  return gemm;
}

/// A GeMM of few tiles with a long k, and the shape of steps so small that each waits for the sums of the step before.
anda::test::RandomGemm narrow_gemm(anda::test::RandomMachines& random) {
  anda::test::RandomGemm gemm = random_gemm(random);
  gemm.m = 1 + random.below(RTL_ROWS);
  gemm.n = 1 + random.below(RTL_COLUMNS * 4);
  gemm.k = 128 * (2 + random.below(8));
  gemm.input_bits = 1 + random.below(4);
  return gemm;
}

anda::StepShape smallest_step(const anda::AcceleratorConfig& config, const anda::GemmTask& task) {
  const anda::StepLimits limits(config.mxu, config.format, config.activation_buffer, config.weight_buffer, task);
  anda::StepShape shape;
  shape.m = limits.m_step();
  shape.n = limits.n_step();
  shape.k = limits.k_step();
  return shape;
}

/// The shape of a tiling, or any legal one; none if there is none.
std::optional<anda::StepShape> random_tile(anda::test::RandomMachines& random, const anda::test::RandomGemm& gemm,
                                           const anda::AcceleratorConfig& config, const anda::GemmTask& task) {
  if (random.below(2) == 0) return gemm.tile(config, task);
  const anda::StepLimits limits(config.mxu, config.format, config.activation_buffer, config.weight_buffer, task);
  anda::StepShape shape;
  shape.m = limits.m_step() * (1 + random.below(3));
  shape.n = limits.n_step() * (1 + random.below(3));
  shape.k = limits.k_step() * (1 + random.below(4));
  shape.order = static_cast<anda::LoopOrder>(random.below(3));
  if (!limits.legal(shape)) return std::nullopt;
  return shape;
}

/// The shape of a step that has all of a GeMM in it.
anda::StepShape one_step(const anda::AcceleratorConfig& config, const anda::GemmTask& task) {
  const anda::StepLimits limits(config.mxu, config.format, config.activation_buffer, config.weight_buffer, task);
  const auto whole = [](std::uint32_t size, std::uint32_t step) { return (size + step - 1) / step * step; };
  anda::StepShape shape;
  shape.m = whole(task.m, limits.m_step());
  shape.n = whole(task.n, limits.n_step());
  shape.k = whole(task.k, limits.k_step());
  return shape;
}

/// Runs GeMMs on pairs and counts.
class Comparison {
 public:
  void run(const Pair& pair, const anda::GemmTask& task, const anda::StepShape& tile) {
    char title[160];
    std::snprintf(title, sizeof title, "m %u n %u k %u M %u to %u, steps of %u x %u x %u, order %u", task.m, task.n,
                  task.k, task.input.mantissa_bits, task.output.mantissa_bits, tile.m, tile.n, tile.k,
                  static_cast<unsigned>(tile.order));
    pair.lockstep->title = title;
    const auto with = timed(locked_s_, *pair.locked, task, tile);
    pair.lockstep->end();
    const auto without = timed(alone_s_, *pair.alone, task, tile);
    timed(fast_s_, *pair.fast, task, tile);
    if (with != without) std::printf("%s: the RTL beside it changes the model\n", title);
    if (with != without || pair.locked->read(ANDA_REG_ERROR_CODE) != 0) ++wrong_;
    ++gemms_;
    if (tile.k < task.k) ++split_;
    input_bits_ |= 1u << task.input.mantissa_bits;
    output_bits_ |= 1u << task.output.mantissa_bits;
  }

  /// Prints the counts; whether everything agreed and there was something of everything.
  bool finish(const Tally& tally, std::uint64_t wanted) const {
    std::printf("%" PRIu64 " GeMMs, %" PRIu64 " of them with a split k, %" PRIu64 " clocks, %" PRIu64
                " comparisons, %" PRIu64 " mismatches\n",
                gemms_, split_, tally.clocks, tally.compared, tally.different);
    bool complete = split_ > 0 && input_bits_ == every_length && output_bits_ == every_length;
    for (std::size_t i = 0; i < anda::array_state_count; ++i) {
      const auto state = static_cast<anda::ArrayState>(i);
      std::printf("%s %" PRIu64 " clocks%s", anda::name_of(state), tally.states[i],
                  i + 1 < anda::array_state_count ? ", " : "\n");
      // A GeMM never waits for operations of the vector unit's own.
      complete = complete && (state == anda::ArrayState::vector || tally.states[i] > 0);
    }
    std::printf("tiles that go on from partial sums: %" PRIu64 ", %" PRIu64 " of them before these are stored; %" PRIu64
                " clocks of waiting for that\n",
                tally.sums_in, tally.sums_early, tally.sums_waits);
    complete = complete && tally.sums_waits > 0;
    const auto clocks = static_cast<double>(tally.clocks);
    std::printf("clocks a second of a core: level cycle with the RTL beside it %.0f, alone %.0f, level fast %.0f\n",
                clocks / locked_s_, clocks / alone_s_, clocks / fast_s_);
    if (gemms_ <= wanted) std::printf("%" PRIu64 " GeMMs were wanted\n", wanted);
    if (!complete)
      std::printf("something never came: a state of the array, a mantissa length, a split k, or a wait for its sums\n");
    const bool enough =
        gemms_ > wanted && (complete || wanted < RTL_GEMMS);  // a short run for a look may miss something
    return enough && wrong_ == 0 && tally.different == 0 && tally.sums_early == 0;
  }

 private:
  static anda::test::Machine::Result timed(double& seconds, anda::test::Machine& machine, const anda::GemmTask& task,
                                           const anda::StepShape& tile) {
    const std::clock_t start = std::clock();
    const auto result = machine.run(task, tile);
    seconds += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    return result;
  }

  static constexpr std::uint32_t every_length = 0x1FFFE;  // 1 … 16

  std::uint64_t gemms_ = 0;
  std::uint64_t split_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint32_t input_bits_ = 0;
  std::uint32_t output_bits_ = 0;
  double locked_s_ = 0;
  double alone_s_ = 0;
  double fast_s_ = 0;
};

/// A block of rows and columns of LLaMA-7B's projections, all 4096 elements along k.
void run_llama(Comparison& comparison, const Pair& pair) {
  const anda::GemmTask task = pair.locked->task(4 * RTL_ROWS, 8 * RTL_COLUMNS, 4096, 7, 6);
  comparison.run(pair, task, anda::choose_step(anda::Tiling::paper, pair.locked->accelerator.config(), task));
}

/// TRACE=1: one tile with M = 2, one group, results with 2 bits, clock by clock.
void run_traced(Comparison& comparison, const Pair& pair) {
  const anda::GemmTask task = pair.locked->task(RTL_ROWS, RTL_COLUMNS, RTL_GROUP, 2, 2);
  pair.lockstep->prints = true;
  comparison.run(pair, task, anda::choose_step(anda::Tiling::paper, pair.locked->accelerator.config(), task));
  pair.lockstep->prints = false;
}

}  // namespace

int sc_main(int, char**) {
  const std::uint64_t wanted = rtl_test::rows(RTL_GEMMS);
  anda::test::RandomMachines random(31);
  Tally tally;
  Comparison comparison;
  std::vector<Pair> pairs;
  for (int i = 0; i < 24; ++i) pairs.push_back(make_pair(random_machine(random), random_memory(random), tally));
  const Pair roomy = make_pair(built(), {}, tally);
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(100, sc_core::SC_US));

  if (std::getenv("TRACE") != nullptr) run_traced(comparison, roomy);
  for (std::uint64_t gemms = 0, tries = 0; gemms < wanted && tries < 10 * wanted; ++tries) {
    const bool short_tiles = random.below(4) == 0;
    const bool short_steps = !short_tiles && random.below(8) == 0;
    const Pair& pair = short_tiles || short_steps ? roomy : pairs[tries % pairs.size()];
    const anda::test::RandomGemm gemm = short_tiles   ? short_gemm(random)
                                        : short_steps ? narrow_gemm(random)
                                                      : random_gemm(random);
    const anda::GemmTask task = pair.locked->task(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
    const anda::AcceleratorConfig& config = pair.locked->accelerator.config();
    const std::optional<anda::StepShape> tile = short_tiles   ? one_step(config, task)
                                                : short_steps ? smallest_step(config, task)
                                                              : random_tile(random, gemm, config, task);
    if (!tile) continue;
    comparison.run(pair, task, *tile);
    ++gemms;
  }
  run_llama(comparison, roomy);
  return comparison.finish(tally, wanted) ? EXIT_SUCCESS : EXIT_FAILURE;
}
