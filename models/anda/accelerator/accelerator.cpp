// SPDX-License-Identifier: Apache-2.0
#include <anda/accelerator/accelerator.h>

#include <anda/buffer/activation_buffer.h>
#include <anda/buffer/weight_buffer.h>
#include <anda/compressor/bit_plane_compressor.h>
#include <anda/engine/cycle_engine.h>
#include <anda/engine/fast_engine.h>
#include <anda/mxu/mxu.h>

namespace anda {

namespace {

const AcceleratorConfig& checked(const AcceleratorConfig& config) {
  validate(config, "accelerator");
  return config;
}

MachineShape machine_of(const AcceleratorConfig& config) {
  MachineShape machine(config.mxu, config.format, config.activation_buffer, config.weight_buffer);
  machine.local_bytes = config.local_memory.bytes;
  return machine;
}

/// Returns the user's block, or ours if there is no factory. Throws Error (input) if the factory returns nullptr.
template <class Block, class Make>
std::unique_ptr<Block> make_block(const AcceleratorBlocks::Factory<Block>& factory, const char* name,
                                  const AcceleratorConfig& config, const Clock& clock, Make ours) {
  if (!factory) return ours();
  std::unique_ptr<Block> block = factory(name, config, clock);
  if (block == nullptr) throw Error::input(std::string("the factory of ") + name + " made no block");
  return block;
}

/// Casts a block to our class, which level cycle needs. Throws Error (input) if the block is of another class.
template <class Ours, class Block>
Ours& with_clocks(Block& block) {
  auto* const ours = dynamic_cast<Ours*>(&block);
  if (ours == nullptr) {
    throw Error::input(std::string(block.name()) +
                       " has no clocks: level cycle needs blocks derived from the model's classes");
  }
  return *ours;
}

}  // namespace

Accelerator::Accelerator(sc_core::sc_module_name name, const AcceleratorConfig& config, const AcceleratorBlocks& blocks)
    : sc_module(name),
      memory("memory"),
      control("control"),
      interrupt("interrupt"),
      config_(checked(config)),
      machine_(machine_of(config)),
      clock_(config.clock_hz),
      mxu_(make_block(blocks.mxu, "mxu", config_, clock_,
                      [this] {
                        auto mxu =
                            std::make_unique<Mxu>("mxu", config_.mxu, config_.format, clock_,
                                                  config_.activation_buffer.read_words_per_cycle, config_.functional);
                        mxu->fast_forward(config_.fast_forward);
                        return mxu;
                      })),
      activation_buffer_(make_block(blocks.activation_buffer, "activation_buffer", config_, clock_,
                                    [this] {
                                      return std::make_unique<ActivationBuffer>("activation_buffer",
                                                                                config_.activation_buffer, clock_);
                                    })),
      weight_buffer_(make_block(
          blocks.weight_buffer, "weight_buffer", config_, clock_,
          [this] { return std::make_unique<WeightBuffer>("weight_buffer", config_.weight_buffer, clock_); })),
      vector_unit_("vector_unit", config.vector_unit, clock_, config.functional.enabled),
      compressor_(!machine_.element->compresses()
                      ? nullptr
                      : make_block(blocks.compressor, "compressor", config_, clock_,
                                   [this] {
                                     return std::make_unique<BitPlaneCompressor>("compressor", config_.compressor,
                                                                                 clock_, BitPlaneCompressor::Bridge(),
                                                                                 config_.format.encodes_activations());
                                   })),
      local_memory_(config.local_memory.bytes == 0
                        ? nullptr
                        : std::make_unique<LocalMemory>("local_memory", config.local_memory, clock_)),
      dma_("dma", config.dma, clock_, config.functional.enabled),
      engine_(make_engine(!blocks.mxu && !blocks.activation_buffer && !blocks.weight_buffer && !blocks.compressor)),
      counters_(all_counters()),
      vector_engine_(vector_unit_, dma_, *mxu_),
      controller_("controller", config.controller, machine_, config.clock_hz, clock_, {*engine_, vector_engine_}, dma_,
                  counters_, controller_counts_) {
  clock_.require_resolution("accelerator.clock_hz");
  bind_blocks(blocks.connect);
  if (config_.level == Level::cycle) bind_clocked_blocks();
}

/// Creates the engine of the level. User-defined blocks turn fast-forward off, as they may need to see each clock.
std::unique_ptr<GemmEngine> Accelerator::make_engine(bool own_blocks) {
  switch (config_.level) {
    case Level::fast:
      return std::make_unique<FastEngine>(*mxu_, dma_);
    case Level::cycle: {
      const Datapath datapath{with_clocks<Mxu>(*mxu_), with_clocks<ActivationBuffer>(*activation_buffer_),
                              with_clocks<WeightBuffer>(*weight_buffer_), vector_unit_,
                              compressor_ != nullptr ? &with_clocks<BitPlaneCompressor>(*compressor_) : nullptr};
      return std::make_unique<CycleEngine>("cycle_engine", datapath, dma_, clock_, config_.fast_forward && own_blocks);
    }
  }
  return nullptr;
}

/// Connects the blocks as docs/integration.md shows: data flows from the DMA through buffers, array, vector unit and
/// compressor back to a buffer and the DMA.
void Accelerator::bind_blocks(const Connect& connect) {
  const auto bind = [&](tlm::tlm_base_initiator_socket<>& initiator, tlm::tlm_base_target_socket<>& target) {
    connect ? connect(initiator, target) : initiator.bind(target);
  };
  control.bind(controller_.control);
  controller_.interrupt.bind(interrupt);
  if (local_memory_ != nullptr) {
    bind(dma_.memory, local_memory_->dma);
    local_memory_->memory.bind(memory);
  } else {
    dma_.memory.bind(memory);
  }
  bind(dma_.activation_buffer, activation_buffer_->dma_socket());
  bind(dma_.weight_buffer, weight_buffer_->dma_socket());
  dma_.activation_credits.bind(activation_buffer_->credits_export());
  dma_.weight_credits.bind(weight_buffer_->credits_export());
  bind(mxu_->activations_socket(), activation_buffer_->array_socket());
  bind(mxu_->weights_socket(), weight_buffer_->array_socket());
  mxu_->activation_credits_port().bind(activation_buffer_->credits_export());
  mxu_->weight_credits_port().bind(weight_buffer_->credits_export());
  bind(mxu_->sums_socket(), vector_unit_.sums);
  if (tlm::tlm_base_target_socket<>* const operands = activation_buffer_->operands_socket()) {
    bind(vector_unit_.operands, *operands);
  }
  if (compressor_ != nullptr) {
    bind(vector_unit_.out, compressor_->in_socket());
    bind(compressor_->out_socket(), activation_buffer_->results_socket());
  } else {
    bind(vector_unit_.out, activation_buffer_->results_socket());
  }
}

/// Connects the valid/ready ports of level cycle.
void Accelerator::bind_clocked_blocks() {
  auto& mxu = with_clocks<Mxu>(*mxu_);
  auto& activation_buffer = with_clocks<ActivationBuffer>(*activation_buffer_);
  mxu.activation_port.bind(activation_buffer.port);
  mxu.weight_port.bind(with_clocks<WeightBuffer>(*weight_buffer_).port);
  vector_unit_.accumulators.bind(mxu.accumulators);
  if (compressor_ != nullptr) {
    auto& compressor = with_clocks<BitPlaneCompressor>(*compressor_);
    vector_unit_.sink.bind(compressor.sink);
    compressor.packager.bind(activation_buffer.packager);
  } else {
    vector_unit_.sink.bind(activation_buffer.sink);
  }
}

Counters Accelerator::all_counters() const {
  Counters all;
  controller_counts_.register_in(all);
  all.add(mxu_->counters());
  all.add(activation_buffer_->counters());
  all.add(weight_buffer_->counters());
  all.add(vector_unit_.counters());
  all.add(compressor_ != nullptr ? compressor_->counters() : BitPlaneCompressor::table(no_groups_, no_groups_));
  all.add(dma_.counters());
  if (local_memory_ != nullptr) all.add(local_memory_->counters());
  return all;
}

void Accelerator::trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) const {
  engine_->trace_blocks(file, scope);
}

void Accelerator::observe(ActivityObserver* observer) {
  engine_->observe(observer);
  vector_engine_.observe(observer);
  dma_.observe(observer);
  if (config_.level == Level::cycle) return;  // the engine reports each clock
  mxu_->observe(observer);
  vector_unit_.observe(observer);
  if (compressor_ != nullptr) compressor_->observe(observer);
}

DataLosses Accelerator::losses() const {
  DataLosses losses;
  if (!vector_unit_.worked_last()) mxu_->add_losses(losses);
  vector_unit_.add_losses(losses);
  if (compressor_ != nullptr) compressor_->add_losses(losses);
  return losses;
}

}  // namespace anda
