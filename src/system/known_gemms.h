// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_KNOWN_GEMMS_H
#define ANDA_SIM_SYSTEM_KNOWN_GEMMS_H

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "system/compiler.h"
#include "system/gemm_store.h"
#include "system/op_record.h"

namespace anda::sim {

/// Returns the key of a task: a GeMM's own bytes; for other work, a prefix word that no GeMM starts with and its bytes.
std::string task_bytes(const Work& work);

/// Results of a system's earlier tasks, from this run and, with a store, from earlier runs. Every GeMM starts on an
/// idle machine, so a repeated task takes the same time again: exactly so, unless the memory is the detailed one.
class KnownGemms {
 public:
  /// The result of a task.
  struct Result {
    StepShape step;
    Counts counts;
    std::uint64_t ticks = 0;  ///< simulated time, for fast_forward
  };
  enum class Use {
    folding,       ///< a known result replaces each equal task, in zero simulated time
    fast_forward,  ///< as folding, but only if the memory rests before and after, so that equal tasks are
                   ///< indistinguishable; simulated time advances
  };

  /// Weights of the following GeMM that are loaded under a task.
  struct Ahead {
    GemmTask next = {};
    std::uint64_t loads = 0;  ///< 0: none
  };
  /// What a task's result depends on besides the task itself.
  struct Neighbours {
    std::uint64_t held = 0;  ///< loads of its own weights already made under the preceding operation
    Ahead ahead = {};
  };

  /// Knows results of this run only.
  explicit KnownGemms(Use use = Use::folding) : use_(use) {}
  /// `machine`: number of the machine in the store.
  KnownGemms(GemmStore& store, std::uint64_t machine) : store_(&store), machine_(machine) {}

  Use use() const { return use_; }

  /// Returns a known result, valid until the next call; nullptr if the work is unknown.
  const Result* find(const Work& work, const Neighbours& neighbours);
  /// Stores a result and returns the stored copy, valid until the next call.
  const Result* add(const Work& work, const Neighbours& neighbours, Result result);

 private:
  static constexpr std::size_t most_remembered = 4096;

  const Result* remember(const std::string& task, Result result);

  Use use_ = Use::folding;
  GemmStore* store_ = nullptr;
  std::uint64_t machine_ = 0;
  std::unordered_map<std::string, Result> remembered_;
  Result last_;  ///< latest result that did not fit in remembered_
};

/// A system's whole run in a store, for a memory whose state carries over from GeMM to GeMM. A GeMM's result then
/// depends on the machine and on all tasks up to it, so it is stored under their combined key.
class KnownRun {
 public:
  KnownRun(GemmStore& store, std::uint64_t machine) : store_(store), machine_(machine) {}

  /// Looks up the next GeMM; `record` holds its task and repetitions. Must be called for all GeMMs of a run before the
  /// other functions.
  void follow(const OpRecord& record);
  /// Whether every GeMM and the memory statistics are known.
  bool is_complete();

  /// Sets the step shape and counts of the next GeMM, starting again from the first.
  void take(OpRecord& record);
  const dram::Statistics& statistics() const { return *statistics_; }

  /// Used instead of take(): adds the result of the next GeMM after its simulation.
  void add(const OpRecord& record);
  void add(const dram::Statistics& statistics);

 private:
  static constexpr std::size_t most_bytes = 1u << 26;  // held in memory; longer runs are simulated

  GemmStore& store_;
  std::uint64_t machine_;
  std::string history_;  ///< hash of all tasks so far
  std::string simulated_history_;
  bool is_known_ = true;
  std::size_t bytes_ = 0;
  std::size_t next_ = 0;
  std::vector<std::string> results_;
  std::optional<dram::Statistics> statistics_;
};

}  // namespace anda::sim

#endif
