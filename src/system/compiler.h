// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_COMPILER_H
#define ANDA_SIM_SYSTEM_COMPILER_H

#include <anda/accelerator/accelerator_config.h>
#include <anda/accelerator/tiling.h>
#include <anda/control/descriptor.h>
#include <anda/dataflow/vector_plan.h>
#include <anda/dataflow/vector_task.h>
#include <anda/dram/dram_config.h>
#include <anda/mxu/processing_element/processing_element.h>
#include <anda/numeric/cache_format.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "config/run_config.h"
#include "system/op_record.h"
#include "workload/gemm.h"

namespace anda::sim {

/// What an accelerator runs: on its array or on its vector unit.
using Work = std::variant<GemmTask, VectorTask>;

/// Of a record, and into one.
inline Work work_of(const OpRecord& record) { return record.vector ? Work(*record.vector) : Work(record.task); }
void set_work(OpRecord& record, const Work& work);

/// Keys or values of a cache as the second operand of a GeMM. Groups that run across its k take as much room as others.
WeightFormat cache_operand(const CacheFormat& format, std::uint32_t bits);
inline WeightFormat cache_operand(const CacheFormat& format) { return cache_operand(format, format.element_bits()); }

/// The steps of a vector operation on a machine, with its operands from address 0 on.
VectorPlan vector_plan_of(const VectorTask& task, const AcceleratorConfig& machine);

/// The weights of a GeMM: integers of the width that its row gives, or the machine's format with `bits` where that is
/// integers.
WeightFormat weights_of(const Gemm& gemm, std::uint32_t bits, const FormatConfig& format);

/// Turns an operation of the workload into what a system's accelerator runs: formats by the precision table, the shape
/// of its steps by the tiling rule, operands one after another from address 0 (a GeMM's own; where a whole model lies
/// is not modelled).
class Compiler {
 public:
  Compiler(const RunConfig& config, const AcceleratorConfig& accelerator);

  Work work(const Gemm& gemm) const;
  /// Of a GeMM that the array computes.
  GemmTask task(const Gemm& gemm) const;

  /// Throws Error (input) if no step is legal or the operands exceed the memory.
  GemmDescriptor compile(const GemmTask& task) const;
  VectorDescriptor compile(const VectorTask& task) const;

 private:
  WeightFormat second_of(const Gemm& gemm) const;
  const CacheFormat* cache_of(const Gemm& gemm) const;
  bool on_array(const Gemm& gemm) const;
  std::optional<std::uint32_t> scheduled_bits(SecondOperand cached, std::uint64_t position) const;
  ActivationFormat activations_of(const Gemm& gemm, std::uint32_t layer, const std::string& tensor) const;
  ActivationFormat output_of(const Gemm& gemm) const;
  VectorTask vector_of(const Gemm& gemm) const;
  bool keeps(const KeptResult& result) const;
  LocalOperands local_of(const Gemm& gemm) const;

  const RunConfig& config_;
  AcceleratorConfig accelerator_;
  std::unique_ptr<ProcessingElement> element_;
};

/// The accelerator of one of the configuration's systems.
AcceleratorConfig accelerator_of(const RunConfig& config, const Element& system);

/// The tensor type that is made from a GeMM's results: the next type in a decoder layer, of this or the next layer.
/// Other names feed themselves.
std::string consumer_of(const std::string& tensor);

}  // namespace anda::sim

#endif
