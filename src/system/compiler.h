// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_COMPILER_H
#define ANDA_SIM_SYSTEM_COMPILER_H

#include <anda/accelerator/accelerator_config.h>
#include <anda/accelerator/tiling.h>
#include <anda/control/descriptor.h>
#include <anda/dram/dram_config.h>
#include <anda/mxu/processing_element/processing_element.h>

#include <memory>
#include <string>

#include "config/run_config.h"
#include "workload/gemm.h"

namespace anda::sim {

/// Turns a GeMM of the trace into what a system's accelerator runs: formats by the precision table, the shape of its
/// steps by the tiling rule, operands one after another from address 0 (a GeMM's own; where a whole model lies is not
/// modelled).
class Compiler {
 public:
  Compiler(const RunConfig& config, const AcceleratorConfig& accelerator);

  GemmTask task(const Gemm& gemm) const;

  /// Throws Error (input) if no step is legal or the operands exceed the memory.
  GemmDescriptor compile(const GemmTask& task) const;

 private:
  const RunConfig& config_;
  AcceleratorConfig accelerator_;
  std::unique_ptr<ProcessingElement> element_;
};

/// The accelerator of one of the configuration's systems.
AcceleratorConfig accelerator_of(const RunConfig& config, PeKind system);

/// The tensor type that is made from a GeMM's results: the next type in a decoder layer, of this or the next layer.
/// Other names feed themselves.
std::string consumer_of(const std::string& tensor);

}  // namespace anda::sim

#endif
