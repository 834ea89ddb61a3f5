// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_DATA_HOST_H
#define ANDA_SIM_SYSTEM_DATA_HOST_H

#include <anda/accelerator/accelerator.h>
#include <anda/control/descriptor.h>

#include <memory>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "data/gemm_data.h"
#include "data/tensor_dump.h"

namespace anda::sim {

/// The data side of a host, in a functional simulation: puts the operands of a GeMM into its system's memory and takes
/// the results out, by debug transport and so in no time.
class DataHost {
 public:
  /// `dump`: where tensors go, nullptr: nowhere. `writes_operands`: into the dump; they are the same for all systems.
  DataHost(const RunConfig& config, std::string system, Accelerator& accelerator, TensorDump* dump,
           bool writes_operands);

  /// Before the GeMM runs.
  void place(const Gemm& gemm, std::uint64_t index, const GemmTask& task, const GemmDescriptor& descriptor);

  /// After it has run: what the results are worth. Throws Error (run) for an infinity or NaN among the results of a
  /// compressor, unless the configuration says saturate.
  DataErrors collect(const Gemm& gemm, std::uint64_t index, const GemmTask& task, const GemmDescriptor& descriptor);

 private:
  void access(tlm::tlm_command command, std::uint64_t address, std::vector<std::uint8_t>& bytes);

  const FunctionalConfig& config_;
  std::string system_;
  Accelerator& accelerator_;
  std::unique_ptr<Arithmetic> arithmetic_;
  TensorDump* dump_;
  bool writes_operands_;
  GemmData data_;
  EncodingLoss loss_;
};

/// Error (input) if the operands of a GeMM are not right for one of the systems.
void check_data(const RunConfig& config, const Gemm& gemm, std::uint64_t index, const GemmTask& task);

}  // namespace anda::sim

#endif
