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

/// The folder of results that all runs of a user share: anda-sim in XDG_CACHE_HOME or ~/.cache; empty if there is no
/// such place.
std::string user_cache_folder();

/// Results of simulated GeMMs in a folder, for later runs: by machine and task, which are all that they follow from.
/// Several processes may use it at a time and be killed; what is damaged is simulated again. No method throws for what
/// is wrong with the folder: the store is a means of saving time, so it finds nothing then and keeps nothing, and says
/// so in problems(). Not to be used on both sides of a fork.
class GemmStore {
 public:
  static constexpr const char* file_name = "gemms.sqlite";
  static constexpr std::uint64_t usual_limit_bytes = std::uint64_t{1} << 30;

  explicit GemmStore(const std::string& folder);
  GemmStore(const GemmStore&) = delete;
  GemmStore& operator=(const GemmStore&) = delete;
  /// Keeps what was added.
  ~GemmStore();

  /// A number for everything but the task that results follow from: the system's accelerator, its memory, the levels
  /// of detail, tiling, this program.
  std::uint64_t machine(const RunConfig& config, const Element& system);

  /// The result of a task, as it was added. `task`: bytes that tell it from every other one of the machine.
  std::optional<std::string> find(std::uint64_t machine, const std::string& task);
  void add(std::uint64_t machine, const std::string& task, std::string_view result);
  /// Everything that was added so far onto the disk; what was used least recently goes where there is too much.
  void keep();

  /// What is wrong, a sentence each.
  std::vector<std::string> problems() const;

 private:
  struct Machine {
    std::string key;
    std::string system;
    std::string level;
    std::uint64_t id = 0;  ///< in the file, 0: not there yet
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
