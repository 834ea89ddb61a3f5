// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_TRACE_READER_H
#define ANDA_SIM_WORKLOAD_TRACE_READER_H

#include <array>
#include <cstddef>
#include <string>

#include "workload/csv.h"
#include "workload/gemm.h"

namespace anda::sim {

/// Reads a GeMM trace row by row: name,layer,tensor,m,k,n[,count][,weight_bits] in any order. docs/traces.md describes
/// the format.
class TraceReader : public GemmSource {
 public:
  explicit TraceReader(const std::string& path);
  /// `csv` is positioned at the header row.
  explicit TraceReader(CsvReader csv);

  bool next(Gemm& gemm) override;

 private:
  static constexpr std::size_t columns = 8;
  static constexpr std::size_t absent = static_cast<std::size_t>(-1);

  void read_header();

  CsvReader csv_;
  std::array<std::size_t, columns> field_of_{};  ///< field index of each column
  std::size_t fields_ = 0;
  std::string header_;  ///< column names of this file, for messages
  bool any_row_ = false;
};

}  // namespace anda::sim

#endif
