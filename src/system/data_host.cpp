// SPDX-License-Identifier: Apache-2.0
#include "system/data_host.h"

#include <fmt/format.h>

#include <algorithm>

#include <anda/base/access.h>

#include "system/compiler.h"

namespace anda::sim {
namespace {

constexpr std::uint64_t largest_access = 1u << 20;

}  // namespace

DataHost::DataHost(const RunConfig& config, std::string system, Accelerator& accelerator, TensorDump* dump,
                   bool writes_operands)
    : config_(config.functional),
      system_(std::move(system)),
      accelerator_(accelerator),
      arithmetic_(accelerator.processing_element().arithmetic({config.functional.dot_format})),
      dump_(dump),
      writes_operands_(writes_operands) {}

void DataHost::place(const Gemm& gemm, std::uint64_t index, const GemmTask& task, const GemmDescriptor& descriptor) {
  const MxuConfig& array = accelerator_.config().mxu;
  data_ = gemm_data(config_, gemm, index, task);
  loss_ = {};
  std::vector<std::uint8_t> bytes =
      pack_activation_tensor(data_.activations, task.m, task.k, task.input, array.rows, loss_);
  for (std::uint64_t row = 0; row < task.m; ++row) {
    loss_.zeroed += arithmetic_->zeroed(&data_.activations[row * task.k], task.k);
  }
  access(tlm::TLM_WRITE_COMMAND, descriptor.addresses.activations, bytes);
  bytes = pack_weight_tensor(data_.weights, array.columns);
  access(tlm::TLM_WRITE_COMMAND, descriptor.addresses.weights, bytes);
  if (dump_ != nullptr && writes_operands_) dump_->operands(index, data_);
}

DataErrors DataHost::collect(const Gemm& gemm, std::uint64_t index, const GemmTask& task,
                             const GemmDescriptor& descriptor) {
  const std::uint32_t rows = accelerator_.config().mxu.rows;
  const DataLosses& losses = accelerator_.losses();
  DataErrors errors;
  errors.dot_overflows = losses.overflows.group_dots;
  errors.output_overflows = losses.overflows.outputs;
  errors.replaced_inputs = data_.replaced_inputs;
  errors.replaced_outputs = losses.saturated.infinities + losses.saturated.nans;
  errors.zeroed_activations = loss_.zeroed;
  errors.zeroed_weights = data_.zeroed_weights;
  errors.zeroed_outputs = losses.zeroed;
  if (errors.replaced_outputs > 0 && config_.non_finite == NonFinite::refuse) {
    throw Error::run(fmt::format(
        "GeMM '{}', system {}: {} results are infinite or NaN, which Anda groups cannot hold; the first is ({}, {}) "
        "(functional.non_finite: saturate replaces them)",
        gemm.name, system_, errors.replaced_outputs, losses.first_saturated_row, losses.first_saturated_column));
  }

  std::vector<std::uint8_t> bytes(tensor_bytes(task.m, task.n, task.output, rows));
  access(tlm::TLM_READ_COMMAND, descriptor.addresses.outputs, bytes);
  const std::vector<Fp16> results = unpack_activation_tensor(bytes, task.m, task.n, task.output, rows);
  compare(data_, results, task.m, errors);
  if (dump_ != nullptr) dump_->results(system_, index, results, task.m, task.n);
  return errors;
}

void DataHost::access(tlm::tlm_command command, std::uint64_t address, std::vector<std::uint8_t>& bytes) {
  for (std::uint64_t at = 0; at < bytes.size(); at += largest_access) {
    const std::uint64_t length = std::min<std::uint64_t>(largest_access, bytes.size() - at);
    if (!debug_access(accelerator_.memory, command, address + at, &bytes[at], length)) {
      throw Error::run(fmt::format("external memory refused data at address {}", address + at));
    }
  }
}

void check_data(const RunConfig& config, const Gemm& gemm, std::uint64_t index, const GemmTask& task) {
  if (config.functional.activations.empty() && config.functional.weights.empty()) return;  // made to be right
  const GemmData data = gemm_data(config.functional, gemm, index, task);
  for (const Element& system : config.systems) {
    const AcceleratorConfig accelerator = accelerator_of(config, system);
    const auto element = make_processing_element(accelerator.mxu, accelerator.format);
    if (element->dequantises()) check_dequantised(data.weights, gemm, system.name());
  }
}

}  // namespace anda::sim
