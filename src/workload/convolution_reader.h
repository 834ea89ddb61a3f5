// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_CONVOLUTION_READER_H
#define ANDA_SIM_WORKLOAD_CONVOLUTION_READER_H

#include <cstddef>
#include <cstdint>
#include <string>

#include "workload/csv.h"
#include "workload/gemm.h"

namespace anda::sim {

/// Reads a SCALE-Sim convolution topology. im2col turns each convolution into a GeMM: m = output height × output width,
/// k = filter height × filter width × channels, n = filters. The output has ceil((input − filter) / stride) + 1 rows
/// and columns, as in SCALE-Sim. A depth-wise convolution, which SCALE-Sim marks by DP in its name, is a single-channel
/// GeMM that runs once per channel. The rows' numbers, from 0, become the layers.
class ConvolutionReader : public GemmSource {
 public:
  explicit ConvolutionReader(const std::string& path, std::string tensor = "A");

  bool next(Gemm& gemm) override;

 private:
  void check_header();
  std::uint64_t number(std::size_t column) const;
  /// Number of filter positions along an axis.
  std::uint64_t outputs(std::size_t input_column, std::size_t filter_column, std::uint64_t stride) const;

  CsvReader csv_;
  std::string tensor_;
  std::size_t columns_ = 0;
  std::uint64_t row_ = 0;
};

}  // namespace anda::sim

#endif
