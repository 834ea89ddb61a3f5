// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_DATA_TENSOR_DUMP_H
#define ANDA_SIM_DATA_TENSOR_DUMP_H

#include <string>
#include <vector>

#include "data/gemm_data.h"

namespace anda::sim {

/// Writes tensors as .npy files into a folder: <row>.activations, .weights (as given), .codes and .scales (as they are
/// in memory) for the rows of the workload, and <system>/<row>.outputs. A folder given as functional.activations and
/// functional.weights makes another run of the same data. Files of a run that does not end well are removed.
class TensorDump {
 public:
  /// Makes the folder.
  explicit TensorDump(std::string folder);
  TensorDump(const TensorDump&) = delete;
  TensorDump& operator=(const TensorDump&) = delete;
  /// Removes what was written, unless kept.
  ~TensorDump();

  void operands(std::uint64_t index, const GemmData& data);
  void results(const std::string& system, std::uint64_t index, const std::vector<Fp16>& values, std::uint64_t m,
               std::uint64_t n);

  void keep() { written_.clear(); }

 private:
  void make(const std::string& folder);
  void write(const std::string& name, const Array& array);

  std::string folder_;
  std::vector<std::string> written_;  ///< files and folders, in the order in which they were made
};

}  // namespace anda::sim

#endif
