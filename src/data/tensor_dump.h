// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_DATA_TENSOR_DUMP_H
#define ANDA_SIM_DATA_TENSOR_DUMP_H

#include <string>
#include <vector>

#include "data/gemm_data.h"
#include "files/file_set.h"

namespace anda::sim {

/// Writes tensors as .npy files into a folder: <row>.activations, .weights (as given), .codes and .scales (as in
/// memory) for the rows of the workload, and <system>/<row>.outputs. Passing the folder as functional.activations and
/// functional.weights repeats the run with the same data. For an inference: <row>.codes and .scales, or .weights in
/// FP16, .gamma and .beta, and <system>/<row>.inputs and .outputs. The files are part of the run's FileSet.
class TensorDump {
 public:
  /// Creates the folder.
  TensorDump(FileSet& files, std::string folder);

  void operands(std::uint64_t index, const GemmData& data);
  void weights(std::uint64_t index, const WeightTensor& weights);
  void vector(std::uint64_t index, const char* name, const std::vector<float>& values);
  void inputs(const std::string& system, std::uint64_t index, const std::vector<Fp16>& values, std::uint64_t rows,
              std::uint64_t columns);
  void results(const std::string& system, std::uint64_t index, const std::vector<Fp16>& values, std::uint64_t m,
               std::uint64_t n);

 private:
  void write(const std::string& name, const Array& array);

  FileSet& files_;
  std::string folder_;
};

}  // namespace anda::sim

#endif
