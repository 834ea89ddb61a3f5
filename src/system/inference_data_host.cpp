// SPDX-License-Identifier: Apache-2.0
#include "system/inference_data_host.h"

#include <anda/dataflow/vector_plan.h>

#include <algorithm>
#include <cmath>

#include "data/vector_reference.h"
#include "system/compiler.h"

namespace anda::sim {
namespace {

std::vector<double> doubles_of(const std::vector<Fp16>& values) {
  std::vector<double> doubles;
  doubles.reserve(values.size());
  for (const Fp16 value : values) doubles.push_back(static_cast<double>(to_float(value)));
  return doubles;
}

void add_errors(const std::vector<double>& reference, const std::vector<double>& results, DataErrors& errors) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!std::isfinite(results[i])) continue;
    const double error = results[i] - reference[i];
    errors.signal += reference[i] * reference[i];
    errors.noise += error * error;
    errors.max_abs_error = std::max(errors.max_abs_error, std::abs(error));
  }
}

}  // namespace

InferenceDataHost::InferenceDataHost(const RunConfig& config, std::string system, Accelerator& accelerator,
                                     TensorDump* dump, bool writes_parameters)
    : DataHost(config, std::move(system), accelerator),
      cache_(config.kv_cache),
      state_(config),
      arithmetic_(accelerator.processing_element().arithmetic({config.functional.dot_format})),
      dump_(dump),
      writes_parameters_(writes_parameters) {}

void InferenceDataHost::put_x(const OpRecord& record, const GemmAddresses& addresses, Values& x) {
  const ActivationFormat format = record.vector ? ActivationFormat() : record.task.input;
  const std::uint64_t count = record.vector ? record.vector->rows : record.task.m;
  const std::uint64_t width = x.size() / count;
  if (!format.is_fp16()) {
    NonFiniteCounts counts;
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = make_finite(x[i], config().non_finite, {record.gemm.name + ", system " + system(), 0}, i, counts);
    }
    placed_.replaced_inputs += counts.infinities + counts.nans;
  }
  EncodingLoss loss;
  write(addresses.activations, pack_activation_tensor(x, count, width, format, rows(), loss));
  placed_.zeroed_activations += loss.zeroed;
  for (std::uint64_t row = 0; !record.vector && row < count; ++row) {
    placed_.zeroed_activations += arithmetic_->zeroed(&x[row * width], width);
  }
}

void InferenceDataHost::put_second(const OpRecord& record, const GemmAddresses& addresses) {
  if (!operands_.second.empty()) {
    EncodingLoss none;
    write(addresses.weights,
          pack_activation_tensor(operands_.second, record.vector->rows, record.vector->columns, {}, rows(), none));
  }
  if (operands_.weights.k == 0) return;
  const AcceleratorConfig& machine = accelerator().config();
  std::uint64_t panel = machine.mxu.columns;
  if (record.vector) panel = vector_plan_of(*record.vector, machine).part_columns();
  write(addresses.weights, pack_weight_tensor(operands_.weights, panel));
}

void InferenceDataHost::place(const OpRecord& record, std::uint64_t run, const GemmAddresses& addresses) {
  placed_ = DataErrors();
  operands_ = state_.operands_of(record, run);
  placed_.zeroed_weights = operands_.zeroed_weights;
  put_x(record, addresses, operands_.x);
  put_second(record, addresses);
  accelerator().set_vector_constants(operands_.constants);
}

void InferenceDataHost::collect(const OpRecord& record, std::uint64_t run, const GemmAddresses& addresses,
                                DataErrors& errors) {
  errors += placed_;
  add_losses(record.gemm, errors);
  const bool is_vector = record.vector.has_value();
  const std::uint64_t count = is_vector ? record.vector->rows : record.task.m;
  const std::uint64_t width = is_vector ? record.vector->columns : record.task.n;
  if (is_vector && record.vector->operation == VectorOperation::quantise) {
    const WeightFormat& format = record.vector->weights;
    const auto bytes = read(addresses.outputs, VectorPlan::output_bytes(*record.vector, rows()));
    take_appended(record, run, unpack_weight_tensor(bytes, width, count, format, rows()), errors);
    return;
  }
  const ActivationFormat& format = is_vector ? record.vector->output : record.task.output;
  const auto bytes = read(addresses.outputs, tensor_bytes(count, width, format, rows()));
  const Values results = unpack_activation_tensor(bytes, count, width, format, rows());
  if (record.gemm.kind == OpKind::kv_append && record.gemm.cache) {
    const CacheFormat& cache = record.gemm.second == SecondOperand::keys ? cache_.k : cache_.v;
    take_appended(record, run, appended_rows(results, width, cache_operand(cache)), errors);
    return;
  }
  const bool multiplies = operands_.weights.k != 0;
  add_errors(multiplies ? product_reference(operands_.x, count, operands_.weights)
                        : vector_reference(*record.vector, operands_.constants, operands_.x, operands_.second),
             doubles_of(results), errors);
  dump(record, run, results, width);
  state_.take(record, run, results);
}

/// Takes the result of an append: the codes go into the cache.
void InferenceDataHost::take_appended(const OpRecord& record, std::uint64_t run, const WeightTensor& tensor,
                                      DataErrors& errors) {
  std::vector<double> results;
  Values rounded;
  for (std::uint64_t row = 0; row < tensor.n; ++row) {
    for (std::uint64_t i = 0; i < tensor.k; ++i) {
      results.push_back(static_cast<double>(tensor.value(i, row)));
      rounded.push_back(to_fp16(results.back()));
    }
  }
  add_errors(doubles_of(operands_.x), results, errors);
  dump(record, run, rounded, tensor.k);
  state_.take(record, run, tensor);
}

/// Dumps operands and results of all runs of an operation, stacked by rows.
void InferenceDataHost::dump(const OpRecord& record, std::uint64_t run, const Values& results, std::uint64_t width) {
  if (dump_ == nullptr) return;
  const std::uint64_t count = results.size() / width;
  if (run == 0) {
    dumped_inputs_.clear();
    dumped_results_.clear();
  }
  dumped_inputs_.insert(dumped_inputs_.end(), operands_.x.begin(), operands_.x.end());
  dumped_results_.insert(dumped_results_.end(), results.begin(), results.end());
  if (run + 1 < record.gemm.count) return;
  const std::uint64_t all = count * record.gemm.count;
  dump_->inputs(system(), record.index, dumped_inputs_, all, dumped_inputs_.size() / all);
  dump_->results(system(), record.index, dumped_results_, all, width);
  if (!writes_parameters_) return;
  if (!record.gemm.cache && operands_.weights.k != 0) dump_->weights(record.index, operands_.weights);
  const VectorConstants& known = operands_.constants;
  if (!known.gamma.empty()) dump_->vector(record.index, "gamma", known.gamma);
  if (!known.beta.empty()) dump_->vector(record.index, "beta", known.beta);
}

}  // namespace anda::sim
