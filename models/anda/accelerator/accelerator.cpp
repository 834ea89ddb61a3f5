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

std::unique_ptr<GemmEngine> make_engine(Level level, const Datapath& datapath, Dma& dma, FunctionalPath& data,
                                        const Clock& clock) {
  switch (level) {
    case Level::fast:
      return std::make_unique<FastEngine>("fast_engine", datapath, dma, data);
    case Level::cycle:
      return std::make_unique<CycleEngine>("cycle_engine", datapath, dma, data, clock);
  }
  return nullptr;
}

}  // namespace

Accelerator::Accelerator(sc_core::sc_module_name name, const AcceleratorConfig& config)
    : sc_module(name),
      memory("memory"),
      control("control"),
      interrupt("interrupt"),
      config_(checked(config)),
      clock_(config.clock_hz),
      mxu_("mxu", config.mxu, config.format),
      activation_buffer_("activation_buffer", config.activation_buffer),
      weight_buffer_("weight_buffer", config.weight_buffer),
      vector_unit_("vector_unit", config.vector_unit),
      compressor_("compressor", config.compressor),
      dma_("dma", config.dma, clock_),
      functional_path_(Datapath{mxu_, activation_buffer_, weight_buffer_, vector_unit_, compressor_},
                       config.functional),
      engine_(make_engine(config.level, Datapath{mxu_, activation_buffer_, weight_buffer_, vector_unit_, compressor_},
                          dma_, functional_path_, clock_)),
      counters_(all_counters()),
      controller_("controller", config.controller, config.format, config.clock_hz,
                  Datapath{mxu_, activation_buffer_, weight_buffer_, vector_unit_, compressor_}, *engine_, dma_,
                  counters_) {
  clock_.require_resolution("accelerator.clock_hz");
  dma_.memory.bind(memory);
  control.bind(controller_.control);
  controller_.interrupt.bind(interrupt);
}

Counters Accelerator::all_counters() const {
  Counters all;
  all.add(engine_->counters());
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

}  // namespace anda
