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
#include "system/op_record.h"

namespace anda::sim {

/// The data side of a host in a functional simulation: stores an operation's operands in its system's memory and
/// retrieves the results, both by debug transport and thus in zero time.
class DataHost {
 public:
  DataHost(const RunConfig& config, std::string system, Accelerator& accelerator)
      : config_(config.functional), system_(std::move(system)), accelerator_(accelerator) {}
  DataHost(const DataHost&) = delete;
  DataHost& operator=(const DataHost&) = delete;
  virtual ~DataHost() = default;

  /// Places the operands before a run, one of gemm.count, of an operation; the record holds the work.
  virtual void place(const OpRecord& record, std::uint64_t run, const GemmAddresses& addresses) = 0;

  /// Collects the results after a run and adds their errors to `errors`. Throws Error (run) if a result that is encoded
  /// in groups is infinite or NaN, unless the configuration says saturate.
  virtual void collect(const OpRecord& record, std::uint64_t run, const GemmAddresses& addresses,
                       DataErrors& errors) = 0;

 protected:
  const FunctionalConfig& config() const { return config_; }
  const std::string& system() const { return system_; }
  Accelerator& accelerator() { return accelerator_; }
  std::uint32_t rows() const { return accelerator_.config().mxu.rows; }

  void write(std::uint64_t address, std::vector<std::uint8_t> bytes) { access(tlm::TLM_WRITE_COMMAND, address, bytes); }
  std::vector<std::uint8_t> read(std::uint64_t address, std::uint64_t count) {
    std::vector<std::uint8_t> bytes(count);
    access(tlm::TLM_READ_COMMAND, address, bytes);
    return bytes;
  }
  /// Adds the machine's losses in the last operation.
  void add_losses(const Gemm& gemm, DataErrors& errors) const;

 private:
  void access(tlm::tlm_command command, std::uint64_t address, std::vector<std::uint8_t>& bytes);

  const FunctionalConfig& config_;
  std::string system_;
  Accelerator& accelerator_;
};

/// The data host of workload.scope gemms: each GeMM has its own operands, and its repetitions use the same ones.
class GemmDataHost : public DataHost {
 public:
  /// `dump`: receives the tensors; nullptr: none. `writes_operands`: also dumps the operands, which are the same for
  /// all systems.
  GemmDataHost(const RunConfig& config, std::string system, Accelerator& accelerator, TensorDump* dump,
               bool writes_operands);

  void place(const OpRecord& record, std::uint64_t run, const GemmAddresses& addresses) override;
  void collect(const OpRecord& record, std::uint64_t run, const GemmAddresses& addresses, DataErrors& errors) override;

 private:
  std::unique_ptr<Arithmetic> arithmetic_;
  TensorDump* dump_;
  bool writes_operands_;
  GemmData data_;
  EncodingLoss loss_;
};

/// Throws Error (input) if a GeMM's operands are invalid for one of the systems; `tasks` holds its task on each.
void check_data(const RunConfig& config, const Gemm& gemm, std::uint64_t index, const std::vector<GemmTask>& tasks);

}  // namespace anda::sim

#endif
