// SPDX-License-Identifier: Apache-2.0
#include <anda/accelerator/accelerator.h>

#include <anda/engine/cycle_engine.h>
#include <anda/engine/fast_engine.h>

namespace anda {

namespace {

const AcceleratorConfig& checked(const AcceleratorConfig& config) {
  validate(config, "accelerator");
  return config;
}

std::unique_ptr<GemmEngine> make_engine(Level level, const Datapath& datapath, Dma& dma, const Clock& clock) {
  switch (level) {
    case Level::fast:
      return std::make_unique<FastEngine>(datapath.mxu, dma);
    case Level::cycle:
      return std::make_unique<CycleEngine>("cycle_engine", datapath, dma, clock);
  }
  return nullptr;
}

}  // namespace

Accelerator::Accelerator(sc_core::sc_module_name name, const AcceleratorConfig& config, const Connect& connect)
    : sc_module(name),
      memory("memory"),
      control("control"),
      interrupt("interrupt"),
      config_(checked(config)),
      machine_(config.mxu, config.format, config.activation_buffer, config.weight_buffer),
      clock_(config.clock_hz),
      mxu_("mxu", config.mxu, config.format, clock_, config.activation_buffer.read_words_per_cycle, config.functional),
      activation_buffer_("activation_buffer", config.activation_buffer, clock_),
      weight_buffer_("weight_buffer", config.weight_buffer, clock_),
      vector_unit_("vector_unit", config.vector_unit, clock_),
      compressor_("compressor", config.compressor, clock_),
      dma_("dma", config.dma, clock_, config.functional.enabled),
      engine_(make_engine(config.level, Datapath{mxu_, activation_buffer_, weight_buffer_, vector_unit_, compressor_},
                          dma_, clock_)),
      counters_(all_counters()),
      controller_("controller", config.controller, machine_, config.clock_hz, clock_, *engine_, dma_, counters_,
                  controller_counts_) {
  clock_.require_resolution("accelerator.clock_hz");
  bind_blocks(connect);
}

/// The picture of docs/integration.md: data flows from the DMA through buffers, array, vector unit and compressor back
/// to a buffer and the DMA.
void Accelerator::bind_blocks(const Connect& connect) {
  const auto bind = [&](tlm::tlm_initiator_socket<>& initiator, tlm::tlm_target_socket<>& target) {
    connect ? connect(initiator, target) : initiator.bind(target);
  };
  control.bind(controller_.control);
  controller_.interrupt.bind(interrupt);
  dma_.memory.bind(memory);
  bind(dma_.activation_buffer, activation_buffer_.dma);
  bind(dma_.weight_buffer, weight_buffer_.dma);
  dma_.activation_credits.bind(activation_buffer_.credits);
  dma_.weight_credits.bind(weight_buffer_.credits);
  bind(mxu_.activations, activation_buffer_.array);
  bind(mxu_.weights, weight_buffer_.array);
  mxu_.activation_credits.bind(activation_buffer_.credits);
  mxu_.weight_credits.bind(weight_buffer_.credits);
  bind(mxu_.sums, vector_unit_.sums);
  bind(vector_unit_.out, compressor_.in);
  bind(compressor_.out, activation_buffer_.results);
}

Counters Accelerator::all_counters() const {
  Counters all;
  controller_counts_.register_in(all);
  all.add(mxu_.counters());
  all.add(activation_buffer_.counters());
  all.add(weight_buffer_.counters());
  all.add(vector_unit_.counters());
  all.add(compressor_.counters());
  all.add(dma_.counters());
  return all;
}

void Accelerator::trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) const {
  engine_->trace_blocks(file, scope);
}

void Accelerator::observe(ActivityObserver* observer) {
  engine_->observe(observer);
  const bool by_blocks = config_.level == Level::fast;  // at level cycle the engine shows what each clock was
  mxu_.observe(by_blocks ? observer : nullptr);
  vector_unit_.observe(by_blocks ? observer : nullptr);
  compressor_.observe(by_blocks ? observer : nullptr);
  dma_.observe(observer);
}

DataLosses Accelerator::losses() const {
  DataLosses losses;
  losses.overflows = mxu_.values().overflows();
  losses.overflows.outputs += vector_unit_.overflows().outputs;
  losses.misread = mxu_.values().misread();
  losses.saturated = compressor_.losses().saturated;
  losses.first_saturated_row = compressor_.losses().first_row;
  losses.first_saturated_column = compressor_.losses().first_column;
  losses.zeroed = compressor_.losses().zeroed;
  return losses;
}

}  // namespace anda
