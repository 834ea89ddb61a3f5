// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_KNOWN_GEMMS_H
#define ANDA_SIM_SYSTEM_KNOWN_GEMMS_H

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "system/compiler.h"
#include "system/gemm_store.h"
#include "system/op_record.h"

namespace anda::sim {

/// Of a GeMM its own, of anything else behind a word that no GeMM starts with.
std::string task_bytes(const Work& work);

/// What tasks of a system have taken before, in this run and, with a store, in earlier ones. Every GeMM starts on an
/// idle machine, so that a task takes the same again: where the memory is not the detailed one, exactly.
class KnownGemms {
 public:
  /// Shape of a step and counts of a task.
  using Result = std::pair<StepShape, Counts>;

  /// Weights that load under a task, of the GeMM behind it.
  struct Ahead {
    GemmTask next = {};
    std::uint64_t loads = 0;  ///< 0: none
  };
  /// What a task takes depends on, beside itself.
  struct Neighbours {
    std::uint64_t held = 0;  ///< loads of its own weights that were made under the operation before
    Ahead ahead = {};
  };

  /// In this run only.
  KnownGemms() = default;
  /// `machine`: of the store.
  KnownGemms(GemmStore& store, std::uint64_t machine) : store_(&store), machine_(machine) {}

  /// Valid until the next call; nullptr for work that is not known.
  const Result* find(const Work& work, const Neighbours& neighbours);
  void add(const Work& work, const Neighbours& neighbours, Result result);

 private:
  static constexpr std::size_t most_remembered = 4096;

  const Result* remember(const std::string& task, Result result);

  GemmStore* store_ = nullptr;
  std::uint64_t machine_ = 0;
  std::unordered_map<std::string, Result> remembered_;
  Result last_;  ///< one that there was no room for
};

/// A whole run of a system in a store, for a memory whose state is carried over from GeMM to GeMM: what one takes
/// follows from the machine and all tasks until then, so that it is stored under all of them.
class KnownRun {
 public:
  KnownRun(GemmStore& store, std::uint64_t machine) : store_(store), machine_(machine) {}

  /// A GeMM that follows those before; `record` has its task and how often it runs. Looks it up and is to be called for
  /// all of a run before the other functions.
  void follow(const OpRecord& record);
  /// Whether every GeMM is known, and what the memory counted.
  bool is_complete();

  /// Shape of a step and counts of the next GeMM, from the first again.
  void take(OpRecord& record);
  const dram::Statistics& statistics() const { return *statistics_; }

  /// In place of take(): the next GeMM was simulated.
  void add(const OpRecord& record);
  void add(const dram::Statistics& statistics);

 private:
  static constexpr std::size_t most_bytes = 1u << 26;  // that are held; longer runs are simulated

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
