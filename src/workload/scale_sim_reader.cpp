// SPDX-License-Identifier: Apache-2.0
#include "workload/scale_sim_reader.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "text/text.h"
#include "workload/gemm_limits.h"

namespace anda::sim {
namespace {

constexpr const char* columns = "Layer, M, N, K";
constexpr std::size_t column_count = 4;

std::vector<std::string> lower_header(const CsvReader& csv) {
  std::vector<std::string> cells;
  for (const CsvField& field : csv.row()) cells.push_back(lower_case(field.text));
  while (!cells.empty() && cells.back().empty()) cells.pop_back();
  return cells;
}

bool is_convolution(const std::vector<std::string>& header) {
  for (const std::string& cell : header) {
    if (starts_with(cell, "ifmap") || starts_with(cell, "filter h") || starts_with(cell, "num filter")) return true;
  }
  return false;
}

CsvReader at_topology_header(const std::string& path) {
  CsvReader csv(path);
  csv.expect_header(columns);
  return csv;
}

}  // namespace

ScaleSimReader::ScaleSimReader(const std::string& path, std::string tensor)
    : ScaleSimReader(at_topology_header(path), std::move(tensor)) {}

ScaleSimReader::ScaleSimReader(CsvReader csv, std::string tensor) : csv_(std::move(csv)), tensor_(std::move(tensor)) {
  csv_.drop_empty_tail();
  check_header();
}

bool ScaleSimReader::recognises(const CsvReader& header) {
  const std::vector<std::string> cells = lower_header(header);
  if (is_convolution(cells)) return true;
  // SCALE-Sim itself ignores the header: files name the first column freely and may have a trailing comma.
  if (cells.size() < column_count || (cells.size() > column_count && !starts_with(cells[0], "layer"))) return false;
  // Our own traces may also start with the column layer, but then have other columns that SCALE-Sim lacks.
  std::size_t dimensions = 0;
  for (const std::string& cell : cells) {
    if (cell == "name" || cell == "tensor") return false;
    if (cell == "m" || cell == "n" || cell == "k") ++dimensions;
  }
  return dimensions == 3;
}

void ScaleSimReader::check_header() {
  const std::vector<std::string> cells = lower_header(csv_);
  if (is_convolution(cells)) {
    throw Error::input(
        csv_.place(),
        fmt::format(
            "this is a SCALE-Sim convolution topology, only GEMM topologies (Layer, M, N, K,) can be run; `anda-sim "
            "trace --scale-sim {} --convolutions -o trace.csv` converts the convolutions to GeMMs, which can be run",
            csv_.name()));
  }
  const bool right_order = cells.size() >= column_count && cells[1] == "m" && cells[2] == "n" && cells[3] == "k";
  if (!right_order) {
    throw Error::input(csv_.place(),
                       "the first row of a SCALE-Sim GEMM topology must be \"Layer, M, N, K,\" in this "
                       "order");
  }
  if (cells.size() > column_count) {
    const std::string_view extra = csv_.row()[column_count].text;
    const bool sparse = cells[column_count].find("spars") != std::string::npos;
    throw Error::input(csv_.place(column_count),
                       sparse ? fmt::format("column {}: sparse GeMMs are not modelled; remove the column to run them "
                                            "as dense ones",
                                            shown(extra))
                              : fmt::format("unknown column {}; a GEMM topology has {}", shown(extra), columns));
  }
}

bool ScaleSimReader::next(Gemm& gemm) {
  if (!csv_.next()) {
    if (row_ == 0) throw Error::input({csv_.name(), 0, 0}, "has no GeMM, only the header row");
    return false;
  }
  csv_.drop_empty_tail();
  csv_.expect_fields(column_count, columns);
  if (row_ > max_layer) {
    throw Error::input(csv_.place(), fmt::format("more than {} rows: each is a separate layer", max_layer + 1));
  }
  gemm.name.assign(csv_.text(0, "Layer"));
  gemm.layer = static_cast<std::uint32_t>(row_++);
  gemm.tensor = tensor_;
  gemm.m = csv_.whole_number(1, "M", 1, max_gemm_dimension);
  gemm.n = csv_.whole_number(2, "N", 1, max_gemm_dimension);
  gemm.k = csv_.whole_number(3, "K", 1, max_gemm_dimension);
  gemm.count = 1;
  gemm.weight_bits = 0;
  if (!macs_fit(gemm)) {
    throw Error::input(csv_.place(1), fmt::format("the GeMM is too large: M·N·K = {}·{}·{}, must be at most 2^62",
                                                  gemm.m, gemm.n, gemm.k));
  }
  return true;
}

}  // namespace anda::sim
