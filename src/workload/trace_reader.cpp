// SPDX-License-Identifier: Apache-2.0
#include "workload/trace_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "text/characters.h"
#include "text/nearest.h"
#include "text/text.h"
#include "workload/gemm_limits.h"

namespace anda::sim {
namespace {

// In the order of column_names.
enum Column : std::size_t { name, layer, tensor, m, k, n, count, weight_bits };
constexpr std::size_t required_columns = 6;
constexpr const char* all_columns = "name,layer,tensor,m,k,n[,count][,weight_bits]";

const std::vector<std::string>& column_names() {
  static const std::vector<std::string> names = {"name", "layer", "tensor", "m", "k", "n", "count", "weight_bits"};
  return names;
}

CsvReader at_header(const std::string& path) {
  CsvReader csv(path);
  csv.expect_header(all_columns);
  return csv;
}

}  // namespace

TraceReader::TraceReader(const std::string& path) : TraceReader(at_header(path)) {}

TraceReader::TraceReader(CsvReader csv) : csv_(std::move(csv)) { read_header(); }

void TraceReader::read_header() {
  field_of_.fill(absent);
  fields_ = csv_.row().size();
  for (std::size_t field = 0; field < fields_; ++field) {
    const std::string text(csv_.row()[field].text);
    const auto found = std::find(column_names().begin(), column_names().end(), text);
    if (found == column_names().end()) {
      const std::string space = space_hint(text);
      const std::string hint = space.empty() ? did_you_mean(text, column_names()) : space;
      throw Error::input(csv_.place(field), fmt::format("unknown column {}{}; the first row names the columns: {}",
                                                        shown(text), hint, all_columns));
    }
    std::size_t& place = field_of_[static_cast<std::size_t>(found - column_names().begin())];
    if (place != absent) throw Error::input(csv_.place(field), fmt::format("column {} is given twice", text));
    place = field;
    header_ += (field == 0 ? "" : ",") + text;
  }
  std::vector<std::string> missing;
  for (std::size_t column = 0; column < required_columns; ++column) {
    if (field_of_[column] == absent) missing.push_back(column_names()[column]);
  }
  if (!missing.empty()) {
    throw Error::input(csv_.place(), fmt::format("missing column{} {}; needed: {}", missing.size() == 1 ? "" : "s",
                                                 joined(missing, ", "), all_columns));
  }
}

bool TraceReader::next(Gemm& gemm) {
  if (!csv_.next()) {
    if (!any_row_) throw Error::input({csv_.name(), 0, 0}, "has no GeMM, only the header row");
    return false;
  }
  any_row_ = true;
  csv_.expect_fields(fields_, header_);

  const auto text = [this](Column column) { return csv_.text(field_of_[column], column_names()[column]); };
  const auto number = [this](Column column, std::uint64_t min, std::uint64_t max) {
    return csv_.whole_number(field_of_[column], column_names()[column], min, max);
  };
  // Optional fields may be empty, so that one row can leave open what another sets.
  const auto given = [this](Column column) {
    return field_of_[column] != absent && !csv_.row()[field_of_[column]].text.empty();
  };
  gemm.name.assign(text(name));
  gemm.layer = static_cast<std::uint32_t>(number(layer, 0, max_layer));
  gemm.tensor.assign(text(tensor));
  gemm.m = number(m, 1, max_gemm_dimension);
  gemm.k = number(k, 1, max_gemm_dimension);
  gemm.n = number(n, 1, max_gemm_dimension);
  gemm.count = given(count) ? number(count, 1, max_count) : 1;
  gemm.weight_bits = given(weight_bits) ? static_cast<std::uint32_t>(number(weight_bits, 1, max_weight_bits)) : 0;
  if (!macs_fit(gemm)) {
    throw Error::input(csv_.place(field_of_[m]),
                       fmt::format("the GeMM is too large: m·k·n·count = {}·{}·{}·{}, must be at most 2^62", gemm.m,
                                   gemm.k, gemm.n, gemm.count));
  }
  return true;
}

}  // namespace anda::sim
