// SPDX-License-Identifier: Apache-2.0
#include "system/compiler.h"

#include <anda/base/math.h>
#include <anda/control/activation_bits.h>
#include <anda/control/register_map.h>
#include <anda/dataflow/operand_layout.h>
#include <anda/dataflow/schedule.h>
#include <anda/dataflow/vector_plan.h>
#include <anda/vector_unit/vector_passes.h>

#include <numeric>

namespace anda::sim {

namespace {

/// Operands start at multiples of this, so that no two share a burst.
constexpr std::uint64_t operand_alignment = 4096;
constexpr std::uint64_t most_bits_of_value = 18;  // sign, 16 mantissa bits, a share of the exponent
constexpr std::uint64_t kept_at_a_time = 3;

/// Places operands one after another, in external or in local memory.
class Places {
 public:
  std::uint64_t next(std::uint64_t bytes, bool is_local = false) {
    std::uint64_t& end = is_local ? local_ : external_;
    const std::uint64_t address = end;
    end += round_up(bytes, operand_alignment);
    return address;
  }
  std::uint64_t end() const { return external_; }

 private:
  std::uint64_t external_ = 0;
  std::uint64_t local_ = ANDA_LOCAL_MEMORY;
};

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
  return {task, {}, shape, static_cast<std::uint32_t>(passes_of(task, false).size())};
}

WeightFormat cache_operand(const CacheFormat& format, std::uint32_t bits) {
  if (bits == WeightFormat::fp16_bits) return WeightFormat::fp16(format.group);
  return {bits, format.group_elements(), format.shared_bits()};
}

WeightFormat weights_of(const Gemm& gemm, std::uint32_t bits, const FormatConfig& format) {
  return gemm.weight_bits != 0 ? format.integers_of(gemm.weight_bits) : format.weights_of(bits);
}

WeightFormat Compiler::second_of(const Gemm& gemm) const {
  const auto cached = [&](const CacheFormat& format) {
    return cache_operand(format, gemm.weight_bits != 0 ? gemm.weight_bits : format.element_bits());
  };
  switch (gemm.second) {
    case SecondOperand::keys:
    case SecondOperand::latent:
      return cached(config_.kv_cache.k);
    case SecondOperand::values:
      return cached(config_.kv_cache.v);
    case SecondOperand::fp16:
      return WeightFormat::fp16(accelerator_.format.weight_scale_group);
    case SecondOperand::weights:
      break;
  }
  return weights_of(gemm, config_.precision.weight_bits, accelerator_.format);
}

/// Returns the cache format of a GeMM's second operand; nullptr if it does not come from the cache.
const CacheFormat* Compiler::cache_of(const Gemm& gemm) const {
  switch (gemm.second) {
    case SecondOperand::keys:
    case SecondOperand::latent:
      return &config_.kv_cache.k;
    case SecondOperand::values:
      return &config_.kv_cache.v;
    case SecondOperand::weights:
    case SecondOperand::fp16:
      break;
  }
  return nullptr;
}

/// Whether the array computes a GeMM. Weights that it does not support are an error; other unsupported operands go to
/// the vector unit.
bool Compiler::on_array(const Gemm& gemm) const {
  const WeightFormat second = second_of(gemm);
  if (gemm.second == SecondOperand::weights) {
    if (second.encoded) {
      if (element_->multiplies(second)) return true;
      throw Error::input(
          "GeMM '" + gemm.name + "': elements " + accelerator_.mxu.processing_element.name() +
          " do not multiply weights of accelerator.format.weights = " + accelerator_.format.weights.name() +
          "; elements that dequantise do (fp-fp, derives: floating), and those that say so "
          "(weight_formats)");
    }
    if (second.bits <= accelerator_.mxu.weight_bits) return true;
    if (gemm.kind == OpKind::output_head) return element_->multiplies(second);
    throw Error::input("GeMM '" + gemm.name + "': weight_bits = " + std::to_string(second.bits) +
                       " exceeds accelerator.mxu.weight_bits = " + std::to_string(accelerator_.mxu.weight_bits));
  }
  const AttentionUnit unit = config_.workload.attention.unit;
  const CacheFormat* cache = cache_of(gemm);
  const CacheAxis along_k = gemm.second == SecondOperand::keys ? CacheAxis::token : CacheAxis::channel;
  const bool across = cache != nullptr && !cache->is_fp16() && cache->axis != along_k;
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

/// The format of activations of a tensor type: as accelerator.format says in products with weights, otherwise the
/// element's native format.
ActivationFormat Compiler::activations_of(const Gemm& gemm, std::uint32_t layer, const std::string& tensor) const {
  const FormatConfig& format = accelerator_.format;
  const std::uint32_t code = gemm.second == SecondOperand::weights ? format.activation_code(tensor) : 0;
  if (code == 0) return element_->activation_format(config_.precision.mantissa_bits(layer, tensor, gemm.position));
  const ActivationFormat encoded = element_->encoded_format(code);
  if (element_->takes(encoded)) return encoded;
  throw Error::input("GeMM '" + gemm.name + "': elements " + accelerator_.mxu.processing_element.name() +
                     " do not multiply activations of the format " + encoded.operand->description().name +
                     " (accelerator.format) in groups of " + std::to_string(encoded.group_size) +
                     "; elements that take FP16 decode groups that divide their " +
                     std::to_string(element_->group_elements()) +
                     " elements along k, bit-serial ones multiply integers under a power of two in groups of "
                     "accelerator.format.group_size = " +
                     std::to_string(format.group_size) + ", and described ones those they name (activation_formats)");
}

/// Element width of keys or values at a position, if a schedule gives it.
std::optional<std::uint32_t> Compiler::scheduled_bits(SecondOperand cached, std::uint64_t position) const {
  if (cached == SecondOperand::weights || cached == SecondOperand::fp16) return std::nullopt;
  return config_.precision.scheduled_cache_bits(cached == SecondOperand::values ? "V" : "K", position);
}

/// The format of results: FP16, or what their reader expects. Readers on the vector unit expect FP16.
ActivationFormat Compiler::output_of(const Gemm& gemm) const {
  const PrecisionConfig& precision = config_.precision;
  if (precision.output != OutputFormat::consumer) return {};
  if (!gemm.reader) {
    const std::uint32_t layer = gemm.tensor == "A_d" ? gemm.layer + 1 : gemm.layer;
    return activations_of(gemm, layer, consumer_of(gemm.tensor));
  }
  if (gemm.reader->empty() || !element_->compresses()) return {};
  Gemm next;
  next.name = gemm.name;
  if (*gemm.reader == "A_q") next.second = SecondOperand::keys;
  if (*gemm.reader == "A_p") next.second = gemm.second;
  if (const auto bits = scheduled_bits(next.second, gemm.position)) next.weight_bits = *bits;
  if (*gemm.reader == "A_head") {
    next.kind = OpKind::output_head;
    next.weight_bits = config_.workload.head_weight_bits;
    if (next.weight_bits == WeightFormat::fp16_bits) next.second = SecondOperand::fp16;
  }
  if (!on_array(next)) return {};
  next.position = gemm.position;
  return activations_of(next, gemm.layer, *gemm.reader);
}

GemmTask Compiler::task(const Gemm& gemm) const {
  on_array(gemm);  // throws for weights that the array does not support
  GemmTask task;
  task.m = static_cast<std::uint32_t>(gemm.m);
  task.n = static_cast<std::uint32_t>(gemm.n);
  task.k = static_cast<std::uint32_t>(gemm.k);
  task.input = activations_of(gemm, gemm.layer, gemm.tensor);
  task.output = output_of(gemm);
  task.weights = second_of(gemm);
  task.local = local_of(gemm);
  return task;
}

VectorTask Compiler::vector_of(const Gemm& gemm) const {
  VectorTask task;
  task.operation = gemm.vector.value_or(VectorOperation::multiply);
  task.rows = static_cast<std::uint32_t>(gemm.m);
  task.columns = static_cast<std::uint32_t>(gemm.n);
  task.depth = static_cast<std::uint32_t>(gemm.vector ? gemm.kept : gemm.k);
  task.output = output_of(gemm);
  task.local = local_of(gemm);
  if (!gemm.vector) task.weights = second_of(gemm);
  if (task.operation != VectorOperation::quantise) return task;
  // The compressor produces Anda groups of the machine's size, the vector unit everything else.
  const CacheFormat& format = *cache_of(gemm);
  const bool compressor =
      !element_->takes_fp16() && format.number == CacheNumber::anda && format.group == accelerator_.format.group_size;
  if (compressor) {
    task.operation = VectorOperation::copy;
    task.output = {second_of(gemm).bits - 1, format.group};
  } else {
    task.weights = second_of(gemm);
  }
  return task;
}

Work Compiler::work(const Gemm& gemm) const {
  if (gemm.vector || !on_array(gemm)) return vector_of(gemm);
  return task(gemm);
}

/// Whether a result stays in local memory. At most three are live at a time, so each may take a third. The producer and
/// all readers must decide alike, so the decision ignores the format.
bool Compiler::keeps(const KeptResult& result) const {
  const MxuConfig& array = accelerator_.mxu;
  const std::uint64_t rows = round_up(result.rows, array.rows);
  const std::uint64_t columns = round_up(result.columns, std::lcm(array.columns, accelerator_.format.group_size));
  const std::uint64_t bytes = round_up(ceil_div(rows * columns * most_bits_of_value, 8), operand_alignment);
  return result.rows > 0 && kept_at_a_time * bytes <= accelerator_.local_memory.bytes;
}

LocalOperands Compiler::local_of(const Gemm& gemm) const {
  return {keeps(gemm.kept_input), keeps(gemm.kept_second), keeps(gemm.kept_output)};
}

VectorDescriptor Compiler::compile(const VectorTask& task) const {
  VectorDescriptor descriptor;
  descriptor.operation = task.operation;
  descriptor.rows = task.rows;
  descriptor.columns = task.columns;
  descriptor.depth = task.depth;
  descriptor.output_mantissa_bits = activation_bits(task.output);
  if (task.operation == VectorOperation::multiply || task.operation == VectorOperation::quantise) {
    descriptor.weight_bits = task.weights.bits;
    descriptor.scale_bits = task.weights.scale_bits;
    descriptor.scale_group = task.weights.scale_group;
  }
  Places places;
  descriptor.input = places.next(VectorPlan::input_bytes(task), task.local.input);
  descriptor.second = places.next(VectorPlan::second_bytes(task), task.local.second);
  descriptor.output = places.next(VectorPlan::output_bytes(task, accelerator_.mxu.rows), task.local.output);
  const std::uint64_t end = places.end();
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
  descriptor.input_mantissa_bits = activation_bits(task.input);
  descriptor.output_mantissa_bits = activation_bits(task.output);
  descriptor.weight_bits = task.weights.bits;
  descriptor.scale_bits = task.weights.scale_bits;
  descriptor.zero_points = task.weights.has_zero_points();
  descriptor.encoded_weights = task.weights.encoded;
  if (task.weights.scale_group != accelerator_.format.weight_scale_group) {
    descriptor.scale_group = task.weights.scale_group;
  }
  descriptor.step = choose_step(config_.tiling, accelerator_, task, config_.dram);

  Places places;
  const auto bytes_of = [](std::uint64_t across, std::uint32_t panel, std::uint64_t along, const auto& format) {
    return OperandLayout(0, across, panel, along, along,
                         [&](std::uint64_t width, std::uint64_t length) { return format(width, length); })
        .total_bytes();
  };
  const MxuConfig& array = accelerator_.mxu;
  GemmAddresses& at = descriptor.addresses;
  at.activations =
      places.next(bytes_of(task.m, array.rows, task.k, [&](auto rows, auto k) { return task.input.bytes(rows, k); }),
                  task.local.input);
  at.weights = places.next(
      bytes_of(task.n, array.columns, task.k, [&](auto columns, auto k) { return task.weights.bytes(k, columns); }));
  at.outputs =
      places.next(bytes_of(task.m, array.rows, task.n, [&](auto rows, auto n) { return task.output.bytes(rows, n); }),
                  task.local.output);
  if (Schedule(task, descriptor.step).spills()) at.partial_sums = places.next(std::uint64_t{task.m} * task.n * 4);
  const std::uint64_t end = places.end();

  if (end > config_.dram.capacity_bytes) {
    throw Error::input("the operands of a GeMM with m = " + std::to_string(task.m) + ", n = " + std::to_string(task.n) +
                       ", k = " + std::to_string(task.k) + " take " + std::to_string(end) +
                       " bytes of external memory, dram.capacity_bytes is " +
                       std::to_string(config_.dram.capacity_bytes));
  }
  return descriptor;
}

}  // namespace anda::sim
