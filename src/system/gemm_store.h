// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_GEMM_STORE_H
#define ANDA_SIM_SYSTEM_GEMM_STORE_H

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/run_config.h"
#include "files/database.h"
#include "files/file_descriptor.h"

namespace anda::sim {

/// The folder of results shared by all runs of a user: anda-sim in XDG_CACHE_HOME or ~/.cache; empty if the environment
/// sets neither an absolute XDG_CACHE_HOME nor HOME.
std::string user_cache_folder();

/// A persistent store of GeMM results, keyed by machine and task, which fully determine them. Several processes may use
/// it at once and may be killed; damaged results are simulated again. The store only saves time, so no method throws
/// for a faulty folder: it then finds and keeps nothing, and problems() says so. Must not be used on both sides of a
/// fork.
class GemmStore {
 public:
  static constexpr const char* file_name = "gemms.sqlite";
  static constexpr std::uint64_t usual_limit_bytes = std::uint64_t{1} << 30;

  explicit GemmStore(const std::string& folder);
  GemmStore(const GemmStore&) = delete;
  GemmStore& operator=(const GemmStore&) = delete;
  /// Calls keep().
  ~GemmStore();

  /// Returns a number for everything besides the task that determines results: the system's accelerator, its memory,
  /// the levels of detail, tiling, this program.
  std::uint64_t machine(const RunConfig& config, const Element& system);

  /// Returns a task's result as it was added. `task`: bytes that identify it among the machine's tasks.
  std::optional<std::string> find(std::uint64_t machine, const std::string& task);
  void add(std::uint64_t machine, const std::string& task, std::string_view result);
  /// Writes all additions to disk; evicts the least recently used results if the store exceeds its limit.
  void keep();

  /// Describes the problems, one sentence each.
  std::vector<std::string> problems() const;

 private:
  struct Machine {
    std::string key;
    std::string system;
    std::string level;
    std::uint64_t id = 0;  ///< in the file; 0: not yet stored
    bool used = false;
  };
  struct Open;

  void open();
  bool start_anew();
  void give_up(const std::string& problem);
  template <class Action>
  void attempt(const Action& action);
  void write_pending();
  void make_room();

  std::string folder_;
  FileDescriptor lock_;
  std::unique_ptr<Open> open_;
  std::vector<Machine> machines_;
  std::map<std::pair<std::uint64_t, std::string>, std::string> pending_;
  std::size_t pending_bytes_ = 0;
  std::uint64_t damaged_ = 0;
  std::string problem_;
};

}  // namespace anda::sim

#endif
