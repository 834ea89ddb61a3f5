// SPDX-License-Identifier: Apache-2.0
#include "system/op_codec.h"

namespace anda::sim {

void put(ByteWriter& out, const StepShape& step) {
  for (const std::uint64_t value :
       {std::uint64_t{step.m}, std::uint64_t{step.n}, std::uint64_t{step.k}, static_cast<std::uint64_t>(step.order)}) {
    out.put(value);
  }
}

void get(ByteReader& in, StepShape& step) {
  in.get(step.m);
  in.get(step.n);
  in.get(step.k);
  in.get(step.order);
}

void put(ByteWriter& out, const Counts& counts) {
  out.put(counts.size());
  for (const std::uint64_t count : counts) out.put(count);
}

void get(ByteReader& in, Counts& counts) {
  const std::uint64_t size = in.get();
  counts.clear();
  for (std::uint64_t i = 0; i < size; ++i) counts.push_back(in.get());
}

namespace {

std::uint64_t bits_of(const LocalOperands& local) {
  return (local.input ? 1u : 0u) | (local.second ? 2u : 0u) | (local.output ? 4u : 0u);
}

void get(ByteReader& in, LocalOperands& local) {
  const std::uint64_t bits = in.get();
  local = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
}

}  // namespace

void put(ByteWriter& out, const ActivationFormat& format) {
  for (const std::uint32_t value :
       {format.mantissa_bits, format.group_size, format.shared_bits, format.code, std::uint32_t{format.packed}}) {
    out.put(std::uint64_t{value});
  }
}

void get(ByteReader& in, ActivationFormat& format) {
  for (std::uint32_t* value : {&format.mantissa_bits, &format.group_size, &format.shared_bits, &format.code}) {
    in.get(*value);
  }
  format.packed = in.get() != 0;
}

void put(ByteWriter& out, const GemmTask& task) {
  put(out, task.input);
  put(out, task.output);
  for (const std::uint32_t value :
       {task.m, task.n, task.k, task.weights.bits, task.weights.scale_group, task.weights.scale_bits,
        task.weights.zero_bits, std::uint32_t{task.weights.encoded}}) {
    out.put(std::uint64_t{value});
  }
  out.put(bits_of(task.local));
}

void get(ByteReader& in, GemmTask& task) {
  get(in, task.input);
  get(in, task.output);
  for (std::uint32_t* value : {&task.m, &task.n, &task.k, &task.weights.bits, &task.weights.scale_group,
                               &task.weights.scale_bits, &task.weights.zero_bits}) {
    in.get(*value);
  }
  task.weights.encoded = in.get() != 0;
  get(in, task.local);
}

void put(ByteWriter& out, const VectorTask& task) {
  put(out, task.output);
  for (const std::uint32_t value : {static_cast<std::uint32_t>(task.operation), task.rows, task.columns, task.depth,
                                    task.weights.bits, task.weights.scale_group, task.weights.scale_bits}) {
    out.put(std::uint64_t{value});
  }
  out.put(bits_of(task.local));
}

void get(ByteReader& in, VectorTask& task) {
  get(in, task.output);
  in.get(task.operation);
  for (std::uint32_t* value : {&task.rows, &task.columns, &task.depth, &task.weights.bits, &task.weights.scale_group,
                               &task.weights.scale_bits}) {
    in.get(*value);
  }
  get(in, task.local);
}

void put_details(ByteWriter& out, const OpRecord& record) {
  out.put(record.gemm.tensor);
  for (const std::uint64_t value :
       {record.gemm.m, record.gemm.n, record.gemm.k, record.gemm.count, std::uint64_t{record.gemm.weight_bits},
        static_cast<std::uint64_t>(record.gemm.kind), std::uint64_t{record.gemm.output_token}}) {
    out.put(value);
  }
  put(out, record.task);
  out.put(std::uint64_t{record.vector ? 1u : 0u});
  if (record.vector) put(out, *record.vector);
  put(out, record.step);
  put(out, record.counts);
  out.put(std::uint64_t{record.errors ? 1u : 0u});
  if (record.errors) out.put_raw(*record.errors);
}

void get_details(ByteReader& in, OpRecord& record) {
  in.get(record.gemm.tensor);
  for (std::uint64_t* value : {&record.gemm.m, &record.gemm.n, &record.gemm.k, &record.gemm.count}) in.get(*value);
  in.get(record.gemm.weight_bits);
  in.get(record.gemm.kind);
  in.get(record.gemm.output_token);
  get(in, record.task);
  record.vector.reset();
  if (in.get() != 0) get(in, record.vector.emplace());
  get(in, record.step);
  get(in, record.counts);
  record.errors.reset();
  if (in.get() != 0) in.get_raw(record.errors.emplace());
}

}  // namespace anda::sim
