// SPDX-License-Identifier: Apache-2.0
#include "system/compiler.h"

#include <anda/base/math.h>
#include <anda/dataflow/operand_layout.h>
#include <anda/dataflow/schedule.h>
#include <anda/dataflow/vector_plan.h>
#include <anda/vector_unit/vector_passes.h>

namespace anda::sim {

namespace {

/// Operands start at multiples of it, so that none shares a burst with another.
constexpr std::uint64_t operand_alignment = 4096;

}  // namespace

AcceleratorConfig accelerator_of(const RunConfig& config, const Element& system) {
  AcceleratorConfig accelerator = config.accelerator;
  accelerator.mxu.processing_element = system;
  accelerator.fast_forward = config.simulation.fast_forward;
  accelerator.functional = {config.functional.enabled, config.functional.dot_format};
  return accelerator;
}

std::string consumer_of(const std::string& tensor) {
  if (tensor == "A_qkv") return "A_o";
  if (tensor == "A_o") return "A_u";
  if (tensor == "A_u") return "A_d";
  if (tensor == "A_d") return "A_qkv";
  return tensor;
}

void set_work(OpRecord& record, const Work& work) {
  record.vector.reset();
  if (const auto* const gemm = std::get_if<GemmTask>(&work)) {
    record.task = *gemm;
    return;
  }
  record.vector = std::get<VectorTask>(work);
  record.task = {};
  record.task.output = record.vector->output;
  record.task.weights = record.vector->weights;
  const VectorOperation operation = record.vector->operation;
  if (operation != VectorOperation::multiply && operation != VectorOperation::quantise) record.task.weights.bits = 0;
  record.step = {};
}

Compiler::Compiler(const RunConfig& config, const AcceleratorConfig& accelerator)
    : config_(config),
      accelerator_(accelerator),
      element_(make_processing_element(accelerator.mxu, accelerator.format)) {}

VectorPlan vector_plan_of(const VectorTask& task, const AcceleratorConfig& machine) {
  const MachineShape shape(machine.mxu, machine.format, machine.activation_buffer, machine.weight_buffer);
  return {task, {}, shape, static_cast<std::uint32_t>(passes_of(task.operation, false).size())};
}

WeightFormat cache_operand(const CacheFormat& format) {
  if (format.element_bits() == WeightFormat::fp16_bits) return WeightFormat::fp16(format.group);
  return {format.element_bits(), format.group_elements(), format.shared_bits()};
}

WeightFormat Compiler::second_of(const Gemm& gemm) const {
  switch (gemm.second) {
    case SecondOperand::keys:
      return cache_operand(config_.kv_cache.k);
    case SecondOperand::values:
      return cache_operand(config_.kv_cache.v);
    case SecondOperand::fp16:
      return WeightFormat::fp16(accelerator_.format.weight_scale_group);
    case SecondOperand::weights:
      break;
  }
  return {gemm.weight_bits != 0 ? gemm.weight_bits : config_.precision.weight_bits,
          accelerator_.format.weight_scale_group};
}

/// Whether the array computes a GeMM. Weights that it does not take are an error, other operands the vector unit's.
bool Compiler::on_array(const Gemm& gemm) const {
  const WeightFormat second = second_of(gemm);
  if (gemm.second == SecondOperand::weights) {
    if (second.bits <= accelerator_.mxu.weight_bits) return true;
    if (gemm.kind == OpKind::output_head) return element_->multiplies(second);
    throw Error::input("GeMM '" + gemm.name + "': weight_bits = " + std::to_string(second.bits) +
                       " exceeds accelerator.mxu.weight_bits = " + std::to_string(accelerator_.mxu.weight_bits));
  }
  const AttentionUnit unit = config_.workload.attention.unit;
  const bool across = (gemm.second == SecondOperand::keys && !config_.kv_cache.k.is_fp16() &&
                       config_.kv_cache.k.axis == CacheAxis::channel) ||
                      (gemm.second == SecondOperand::values && !config_.kv_cache.v.is_fp16() &&
                       config_.kv_cache.v.axis == CacheAxis::token);
  const CacheFormat* cache = gemm.second == SecondOperand::keys     ? &config_.kv_cache.k
                             : gemm.second == SecondOperand::values ? &config_.kv_cache.v
                                                                    : nullptr;
  const bool described = cache != nullptr && cache->operand() != nullptr;
  const bool takes = !across && !described && element_->multiplies(second);
  if (unit == AttentionUnit::vector_unit) return false;
  if (!takes && unit == AttentionUnit::array) {
    throw Error::input(
        "operation '" + gemm.name + "': elements " + accelerator_.mxu.processing_element.name() + " do not multiply " +
        (described          ? std::string("numbers of the format ") + cache->number.name()
         : second.is_fp16() ? std::string("FP16 operands")
         : across           ? std::string("groups that run across k")
                  : std::to_string(second.bits) + " bits in groups of " + std::to_string(second.scale_group)) +
        "; workload.attention.unit = auto assigns them to the vector unit");
  }
  return takes;
}

/// Results in FP16, or as their reader takes them. Readers on the vector unit take FP16.
ActivationFormat Compiler::output_of(const Gemm& gemm) const {
  const PrecisionConfig& precision = config_.precision;
  if (precision.output != OutputFormat::consumer) return {};
  if (!gemm.reader) {
    const std::uint32_t layer = gemm.tensor == "A_d" ? gemm.layer + 1 : gemm.layer;
    return element_->activation_format(precision.mantissa_bits(layer, consumer_of(gemm.tensor)));
  }
  if (gemm.reader->empty() || !element_->compresses()) return {};
  Gemm next;
  next.name = gemm.name;
  next.second = *gemm.reader == "A_q"   ? SecondOperand::keys
                : *gemm.reader == "A_p" ? SecondOperand::values
                                        : SecondOperand::weights;
  if (*gemm.reader == "A_head") {
    next.kind = OpKind::output_head;
    next.weight_bits = config_.workload.head_weight_bits;
    if (next.weight_bits == WeightFormat::fp16_bits) next.second = SecondOperand::fp16;
  }
  if (!on_array(next)) return {};
  return element_->activation_format(precision.mantissa_bits(gemm.layer, *gemm.reader));
}

GemmTask Compiler::task(const Gemm& gemm) const {
  on_array(gemm);  // an error for weights that the array does not take
  GemmTask task;
  task.m = static_cast<std::uint32_t>(gemm.m);
  task.n = static_cast<std::uint32_t>(gemm.n);
  task.k = static_cast<std::uint32_t>(gemm.k);
  task.input = element_->activation_format(config_.precision.mantissa_bits(gemm.layer, gemm.tensor));
  task.output = output_of(gemm);
  task.weights = second_of(gemm);
  return task;
}

VectorTask Compiler::vector_of(const Gemm& gemm) const {
  VectorTask task;
  task.operation = gemm.vector.value_or(VectorOperation::multiply);
  task.rows = static_cast<std::uint32_t>(gemm.m);
  task.columns = static_cast<std::uint32_t>(gemm.n);
  task.depth = static_cast<std::uint32_t>(gemm.k);
  task.output = output_of(gemm);
  if (!gemm.vector) task.weights = second_of(gemm);
  if (task.operation != VectorOperation::quantise) return task;
  // The compressor makes Anda groups of the machine's size, the vector unit everything else.
  const CacheFormat& format = gemm.second == SecondOperand::keys ? config_.kv_cache.k : config_.kv_cache.v;
  const bool compressor =
      element_->compresses() && format.number == CacheNumber::anda && format.group == accelerator_.format.group_size;
  if (compressor) {
    task.operation = VectorOperation::copy;
    task.output = {format.bits - 1, format.group};
  } else {
    task.weights = second_of(gemm);
  }
  return task;
}

Work Compiler::work(const Gemm& gemm) const {
  if (gemm.vector || !on_array(gemm)) return vector_of(gemm);
  return task(gemm);
}

std::uint64_t Compiler::place(std::uint64_t& end, std::uint64_t bytes) const {
  const std::uint64_t address = end;
  end += round_up(bytes, operand_alignment);
  return address;
}

VectorDescriptor Compiler::compile(const VectorTask& task) const {
  VectorDescriptor descriptor;
  descriptor.operation = task.operation;
  descriptor.rows = task.rows;
  descriptor.columns = task.columns;
  descriptor.depth = task.depth;
  descriptor.output_mantissa_bits = task.output.mantissa_bits;
  if (task.operation == VectorOperation::multiply || task.operation == VectorOperation::quantise) {
    descriptor.weight_bits = task.weights.bits;
    descriptor.scale_bits = task.weights.scale_bits;
    descriptor.scale_group = task.weights.scale_group;
  }
  std::uint64_t end = 0;
  descriptor.input = place(end, VectorPlan::input_bytes(task));
  descriptor.second = place(end, VectorPlan::second_bytes(task));
  descriptor.output = place(end, VectorPlan::output_bytes(task, accelerator_.mxu.rows));
  if (end > config_.dram.capacity_bytes) {
    throw Error::input(std::string("the operands of a ") + name_of(vector_operations, task.operation) + " of " +
                       std::to_string(task.rows) + " rows and " + std::to_string(task.columns) + " columns take " +
                       std::to_string(end) + " bytes of external memory, dram.capacity_bytes is " +
                       std::to_string(config_.dram.capacity_bytes));
  }
  return descriptor;
}

GemmDescriptor Compiler::compile(const GemmTask& task) const {
  GemmDescriptor descriptor;
  descriptor.m = task.m;
  descriptor.n = task.n;
  descriptor.k = task.k;
  descriptor.input_mantissa_bits = task.input.mantissa_bits;
  descriptor.output_mantissa_bits = task.output.mantissa_bits;
  descriptor.weight_bits = task.weights.bits;
  descriptor.scale_bits = task.weights.scale_bits;
  if (task.weights.scale_group != accelerator_.format.weight_scale_group) {
    descriptor.scale_group = task.weights.scale_group;
  }
  descriptor.step = choose_step(config_.tiling, accelerator_, task, config_.dram);

  std::uint64_t end = 0;
  const auto bytes_of = [](std::uint64_t across, std::uint32_t panel, std::uint64_t along, const auto& format) {
    return OperandLayout(0, across, panel, along, along,
                         [&](std::uint64_t width, std::uint64_t length) { return format(width, length); })
        .total_bytes();
  };
  const MxuConfig& array = accelerator_.mxu;
  GemmAddresses& at = descriptor.addresses;
  at.activations =
      place(end, bytes_of(task.m, array.rows, task.k, [&](auto rows, auto k) { return task.input.bytes(rows, k); }));
  at.weights = place(end, bytes_of(task.n, array.columns, task.k,
                                   [&](auto columns, auto k) { return task.weights.bytes(k, columns); }));
  at.outputs =
      place(end, bytes_of(task.m, array.rows, task.n, [&](auto rows, auto n) { return task.output.bytes(rows, n); }));
  if (Schedule(task, descriptor.step).spills()) at.partial_sums = place(end, std::uint64_t{task.m} * task.n * 4);

  if (end > config_.dram.capacity_bytes) {
    throw Error::input("the operands of a GeMM with m = " + std::to_string(task.m) + ", n = " + std::to_string(task.n) +
                       ", k = " + std::to_string(task.k) + " take " + std::to_string(end) +
                       " bytes of external memory, dram.capacity_bytes is " +
                       std::to_string(config_.dram.capacity_bytes));
  }
  return descriptor;
}

}  // namespace anda::sim
