// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_SCALE_SIM_READER_H
#define ANDA_SIM_WORKLOAD_SCALE_SIM_READER_H

#include <cstdint>
#include <string>

#include "workload/csv.h"
#include "workload/gemm.h"

namespace anda::sim {

/// Reads a SCALE-Sim GEMM topology: `Layer, M, N, K,` with M the rows of A, N the columns of W and K the shared
/// dimension. The rows' numbers, from 0, become the layers.
class ScaleSimReader : public GemmSource {
 public:
  explicit ScaleSimReader(const std::string& path, std::string tensor = "A");
  /// `csv` is positioned at the header row.
  explicit ScaleSimReader(CsvReader csv, std::string tensor = "A");

  bool next(Gemm& gemm) override;

  /// Whether a header is SCALE-Sim's, of a GEMM or a convolution topology.
  static bool recognises(const CsvReader& header);

 private:
  void check_header();

  CsvReader csv_;
  std::string tensor_;
  std::uint64_t row_ = 0;
};

}  // namespace anda::sim

#endif
