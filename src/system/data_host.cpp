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

void DataHost::add_losses(const Gemm& gemm, DataErrors& errors) const {
  const DataLosses losses = accelerator_.losses();
  const std::uint64_t replaced = losses.saturated.infinities + losses.saturated.nans;
  errors.dot_overflows += losses.overflows.group_dots;
  errors.output_overflows += losses.overflows.outputs;
  errors.replaced_outputs += replaced;
  errors.zeroed_outputs += losses.zeroed;
  if (replaced == 0 || config_.non_finite != NonFinite::refuse) return;
  throw Error::run(fmt::format(
      "{} '{}', system {}: {} results are infinite or NaN, which {} groups cannot hold; the first is ({}, {}) "
      "(functional.non_finite: saturate replaces them)",
      gemm.vector ? "operation" : "GeMM", gemm.name, system_, replaced,
      gemm.vector == VectorOperation::quantise ? "the cache's" : "Anda", losses.first_saturated_row,
      losses.first_saturated_column));
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
