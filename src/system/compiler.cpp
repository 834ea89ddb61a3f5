// SPDX-License-Identifier: Apache-2.0
#include "system/compiler.h"

#include <anda/base/math.h>
#include <anda/dataflow/operand_layout.h>
#include <anda/dataflow/schedule.h>

namespace anda::sim {

namespace {

/// Operands start at multiples of it, so that none shares a burst with another.
constexpr std::uint64_t operand_alignment = 4096;

}  // namespace

AcceleratorConfig accelerator_of(const RunConfig& config, PeKind system) {
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

Compiler::Compiler(const RunConfig& config, const AcceleratorConfig& accelerator)
    : config_(config),
      accelerator_(accelerator),
      element_(make_processing_element(accelerator.mxu, accelerator.format)) {}

GemmTask Compiler::task(const Gemm& gemm) const {
  const PrecisionConfig& precision = config_.precision;
  GemmTask task;
  task.m = static_cast<std::uint32_t>(gemm.m);
  task.n = static_cast<std::uint32_t>(gemm.n);
  task.k = static_cast<std::uint32_t>(gemm.k);
  task.input = element_->activation_format(precision.mantissa_bits(gemm.layer, gemm.tensor));
  if (precision.output == OutputFormat::consumer) {
    const std::uint32_t layer = gemm.tensor == "A_d" ? gemm.layer + 1 : gemm.layer;
    task.output = element_->activation_format(precision.mantissa_bits(layer, consumer_of(gemm.tensor)));
  }
  task.weights = {gemm.weight_bits != 0 ? gemm.weight_bits : precision.weight_bits,
                  accelerator_.format.weight_scale_group};
  if (task.weights.bits > accelerator_.mxu.weight_bits) {
    throw Error::input("GeMM '" + gemm.name + "': weight_bits = " + std::to_string(task.weights.bits) +
                       " exceeds accelerator.mxu.weight_bits = " + std::to_string(accelerator_.mxu.weight_bits));
  }
  return task;
}

GemmDescriptor Compiler::compile(const GemmTask& task) const {
  GemmDescriptor descriptor;
  descriptor.m = task.m;
  descriptor.n = task.n;
  descriptor.k = task.k;
  descriptor.input_mantissa_bits = task.input.mantissa_bits;
  descriptor.output_mantissa_bits = task.output.mantissa_bits;
  descriptor.weight_bits = task.weights.bits;
  descriptor.tile = choose_tile(config_.tiling, accelerator_, task, config_.dram);

  std::uint64_t end = 0;
  const auto place = [&](std::uint64_t bytes) {
    const std::uint64_t address = end;
    end += round_up(bytes, operand_alignment);
    return address;
  };
  const auto bytes_of = [](std::uint64_t across, std::uint32_t panel, std::uint64_t along, const auto& format) {
    return OperandLayout(0, across, panel, along, along,
                         [&](std::uint64_t width, std::uint64_t length) { return format(width, length); })
        .total_bytes();
  };
  const MxuConfig& array = accelerator_.mxu;
  GemmAddresses& at = descriptor.addresses;
  at.activations =
      place(bytes_of(task.m, array.rows, task.k, [&](auto rows, auto k) { return task.input.bytes(rows, k); }));
  at.weights = place(
      bytes_of(task.n, array.columns, task.k, [&](auto columns, auto k) { return task.weights.bytes(k, columns); }));
  at.outputs =
      place(bytes_of(task.m, array.rows, task.n, [&](auto rows, auto n) { return task.output.bytes(rows, n); }));
  if (Schedule(task, descriptor.tile).spills()) at.partial_sums = place(std::uint64_t{task.m} * task.n * 4);

  if (end > config_.dram.capacity_bytes) {
    throw Error::input("the operands of a GeMM with m = " + std::to_string(task.m) + ", n = " + std::to_string(task.n) +
                       ", k = " + std::to_string(task.k) + " take " + std::to_string(end) +
                       " bytes of external memory, dram.capacity_bytes is " +
                       std::to_string(config_.dram.capacity_bytes));
  }
  return descriptor;
}

}  // namespace anda::sim
