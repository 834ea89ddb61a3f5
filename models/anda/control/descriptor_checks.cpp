// SPDX-License-Identifier: Apache-2.0
// Checks of descriptors: the tasks and plans that the top controller runs, or the fault.
#include <anda/control/activation_bits.h>
#include <anda/control/top_controller.h>

#include <algorithm>

#include <anda/dataflow/schedule.h>
#include <anda/dataflow/tensor_image.h>

namespace anda {

/// Checks a GeMM and, if it can run, creates its step plan.
DescriptorFault TopController::plan_of(const GemmDescriptor& descriptor, std::optional<StepPlan>& plan) const {
  GemmTask task;
  DescriptorFault wrong = task_of(descriptor, task);
  const StepLimits limits(machine_.mxu, machine_.format, machine_.activation_buffer, machine_.weight_buffer, task);
  if (!wrong) wrong = check_step(descriptor.step, limits);
  if (!wrong) wrong = check_addresses(descriptor, task);
  if (wrong) return wrong;
  plan.emplace(task, descriptor.step, descriptor.addresses, machine_);
  return {};
}

DescriptorFault TopController::check_weights(const WeightFormat& weights) const {
  const bool shares = weights.is_scaled() || weights.scale_bits == WeightFormat::power_bits;
  const bool fits = weights.encoded ? weights.bits >= 1 && weights.bits <= WeightFormat::fp16_bits
                                    : (weights.bits >= 1 && weights.bits <= max_weight_bits && shares) ||
                                          (weights.is_fp16() && weights.scale_bits == 0);
  if (!fits) return fault(ANDA_ERROR_FORMAT, ANDA_DESCRIPTOR_WEIGHT_BITS);
  return {};
}

DescriptorFault TopController::task_of(const VectorDescriptor& descriptor, VectorTask& task) const {
  const auto in_range = [](std::uint32_t dimension) { return dimension >= 1 && dimension <= ANDA_MAX_DIMENSION; };
  const bool multiplies = descriptor.operation == VectorOperation::multiply;
  const bool has_weights = multiplies || descriptor.operation == VectorOperation::quantise;
  if (!in_range(descriptor.rows)) return fault(ANDA_ERROR_DIMENSION, ANDA_DESCRIPTOR_M);
  if (!in_range(descriptor.columns)) return fault(ANDA_ERROR_DIMENSION, ANDA_DESCRIPTOR_N);
  const bool chooses = descriptor.operation == VectorOperation::top_k;
  const std::uint32_t most_kept = std::min<std::uint32_t>(descriptor.columns, ANDA_MAX_KEPT);
  if (multiplies ? !in_range(descriptor.depth)
      : chooses  ? descriptor.depth < 1 || descriptor.depth > most_kept
                 : descriptor.depth != 0) {
    return fault(ANDA_ERROR_DIMENSION, ANDA_DESCRIPTOR_K);
  }
  const std::uint32_t bits = descriptor.output_mantissa_bits;
  const std::optional<ActivationFormat> output = output_format(*machine_.element, bits);
  if (!output || (bits != 0 && descriptor.operation == VectorOperation::quantise)) {
    return fault(ANDA_ERROR_FORMAT, ANDA_DESCRIPTOR_OUTPUT_BITS);
  }
  task.operation = descriptor.operation;
  task.rows = descriptor.rows;
  task.columns = descriptor.columns;
  task.depth = descriptor.depth;
  task.output = *output;
  if (!has_weights) {
    const bool none = descriptor.weight_bits == 0 && descriptor.scale_bits == 16 && descriptor.scale_group == 0;
    return none ? DescriptorFault{} : fault(ANDA_ERROR_FORMAT, ANDA_DESCRIPTOR_WEIGHT_BITS);
  }
  task.weights = {descriptor.weight_bits, scale_group_of(descriptor.scale_group), descriptor.scale_bits};
  return check_weights(task.weights);
}

DescriptorFault TopController::check_addresses(const VectorDescriptor& descriptor, const VectorTask& task) const {
  return check_regions(
      {{descriptor.input, ANDA_DESCRIPTOR_ACTIVATIONS_LOW, VectorPlan::input_bytes(task)},
       {descriptor.second, ANDA_DESCRIPTOR_WEIGHTS_LOW, VectorPlan::second_bytes(task)},
       {descriptor.output, ANDA_DESCRIPTOR_OUTPUTS_LOW, VectorPlan::output_bytes(task, machine_.mxu.rows)}});
}

DescriptorFault TopController::task_of(const GemmDescriptor& descriptor, GemmTask& task) const {
  const auto in_range = [](std::uint32_t dimension) { return dimension >= 1 && dimension <= ANDA_MAX_DIMENSION; };
  if (!in_range(descriptor.m)) return fault(ANDA_ERROR_DIMENSION, ANDA_DESCRIPTOR_M);
  if (!in_range(descriptor.n)) return fault(ANDA_ERROR_DIMENSION, ANDA_DESCRIPTOR_N);
  if (!in_range(descriptor.k)) return fault(ANDA_ERROR_DIMENSION, ANDA_DESCRIPTOR_K);

  const ProcessingElement& element = *machine_.element;
  const std::optional<ActivationFormat> input = input_format(element, descriptor.input_mantissa_bits);
  const std::optional<ActivationFormat> output = output_format(element, descriptor.output_mantissa_bits);
  task.weights = {
      descriptor.weight_bits,     scale_group_of(descriptor.scale_group),
      descriptor.scale_bits,      descriptor.zero_points ? descriptor.weight_bits : 0,
      descriptor.encoded_weights, descriptor.encoded_weights ? machine_.format.weights.operand().get() : nullptr};
  const DescriptorFault wrong = check_weights(task.weights);
  if (!input || !output || wrong || !element.multiplies(task.weights)) {
    return fault(ANDA_ERROR_FORMAT, ANDA_DESCRIPTOR_INPUT_BITS);
  }

  task.m = descriptor.m;
  task.n = descriptor.n;
  task.k = descriptor.k;
  task.input = *input;
  task.output = *output;
  return {};
}

DescriptorFault TopController::check_step(const StepShape& step, const StepLimits& limits) const {
  const auto whole = [](std::uint32_t size, std::uint32_t unit) { return size != 0 && size % unit == 0; };
  if (!whole(step.m, limits.m_step())) return fault(ANDA_ERROR_STEP, ANDA_DESCRIPTOR_STEP_M);
  if (!whole(step.n, limits.n_step())) return fault(ANDA_ERROR_STEP, ANDA_DESCRIPTOR_STEP_N);
  if (!whole(step.k, limits.k_step())) return fault(ANDA_ERROR_STEP, ANDA_DESCRIPTOR_STEP_K);
  if (!limits.legal(step)) return fault(ANDA_ERROR_STEP, ANDA_DESCRIPTOR_STEP_M);
  return {};
}

DescriptorFault TopController::check_addresses(const GemmDescriptor& descriptor, const GemmTask& task) const {
  const MxuConfig& array = machine_.mxu;
  const GemmAddresses& at = descriptor.addresses;
  const bool spills = Schedule(task, descriptor.step).spills();
  return check_regions(
      {{at.activations, ANDA_DESCRIPTOR_ACTIVATIONS_LOW, tensor_bytes(task.m, task.k, task.input, array.rows)},
       {at.weights, ANDA_DESCRIPTOR_WEIGHTS_LOW, tensor_bytes(task.k, task.n, task.weights, array.columns)},
       {at.outputs, ANDA_DESCRIPTOR_OUTPUTS_LOW, tensor_bytes(task.m, task.n, task.output, array.rows)},
       {at.partial_sums, ANDA_DESCRIPTOR_PARTIAL_SUMS_LOW, spills ? std::uint64_t{task.m} * task.n * 4 : 0}});
}

}  // namespace anda
