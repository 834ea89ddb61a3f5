// SPDX-License-Identifier: Apache-2.0
#include "system/result_codec.h"

#include "system/op_codec.h"

namespace anda::sim {
namespace {

void put(ByteWriter& out, const SystemResult& system) {
  out.put(system.name);
  put(out, system.totals);
  out.put(system.tensors.size());
  for (const auto& [tensor, counts] : system.tensors) {
    out.put(tensor);
    put(out, counts);
  }
  out.put(system.tensor_errors.size());
  for (const DataErrors& errors : system.tensor_errors) out.put_raw(errors);
  out.put(std::uint64_t{system.dram ? 1u : 0u});
  if (system.dram) out.put_raw(*system.dram);
  put(out, system.prefill);
  put(out, system.decode);
}

void get(ByteReader& in, SystemResult& system) {
  in.get(system.name);
  get(in, system.totals);
  system.tensors.resize(in.get());
  for (auto& [tensor, counts] : system.tensors) {
    in.get(tensor);
    get(in, counts);
  }
  system.tensor_errors.resize(in.get());
  for (DataErrors& errors : system.tensor_errors) in.get_raw(errors);
  if (in.get() != 0) in.get_raw(system.dram.emplace());
  get(in, system.prefill);
  get(in, system.decode);
}

}  // namespace

void put(ByteWriter& out, const SimulationResult& result) {
  out.put(result.counters.size());
  for (const CounterColumn& counter : result.counters) {
    for (const std::string* text : {&counter.name, &counter.unit, &counter.meaning}) out.put(*text);
  }
  out.put(result.systems.size());
  for (const SystemResult& system : result.systems) put(out, system);
  for (const std::vector<std::string>* texts : {&result.notes, &result.warnings}) {
    out.put(texts->size());
    for (const std::string& text : *texts) out.put(text);
  }
}

void get(ByteReader& in, SimulationResult& result) {
  result.counters.resize(in.get());
  for (CounterColumn& counter : result.counters) {
    for (std::string* text : {&counter.name, &counter.unit, &counter.meaning}) in.get(*text);
  }
  result.systems.resize(in.get());
  for (SystemResult& system : result.systems) get(in, system);
  for (std::vector<std::string>* texts : {&result.notes, &result.warnings}) {
    texts->resize(in.get());
    for (std::string& text : *texts) in.get(text);
  }
}

}  // namespace anda::sim
