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

/// A task of an accelerator, for its array or its vector unit.
using Work = std::variant<GemmTask, VectorTask>;

/// Gets the work of a record, and sets it.
inline Work work_of(const OpRecord& record) { return record.vector ? Work(*record.vector) : Work(record.task); }
void set_work(OpRecord& record, const Work& work);

/// The format of cached keys or values as a GeMM's second operand. Groups that run across k take as much room as
/// others.
WeightFormat cache_operand(const CacheFormat& format, std::uint32_t bits);
inline WeightFormat cache_operand(const CacheFormat& format) { return cache_operand(format, format.element_bits()); }

/// Plans the steps of a vector operation on a machine, with operands from address 0.
VectorPlan vector_plan_of(const VectorTask& task, const AcceleratorConfig& machine);

/// The weight format of a GeMM: integers of the width that its row gives, or the machine's format, with `bits` if it is
/// an integer format.
WeightFormat weights_of(const Gemm& gemm, std::uint32_t bits, const FormatConfig& format);

/// Compiles an operation of the workload into a task of a system's accelerator. Formats come from the precision table,
/// the step shape from the tiling rule. A GeMM's operands follow each other from address 0; the layout of a whole model
/// is not modelled.
class Compiler {
 public:
  Compiler(const RunConfig& config, const AcceleratorConfig& accelerator);

  Work work(const Gemm& gemm) const;
  /// The task of a GeMM that the array computes.
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

/// Configures the accelerator of one of the systems.
AcceleratorConfig accelerator_of(const RunConfig& config, const Element& system);

/// Returns the tensor type that a GeMM's results become: the next type in a decoder layer, in this or the next layer.
/// Other names map to themselves.
std::string consumer_of(const std::string& tensor);

}  // namespace anda::sim

#endif
