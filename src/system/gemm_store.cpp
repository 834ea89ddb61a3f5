// SPDX-License-Identifier: Apache-2.0
#include "system/gemm_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <systemc>

#include "config/level_choice.h"
#include "config/sha256.h"
#include "config/writer.h"
#include "files/bytes.h"
#include "files/program_id.h"
#include "system/store_file.h"

namespace anda::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_pending_bytes = 1u << 22;

std::uint64_t seconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

/// Returns a hash of everything besides the task that its result depends on.
std::string key_of(const RunConfig& config, const Element& system) {
  RunConfig machine = config;
  machine.name.clear();
  machine.workload = {};
  machine.precision = {};
  machine.technology = technology_16nm();
  machine.systems = {system};
  machine.clear_named_outputs();
  // With the detailed memory a result depends on the preceding GeMMs, some of which folding omits.
  if (config.dram.level != DramLevel::detailed) machine.simulation.fold_layers = false;
  return sha256_hex(program_id() + "\n" + sc_core::sc_release() + "\n" + to_yaml(machine));
}

}  // namespace

struct GemmStore::Open {
  explicit Open(const std::string& path)
      : file(path, Database::Open::create),
        tables(file),
        find_machine(file, "SELECT id FROM machines WHERE key = ?"),
        find(file, "SELECT result FROM gemms WHERE machine = ? AND task = ?"),
        add_machine(file, "INSERT INTO machines (key, system, level, program, used) VALUES (?, ?, ?, ?, ?)"),
        add(file, "INSERT OR REPLACE INTO gemms (machine, task, result) VALUES (?, ?, ?)"),
        use(file, "UPDATE machines SET used = ? WHERE id = ?") {}

  Database file;
  StoreTables tables;
  Database::Statement find_machine;
  Database::Statement find;
  Database::Statement add_machine;
  Database::Statement add;
  Database::Statement use;
};

std::string user_cache_folder() {
  const char* caches = std::getenv("XDG_CACHE_HOME");
  if (caches != nullptr && *caches == '/') return std::string(caches) + "/anda-sim";
  const char* home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? std::string(home) + "/.cache/anda-sim" : "";
}

GemmStore::GemmStore(const std::string& folder) : folder_(folder) {
  if (program_id().empty()) {
    give_up("this program was linked without a build id, which distinguishes the results of other versions");
    return;
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    give_up(error.message());
    return;
  }
  lock_ = lock_store(folder_, LOCK_SH);
  open();
}

GemmStore::~GemmStore() { keep(); }

void GemmStore::open() {
  const std::string path = folder_ + "/" + file_name;
  try {
    open_ = std::make_unique<Open>(path);
  } catch (const Database::Failure& failure) {
    if (failure.kind() == Database::Failure::Kind::damaged && start_anew()) return;
    give_up(failure.what());
  }
}

/// Replaces a damaged file, unless another process is using it.
bool GemmStore::start_anew() {
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) return false;
  bool is_good = false;
  try {
    remove_store(folder_);
    open_ = std::make_unique<Open>(folder_ + "/" + file_name);
    problem_ = "the database was damaged; a new one was created";
    is_good = true;
  } catch (const Database::Failure&) {
    open_.reset();
  }
  static_cast<void>(::flock(lock_.get(), LOCK_SH) == 0);
  return is_good;
}

void GemmStore::give_up(const std::string& problem) {
  open_.reset();
  pending_.clear();
  problem_ = "cannot be used: " + problem;
}

template <class Action>
void GemmStore::attempt(const Action& action) {
  if (!open_) return;
  try {
    action();
  } catch (const Database::Failure& failure) {
    if (failure.kind() == Database::Failure::Kind::damaged) {
      open_.reset();
      for (Machine& machine : machines_) machine.id = 0;
      if (start_anew()) return;
    }
    give_up(failure.what());
  }
}

std::uint64_t GemmStore::machine(const RunConfig& config, const Element& system) {
  Machine machine{key_of(config, system), system.name(), level_text(config.accelerator.level, config.dram.level)};
  attempt([&] {
    open_->find_machine.bind_text(1, machine.key);
    if (open_->find_machine.step()) machine.id = open_->find_machine.number(0);
    open_->find_machine.reset();
  });
  machines_.push_back(std::move(machine));
  return machines_.size() - 1;
}

std::optional<std::string> GemmStore::find(std::uint64_t machine, const std::string& task) {
  const auto waiting = pending_.find({machine, task});
  if (waiting != pending_.end()) return waiting->second;
  std::optional<std::string> result;
  attempt([&] {
    if (machines_[machine].id == 0) return;
    open_->find.bind(1, machines_[machine].id);
    open_->find.bind_bytes(2, task);
    if (open_->find.step()) {
      result = unsealed(machines_[machine].key + task, open_->find.view(0));
      if (!result) ++damaged_;
    }
    open_->find.reset();
  });
  if (result) machines_[machine].used = true;
  return result;
}

void GemmStore::add(std::uint64_t machine, const std::string& task, std::string_view result) {
  if (!open_) return;
  pending_bytes_ += task.size() + result.size();
  pending_.insert_or_assign({machine, task}, std::string(result));
  machines_[machine].used = true;
  if (pending_bytes_ > most_pending_bytes) keep();
}

void GemmStore::keep() {
  attempt([&] {
    bool any = !pending_.empty();
    for (const Machine& machine : machines_) any = any || machine.used;
    if (!any) return;
    Database::Transaction transaction(open_->file);
    write_pending();
    make_room();
    transaction.commit();
    open_->tables.shrink();
    pending_.clear();
  });
  pending_bytes_ = 0;
}

void GemmStore::write_pending() {
  for (Machine& machine : machines_) {
    if (!machine.used) continue;
    // Another process may have added this machine first, or may have evicted it to make room.
    open_->find_machine.bind_text(1, machine.key);
    machine.id = open_->find_machine.step() ? open_->find_machine.number(0) : 0;
    open_->find_machine.reset();
    if (machine.id == 0) {
      open_->add_machine.bind_text(1, machine.key);
      open_->add_machine.bind_text(2, machine.system);
      open_->add_machine.bind_text(3, machine.level);
      open_->add_machine.bind_text(4, program_id());
      open_->add_machine.bind(5, seconds_now());
      open_->add_machine.run();
      machine.id = open_->file.number("SELECT last_insert_rowid()");
    }
    open_->use.bind(1, seconds_now());
    open_->use.bind(2, machine.id);
    open_->use.run();
    machine.used = false;
  }
  for (const auto& [at, result] : pending_) {
    const auto& [machine, task] = at;
    open_->add.bind(1, machines_[machine].id);
    open_->add.bind_bytes(2, task);
    open_->add.bind_bytes(3, sealed(machines_[machine].key + task, result));
    open_->add.run();
  }
}

void GemmStore::make_room() {
  const std::uint64_t limit = open_->tables.limit_bytes();
  while (open_->tables.bytes() > limit && open_->tables.drop_oldest()) {
  }
}

std::vector<std::string> GemmStore::problems() const {
  std::vector<std::string> problems;
  if (!problem_.empty()) problems.push_back(fmt::format("the results of earlier runs in {}: {}", folder_, problem_));
  if (damaged_ > 0) {
    problems.push_back(fmt::format("the results of earlier runs in {}: {} damaged, simulated again", folder_,
                                   damaged_ == 1 ? "one was" : std::to_string(damaged_) + " were"));
  }
  return problems;
}

}  // namespace anda::sim
