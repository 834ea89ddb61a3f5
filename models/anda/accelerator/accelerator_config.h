// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ACCELERATOR_ACCELERATOR_CONFIG_H
#define ANDA_ACCELERATOR_ACCELERATOR_CONFIG_H

#include <cstdint>

#include <anda/base/describe.h>
#include <anda/buffer/buffer_config.h>
#include <anda/compressor/compressor_config.h>
#include <anda/control/controller_config.h>
#include <anda/dma/dma_config.h>
#include <anda/engine/level.h>
#include <anda/functional/functional_options.h>
#include <anda/local_memory/local_memory_config.h>
#include <anda/mxu/mxu_config.h>
#include <anda/numeric/format_config.h>
#include <anda/vector_unit/vector_unit_config.h>

namespace anda {

/// Configuration of the accelerator and all its blocks. The defaults are those of the paper's machine.
struct AcceleratorConfig {
  Level level = Level::fast;  ///< timing detail; the memory has its own level (DramConfig::level)
  double clock_hz = 285e6;
  FormatConfig format;
  MxuConfig mxu;
  ActivationBufferConfig activation_buffer;
  WeightBufferConfig weight_buffer;
  CompressorConfig compressor;
  VectorUnitConfig vector_unit;
  LocalMemoryConfig local_memory;
  DmaConfig dma;
  ControllerConfig controller;
  bool fast_forward = true;      ///< skip recurring states (exact); not a configuration key
  FunctionalOptions functional;  ///< not a property of the machine, hence not a configuration key

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.choice("level", self.level, levels,
                 "timing detail of the accelerator; fast: closed form per output tile; cycle: every block, clock by "
                 "clock. The memory's is dram.level");
    visit.number("clock_hz", self.clock_hz, Range<double>{1e3, 1e11}, "clock of all blocks");
    visit.section("format", self.format, "number formats");
    visit.section("mxu", self.mxu, "array of processing elements");
    visit.section("activation_buffer", self.activation_buffer, "on-chip activation memory");
    visit.section("weight_buffer", self.weight_buffer, "on-chip weight memory");
    visit.section("compressor", self.compressor, "runtime bit-plane compressor");
    visit.section("vector_unit", self.vector_unit, "vector unit");
    visit.section("local_memory", self.local_memory,
                  "on-chip memory for results that the next operation reads; its energy and area count as those of the "
                  "activation buffer");
    visit.section("dma", self.dma, "DMA engine between external memory and the buffers");
    visit.section("controller", self.controller, "top controller");
  }

  void check(const std::string& path, Problems& problems) const;
};

}  // namespace anda

#endif
