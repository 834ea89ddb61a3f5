// SPDX-License-Identifier: Apache-2.0
#include "report/system_model.h"

#include <stdexcept>
#include <string>

namespace anda::sim {
namespace {

std::size_t position(const std::vector<CounterColumn>& counters, const char* name) {
  for (std::size_t i = 0; i < counters.size(); ++i) {
    if (counters[i].name == name) return i;
  }
  throw std::logic_error(std::string("no counter ") + name);
}

/// The cost model looks up only names, so all counters may share one value.
Counters without_values(const std::vector<CounterColumn>& columns, const std::uint64_t& value) {
  Counters counters;
  for (const CounterColumn& column : columns) counters.add(column.name, column.unit, column.meaning, value);
  return counters;
}

CostModel cost_model(const std::vector<CounterColumn>& columns, const AcceleratorConfig& accelerator,
                     const DramConfig& dram, const Technology& technology) {
  const std::uint64_t value = 0;
  return CostModel(technology, accelerator, dram, without_values(columns, value));
}

}  // namespace

CounterIndex::CounterIndex(const std::vector<CounterColumn>& counters)
    : cycles(position(counters, "controller.cycles")),
      busy_cycles(position(counters, "mxu.busy_cycles")),
      pe_cycles(position(counters, "mxu.pe_cycles")),
      macs(position(counters, "mxu.macs")),
      vector_macs(position(counters, "vector_unit.macs")),
      dram_read_bytes(position(counters, "dram.read_bytes")),
      dram_write_bytes(position(counters, "dram.write_bytes")),
      mantissa_words_read(position(counters, "activation_buffer.mantissa_words_read")),
      mantissa_words_written(position(counters, "activation_buffer.mantissa_words_written")),
      exponent_words_read(position(counters, "activation_buffer.exponent_words_read")),
      exponent_words_written(position(counters, "activation_buffer.exponent_words_written")),
      weight_words_read(position(counters, "weight_buffer.words_read")),
      weight_words_written(position(counters, "weight_buffer.words_written")) {}

SystemModel::SystemModel(const std::vector<CounterColumn>& counters, const AcceleratorConfig& accelerator_,
                         const DramConfig& dram_, const Technology& technology)
    : accelerator(accelerator_),
      dram(dram_),
      index(counters),
      costs(cost_model(counters, accelerator_, dram_, technology)) {}

}  // namespace anda::sim
