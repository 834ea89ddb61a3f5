// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_TRACE_READER_H
#define ANDA_SIM_WORKLOAD_TRACE_READER_H

#include <array>
#include <cstddef>
#include <string>

#include "workload/csv.h"
#include "workload/gemm.h"

namespace anda::sim {

/// Reads a GeMM trace, one row at a time: name,layer,tensor,m,k,n[,count][,weight_bits] in any order.
/// docs/traces.md describes the format.
class TraceReader : public GemmSource {
 public:
  explicit TraceReader(const std::string& path);
  /// `csv` stands at the row that names the columns.
  explicit TraceReader(CsvReader csv);

  bool next(Gemm& gemm) override;

 private:
  static constexpr std::size_t columns = 8;
  static constexpr std::size_t absent = static_cast<std::size_t>(-1);

  void read_header();

  CsvReader csv_;
  std::array<std::size_t, columns> field_of_{};  ///< by column, the place in the row
  std::size_t fields_ = 0;
  std::string header_;  ///< the columns of this file, for messages
  bool any_row_ = false;
};

}  // namespace anda::sim

#endif
