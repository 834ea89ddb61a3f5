// SPDX-License-Identifier: Apache-2.0
#include "system/data_host.h"

#include <fmt/format.h>

#include <algorithm>

#include <anda/base/access.h>
#include <anda/numeric/encoded_panel.h>
#include <anda/numeric/format/operand_format.h>

#include "system/compiler.h"

namespace anda::sim {
namespace {

constexpr std::uint64_t largest_access = 1u << 20;

}  // namespace

void DataHost::add_losses(const Gemm& gemm, DataErrors& errors) const {
  const DataLosses losses = accelerator_.losses();
  const std::uint64_t replaced = losses.saturated.infinities + losses.saturated.nans;
  errors.dot_overflows += losses.overflows.group_dots;
  errors.output_overflows += losses.overflows.outputs;
  errors.replaced_outputs += replaced;
  errors.zeroed_outputs += losses.zeroed;
  if (replaced == 0 || config_.non_finite != NonFinite::refuse) return;
  throw Error::run(
      fmt::format("{} '{}', system {}: {} results are infinite or NaN, which {} cannot hold; the first is ({}, {}) "
                  "(functional.non_finite: saturate replaces them)",
                  gemm.vector ? "operation" : "GeMM", gemm.name, system_, replaced,
                  gemm.vector == VectorOperation::quantise             ? "the cache's groups"
                  : accelerator_.config().format.encodes_activations() ? "groups of their format"
                                                                       : "Anda groups",
                  losses.first_saturated_row, losses.first_saturated_column));
}

void DataHost::access(tlm::tlm_command command, std::uint64_t address, std::vector<std::uint8_t>& bytes) {
  for (std::uint64_t at = 0; at < bytes.size(); at += largest_access) {
    const std::uint64_t length = std::min<std::uint64_t>(largest_access, bytes.size() - at);
    if (!debug_access(accelerator_.memory, command, address + at, &bytes[at], length)) {
      throw Error::run(fmt::format("external memory refused data at address {}", address + at));
    }
  }
}

GemmDataHost::GemmDataHost(const RunConfig& config, std::string system, Accelerator& accelerator, TensorDump* dump,
                           bool writes_operands)
    : DataHost(config, std::move(system), accelerator),
      arithmetic_(accelerator.processing_element().arithmetic({config.functional.dot_format})),
      dump_(dump),
      writes_operands_(writes_operands) {}

void GemmDataHost::place(const OpRecord& record, std::uint64_t run, const GemmAddresses& addresses) {
  if (run > 0) return;
  const GemmTask& task = record.task;
  data_ = gemm_data(config(), record.gemm, record.index, task);
  loss_ = {};
  write(addresses.activations, pack_activation_tensor(data_.activations, task.m, task.k, task.input, rows(), loss_));
  for (std::uint64_t row = 0; row < task.m; ++row) {
    loss_.zeroed += arithmetic_->zeroed(&data_.activations[row * task.k], task.k);
  }
  write(addresses.weights, pack_weight_tensor(data_.weights, accelerator().config().mxu.columns));
  if (dump_ != nullptr && writes_operands_) dump_->operands(record.index, data_);
}

void GemmDataHost::collect(const OpRecord& record, std::uint64_t run, const GemmAddresses& addresses,
                           DataErrors& errors) {
  if (run > 0) return;
  const GemmTask& task = record.task;
  errors.replaced_inputs += data_.replaced_inputs;
  errors.zeroed_activations += loss_.zeroed;
  errors.zeroed_weights += data_.zeroed_weights;
  add_losses(record.gemm, errors);
  const std::vector<std::uint8_t> bytes = read(addresses.outputs, tensor_bytes(task.m, task.n, task.output, rows()));
  const std::vector<Fp16> results = unpack_activation_tensor(bytes, task.m, task.n, task.output, rows());
  compare(data_, results, task.m, errors);
  if (dump_ != nullptr) dump_->results(system(), record.index, results, task.m, task.n);
}

namespace {

/// Operands that an element multiplies without decoding have no values here: their arithmetic is the element's own.
void check_arithmetic(const RunConfig& config, const Gemm& gemm, const Element& system, const GemmTask& task) {
  const AcceleratorConfig accelerator = accelerator_of(config, system);
  const auto element = make_processing_element(accelerator.mxu, accelerator.format);
  const auto refuse = [&](const OperandFormat& operand, const char* what, const std::string& why) {
    throw Error::input(
        fmt::format("GeMM '{}': functional.enabled is true, must be false with {} of the format {} on {}: {}",
                    gemm.name, what, operand.description().name, system.name(), why));
  };
  if (task.input.is_encoded() && !element->decodes(task.input)) {
    refuse(*task.input.operand, "activations", "real data are decoded to FP16, which it does not do with them");
  }
  if (!task.weights.encoded) return;
  if (!element->decodes(task.weights)) {
    refuse(*task.weights.operand, "weights", "real data are decoded to FP16, which it does not do with them");
  }
  if (task.weights.scale_group % 8 != 0) {
    refuse(*task.weights.operand, "weights",
           fmt::format("real data need groups that are multiples of 8, it has {}", task.weights.scale_group));
  }
}

void check_decoded(const GemmData& data, const Gemm& gemm, const ActivationFormat& format, const std::string& system) {
  const std::uint64_t k = data.weights.k;
  std::vector<std::uint8_t> panel(format.bytes(1, k));
  std::vector<float> numbers(k);
  for (std::uint64_t row = 0; row * k < data.activations.size(); ++row) {
    pack_encoded(&data.activations[row * k], k, 1, k, format, panel.data());
    unpack_encoded(panel.data(), 1, k, format, numbers.data(), k);
    for (std::uint64_t i = 0; i < k; ++i) {
      if (to_fp16(numbers[i]).is_finite()) continue;
      throw Error::input(fmt::format(
          "GeMM '{}', tensor {}: activation ({}, {}) is {} in the format {}, beyond 65504, to which {} decodes it",
          gemm.name, gemm.tensor, row, i, numbers[i], format.operand->description().name, system));
    }
  }
}

}  // namespace

void check_data(const RunConfig& config, const Gemm& gemm, std::uint64_t index, const std::vector<GemmTask>& tasks) {
  for (std::size_t i = 0; i < tasks.size(); ++i) check_arithmetic(config, gemm, config.systems[i], tasks[i]);
  const FormatConfig& format = config.accelerator.format;
  const bool encoded = format.encodes() || format.encodes_activations();
  // Generated data are always valid; only files and encoded formats need a check.
  if (config.functional.activations.empty() && config.functional.weights.empty() && !encoded) return;
  const GemmData data = gemm_data(config.functional, gemm, index, tasks.front());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const AcceleratorConfig accelerator = accelerator_of(config, config.systems[i]);
    const auto element = make_processing_element(accelerator.mxu, accelerator.format);
    if (element->dequantises()) check_dequantised(data.weights, gemm, config.systems[i].name());
    if (tasks[i].input.is_encoded()) check_decoded(data, gemm, tasks[i].input, config.systems[i].name());
  }
}

}  // namespace anda::sim
