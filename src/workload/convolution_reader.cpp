// SPDX-License-Identifier: Apache-2.0
#include "workload/convolution_reader.h"

#include <anda/base/math.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "text/text.h"
#include "workload/gemm_limits.h"

namespace anda::sim {
namespace {

enum Column : std::size_t { layer, ifmap_height, ifmap_width, filter_height, filter_width, channels, filters, strides };

struct ColumnName {
  const char* name;
  const char* start;  ///< start of the header's word, in lower case: files differ in the rest
};
constexpr std::array<ColumnName, 8> column_names{{{"Layer name", "layer"},
                                                  {"IFMAP Height", "ifmap h"},
                                                  {"IFMAP Width", "ifmap w"},
                                                  {"Filter Height", "filter h"},
                                                  {"Filter Width", "filter w"},
                                                  {"Channels", "channel"},
                                                  {"Num Filter", "num filt"},
                                                  {"Strides", "stride"}}};
constexpr const char* all_columns =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides";
constexpr const char* depth_wise = "DP";

CsvReader at_header(const std::string& path) {
  CsvReader csv(path);
  csv.expect_header(all_columns);
  return csv;
}

}  // namespace

ConvolutionReader::ConvolutionReader(const std::string& path, std::string tensor)
    : csv_(at_header(path)), tensor_(std::move(tensor)) {
  csv_.drop_empty_tail();
  check_header();
}

void ConvolutionReader::check_header() {
  columns_ = csv_.row().size();
  for (std::size_t i = 0; i < columns_ && i <= column_names.size(); ++i) {
    const std::string cell = lower_case(csv_.row()[i].text);
    // Newer files may have one stride per direction.
    const ColumnName& wanted = column_names[std::min<std::size_t>(i, strides)];
    if (starts_with(cell, wanted.start)) continue;
    const bool sparse = cell.find("spars") != std::string::npos;
    throw Error::input(csv_.place(i),
                       fmt::format("column {}: {}; a convolution topology has {}", shown(csv_.row()[i].text),
                                   sparse ? "sparse convolutions are not modelled, remove the column"
                                          : fmt::format("must be {}", wanted.name),
                                   all_columns));
  }
  if (columns_ < column_names.size() || columns_ > column_names.size() + 1) {
    throw Error::input(csv_.place(),
                       fmt::format("has {} columns; a convolution topology has {}", columns_, all_columns));
  }
}

std::uint64_t ConvolutionReader::number(std::size_t column) const {
  return csv_.whole_number(column, column_names[std::min<std::size_t>(column, strides)].name, 1, max_gemm_dimension);
}

std::uint64_t ConvolutionReader::outputs(std::size_t input_column, std::size_t filter_column,
                                         std::uint64_t stride) const {
  const std::uint64_t input = number(input_column);
  const std::uint64_t filter = number(filter_column);
  if (filter > input) {
    throw csv_.field_error(filter_column, column_names[filter_column].name,
                           fmt::format("is larger than the input, {}", input));
  }
  return ceil_div(input - filter, stride) + 1;
}

bool ConvolutionReader::next(Gemm& gemm) {
  if (!csv_.next()) {
    if (row_ == 0) throw Error::input({csv_.name(), 0, 0}, "has no convolution, only the header row");
    return false;
  }
  csv_.drop_empty_tail();
  csv_.expect_fields(columns_, all_columns);
  if (row_ > max_layer) {
    throw Error::input(csv_.place(), fmt::format("more than {} rows: each is a separate layer", max_layer + 1));
  }
  gemm.name.assign(csv_.text(layer, column_names[layer].name));
  gemm.layer = static_cast<std::uint32_t>(row_++);
  gemm.tensor = tensor_;
  gemm.count = 1;
  gemm.weight_bits = 0;
  std::uint64_t depth = number(channels);
  if (gemm.name.find(depth_wise) != std::string::npos) std::swap(depth, gemm.count);
  const std::uint64_t stride = number(strides);
  const std::uint64_t stride_across = columns_ > column_names.size() ? number(strides + 1) : stride;
  // Each factor is at most 2^24: a product of two fits in 64 bits, one of three may not.
  const auto product = [this](const char* what, std::uint64_t a, std::uint64_t b) {
    if (a * b <= max_gemm_dimension) return a * b;
    throw Error::input(csv_.place(), fmt::format("the GeMM is too large: {} = {}·{}, must be at most {}", what, a, b,
                                                 max_gemm_dimension));
  };
  gemm.m = product("m = output height · output width", outputs(ifmap_height, filter_height, stride),
                   outputs(ifmap_width, filter_width, stride_across));
  gemm.k = product("k = filter size · channels",
                   product("filter height · filter width", number(filter_height), number(filter_width)), depth);
  gemm.n = number(filters);
  if (!macs_fit(gemm)) {
    throw Error::input(csv_.place(),
                       fmt::format("the GeMM is too large: m·k·n·count = {}·{}·{}·{}, must be at most 2^62", gemm.m,
                                   gemm.k, gemm.n, gemm.count));
  }
  return true;
}

}  // namespace anda::sim
