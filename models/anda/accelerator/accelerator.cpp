// SPDX-License-Identifier: Apache-2.0
#include <anda/accelerator/accelerator.h>

namespace anda {

namespace {

const AcceleratorConfig& checked(const AcceleratorConfig& config) {
  validate(config, "accelerator");
  return config;
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
      sequencer_("sequencer", Datapath{mxu_, activation_buffer_, weight_buffer_, vector_unit_, compressor_}, dma_,
                 functional_path_),
      controller_("controller", config.controller, config.format,
                  Datapath{mxu_, activation_buffer_, weight_buffer_, vector_unit_, compressor_}, sequencer_, dma_) {
  dma_.memory.bind(memory);
  control.bind(controller_.control);
  controller_.interrupt.bind(interrupt);

  counters_.add(sequencer_.counters());
  counters_.add(mxu_.counters());
  counters_.add(activation_buffer_.counters());
  counters_.add(weight_buffer_.counters());
  counters_.add(vector_unit_.counters());
  counters_.add(compressor_.counters());
  counters_.add(dma_.counters());
}

}  // namespace anda
