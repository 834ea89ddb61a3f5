// SPDX-License-Identifier: Apache-2.0
#include <anda/accelerator/accelerator.h>

#include <anda/controller/cycle_engine.h>
#include <anda/controller/sequencer.h>

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
      return std::make_unique<Sequencer>("sequencer", datapath, dma, data);
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
      controller_("controller", config.controller, config.format,
                  Datapath{mxu_, activation_buffer_, weight_buffer_, vector_unit_, compressor_}, *engine_, dma_) {
  dma_.memory.bind(memory);
  control.bind(controller_.control);
  controller_.interrupt.bind(interrupt);

  counters_.add(engine_->counters());
  counters_.add(mxu_.counters());
  counters_.add(activation_buffer_.counters());
  counters_.add(weight_buffer_.counters());
  counters_.add(vector_unit_.counters());
  counters_.add(compressor_.counters());
  counters_.add(dma_.counters());
}

void Accelerator::trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) const {
  engine_->trace_blocks(file, scope);
}

}  // namespace anda
