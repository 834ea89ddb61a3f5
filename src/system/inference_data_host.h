// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_INFERENCE_DATA_HOST_H
#define ANDA_SIM_SYSTEM_INFERENCE_DATA_HOST_H

#include <memory>
#include <string>

#include "system/data_host.h"
#include "system/inference_state.h"

namespace anda::sim {

/// The data host of workload.scope layer and model: the results of an operation become the operands of its readers. The
/// host's work between operations takes no time, as in the timing model.
class InferenceDataHost : public DataHost {
 public:
  /// `dump`: receives the tensors; nullptr: none. `writes_parameters`: also dumps the parameters, which are the same
  /// for all systems.
  InferenceDataHost(const RunConfig& config, std::string system, Accelerator& accelerator, TensorDump* dump,
                    bool writes_parameters);

  void place(const OpRecord& record, std::uint64_t run, const GemmAddresses& addresses) override;
  void collect(const OpRecord& record, std::uint64_t run, const GemmAddresses& addresses, DataErrors& errors) override;

 private:
  using Values = InferenceState::Values;

  void put_x(const OpRecord& record, const GemmAddresses& addresses, Values& x);
  void put_second(const OpRecord& record, const GemmAddresses& addresses);
  void take_appended(const OpRecord& record, std::uint64_t run, const WeightTensor& tensor, DataErrors& errors);
  void dump(const OpRecord& record, std::uint64_t run, const Values& results, std::uint64_t width);

  const KvCacheConfig& cache_;
  InferenceState state_;
  std::unique_ptr<Arithmetic> arithmetic_;
  InferenceState::Operands operands_;  // of the current run
  DataErrors placed_;                  // losses in encoding them
  TensorDump* dump_;
  bool writes_parameters_;
  Values dumped_inputs_;  // of the operation's runs so far
  Values dumped_results_;
};

}  // namespace anda::sim

#endif
