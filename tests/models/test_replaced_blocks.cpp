// SPDX-License-Identifier: Apache-2.0
#include <anda/buffer/scratchpad.h>
#include <anda/compressor/bit_plane_compressor.h>
#include <anda/mxu/mxu.h>
#include <anda/numeric/panel_codec.h>
#include <anda/tlm/dataflow_extension.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "models/functional_gemm.h"
#include "models/machine.h"

// A stranger's blocks in the place of ours: none of them knows the library's, and the results stay the same.

using namespace anda;
using namespace anda::test;

namespace {

/// A compressor that takes 100 cycles for a block and knows nothing of lanes.
class SlowCompressor : public CompressorBlock {
 public:
  tlm_utils::simple_target_socket<SlowCompressor> in{"in"};
  tlm_utils::simple_initiator_socket<SlowCompressor> out{"out"};

  SlowCompressor(sc_core::sc_module_name, const Clock& clock) : clock_(clock) {
    in.register_b_transport(this, &SlowCompressor::take);
    counters_.add("compressor.groups", "groups", "groups of results converted", groups_);
    counters_.add("compressor.planes", "planes", "planes put out", planes_);
  }

  tlm::tlm_base_target_socket<>& in_socket() override { return in; }
  tlm::tlm_base_initiator_socket<>& out_socket() override { return out; }
  const Counters& counters() const override { return counters_; }

 private:
  void take(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const DataflowExtension& said = *payload.get_extension<DataflowExtension>();
    const ArrayTile& tile = *said.tile;
    if (!tile.compress) {
      out->b_transport(payload, delay);
      return;
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    values_.resize(tile.rows * tile.block_columns);
    const unsigned char* from = payload.get_data_ptr();
    for (std::uint64_t column = 0; column < tile.columns; ++column) {
      for (std::uint64_t row = 0; row < tile.rows; ++row, from += 2) {
        std::memcpy(&values_[row * tile.block_columns + tile.column_of_block + column], from, 2);
      }
    }
    if (!tile.last_of_block) return;
    std::vector<std::uint8_t> block(said.format->bytes(tile.rows, tile.block_columns));
    EncodingLoss loss;
    pack_activations(values_.data(), tile.block_columns, tile.rows, tile.block_columns, *said.format, block.data(),
                     loss);
    delay += clock_.time(100);
    access(out, tlm::TLM_WRITE_COMMAND, payload.get_address(), block.data(), block.size(), delay);
    groups_ += tile.rows;
  }

  const Clock& clock_;
  std::vector<Fp16> values_;
  std::uint64_t groups_ = 0;
  std::uint64_t planes_ = 0;
  Counters counters_;
};

/// A memory with credits that every access takes `cycles`, and that ignores the dataflow extension.
template <class Base>
class PlainBuffer : public Base {
 public:
  tlm_utils::simple_target_socket<PlainBuffer> dma{"dma"};
  tlm_utils::simple_target_socket<PlainBuffer> array{"array"};
  tlm_utils::simple_target_socket<PlainBuffer> results{"results"};
  sc_core::sc_export<HalfCredits> credits{"credits"};

  PlainBuffer(sc_core::sc_module_name, const Clock& clock, std::uint64_t bytes, std::uint64_t cycles,
              const std::vector<std::string>& counters)
      : clock_(clock), memory_(bytes), cycles_(cycles) {
    for (auto* socket : {&dma, &array, &results}) socket->register_b_transport(this, &PlainBuffer::access);
    credits.bind(halves_);
    for (const std::string& name : counters) counters_.add(name, "words", "not counted here", none_);
  }

  tlm::tlm_base_target_socket<>& dma_socket() override { return dma; }
  tlm::tlm_base_target_socket<>& array_socket() override { return array; }
  sc_core::sc_export<HalfCredits>& credits_export() override { return credits; }
  const Counters& counters() const override { return counters_; }

 private:
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    payload.set_response_status(memory_.check(payload));
    if (payload.is_response_error()) return;
    memory_.move(payload);
    delay += clock_.time(cycles_);
  }

  const Clock& clock_;
  Scratchpad memory_;
  std::uint64_t cycles_;
  BufferHalves halves_;
  std::uint64_t none_ = 0;
  Counters counters_;
};

class PlainActivationBuffer : public PlainBuffer<ActivationBufferBlock> {
 public:
  using PlainBuffer::PlainBuffer;
  tlm::tlm_base_target_socket<>& results_socket() override { return results; }
};

class PlainWeightBuffer : public PlainBuffer<BufferBlock> {
 public:
  PlainWeightBuffer(sc_core::sc_module_name name, const Clock& clock, std::uint64_t bytes, std::uint64_t cycles,
                    const std::vector<std::string>& counters)
      : PlainBuffer(name, clock, bytes, cycles, counters), user_("user") {
    user_.bind(results);  // a weight buffer has no results
  }

 private:
  tlm_utils::simple_initiator_socket<PlainWeightBuffer> user_;
};

/// Our array under another controller's rule: every step ends 1000 cycles later.
class TiredArray : public Mxu {
 public:
  TiredArray(sc_core::sc_module_name name, const AcceleratorConfig& config, const Clock& clock)
      : Mxu(name, config.mxu, config.format, clock, config.activation_buffer.read_words_per_cycle, config.functional) {}

  std::uint64_t results_stored() const override { return Mxu::results_stored() + 1000; }
};

struct Outcome {
  std::vector<std::uint8_t> bytes;
  std::uint64_t cycles = 0;
};

AcceleratorConfig functional_machine() {
  AcceleratorConfig config;
  config.functional.enabled = true;
  return config;
}

std::unique_ptr<Machine> machine_with(const AcceleratorBlocks& blocks) {
  DramConfig memory;
  memory.store_data = true;
  return std::make_unique<Machine>(functional_machine(), memory, sc_core::sc_gen_unique_name("machine"), blocks);
}

/// The result of a GeMM with several steps, split sums and ragged edges.
Outcome run(Machine& machine, std::uint32_t output_bits) {
  const GemmTask task = machine.task(40, 70, 300, 6, output_bits);
  const FunctionalGemm gemm(task, 7);
  const GemmDescriptor descriptor = machine.descriptor(task, {16, 64, 128, LoopOrder::nkm});
  gemm.place(machine, descriptor.addresses);
  Outcome outcome;
  outcome.cycles = machine.run(descriptor).at("controller.cycles");
  outcome.bytes = machine.contents(descriptor.addresses.outputs,
                                   tensor_bytes(task.m, task.n, task.output, machine.accelerator.config().mxu.rows));
  CHECK(outcome.bytes == gemm.expected_bytes(machine));
  return outcome;
}

}  // namespace

TEST_CASE("User blocks replace compressor, buffers and array, and results stay the same") {
  AcceleratorBlocks compressor;
  compressor.compressor = [](sc_core::sc_module_name name, const AcceleratorConfig&, const Clock& clock) {
    return std::make_unique<SlowCompressor>(name, clock);
  };
  const auto buffers = [](std::uint64_t cycles) {
    AcceleratorBlocks blocks;
    blocks.activation_buffer = [cycles](sc_core::sc_module_name name, const AcceleratorConfig& config,
                                        const Clock& clock) {
      return std::make_unique<PlainActivationBuffer>(
          name, clock, 2 * config.activation_buffer.half_address_bytes(), cycles,
          std::vector<std::string>{"activation_buffer.mantissa_words_read", "activation_buffer.mantissa_words_written",
                                   "activation_buffer.exponent_words_read",
                                   "activation_buffer.exponent_words_written"});
    };
    blocks.weight_buffer = [cycles](sc_core::sc_module_name name, const AcceleratorConfig& config, const Clock& clock) {
      return std::make_unique<PlainWeightBuffer>(
          name, clock, 2 * config.weight_buffer.half_address_bytes(), cycles,
          std::vector<std::string>{"weight_buffer.words_read", "weight_buffer.words_written"});
    };
    return blocks;
  };
  AcceleratorBlocks array;
  array.mxu = [](sc_core::sc_module_name name, const AcceleratorConfig& config, const Clock& clock) {
    return std::make_unique<TiredArray>(name, config, clock);
  };

  const auto ours = machine_with({});
  const auto slow_compressor = machine_with(compressor);
  const auto quick_buffers = machine_with(buffers(0));
  const auto slow_buffers = machine_with(buffers(50));
  const auto tired_array = machine_with(array);
  const Outcome expected = run(*ours, 6);
  // Each of the blocks of results takes 100 cycles from its last value, instead of intake and seven planes.
  CHECK(run(*slow_compressor, 6).cycles > expected.cycles + 50);
  run(*slow_compressor, 0);
  const std::uint64_t quick = run(*quick_buffers, 6).cycles;
  // Six steps at least wait 50 cycles for their first operands.
  CHECK(run(*slow_buffers, 6).cycles >= quick + 300);
  // The last store of ours ends at most a few cycles after its results are in the buffer.
  const std::uint64_t tired = run(*tired_array, 6).cycles;
  CHECK(tired > expected.cycles + 900);
  CHECK(tired <= expected.cycles + 1000);
}

TEST_CASE("Level cycle refuses blocks without clocks by name") {
  AcceleratorConfig config;
  config.level = Level::cycle;
  AcceleratorBlocks blocks;
  blocks.compressor = [](sc_core::sc_module_name name, const AcceleratorConfig&, const Clock& clock) {
    return std::make_unique<SlowCompressor>(name, clock);
  };
  CHECK_THROWS_WITH(Machine(config, {}, "machine", blocks),
                    Catch::Contains("compressor has no clocks") && Catch::Contains("level cycle"));
}
