// SPDX-License-Identifier: Apache-2.0
#include "cli/cache_command.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <anda/base/error.h>
#include <ctime>
#include <filesystem>

#include "cli/command_line.h"
#include "files/program_id.h"
#include "report/human.h"
#include "report/text_grid.h"
#include "system/gemm_store.h"
#include "system/store_file.h"
#include "text/characters.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr std::uint64_t bytes_of_a_mib = std::uint64_t{1} << 20;
constexpr std::uint64_t most_mib = std::uint64_t{1} << 24;
constexpr std::size_t shown_digits = 12;

constexpr const char* cache_usage =
    "Usage: anda-sim cache [DIR] [options]\n"
    "\n"
    "Lists the stored results of simulated GeMMs in DIR, by default the user's cache,\n"
    "$XDG_CACHE_HOME/anda-sim or ~/.cache/anda-sim. Sweeps, explorations and\n"
    "comparisons share it. See docs/performance.md.\n"
    "\n";

po::options_description cache_options() {
  po::options_description options("Options");
  options.add_options()                                                                     //
      ("verify", "check every result and delete damaged ones; status 1 if there were any")  //
      ("clear", "delete everything")                                                        //
      ("limit", po::value<std::string>()->value_name("MIB"), "set the maximum size")        //
      ("help,h", "show this help");
  return options;
}

std::string when(std::uint64_t seconds) {
  return fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(static_cast<std::time_t>(seconds)));
}

/// A size in the unit of --limit.
std::string mebibytes(std::uint64_t bytes) { return plain_text(static_cast<double>(bytes) / (1 << 20)) + " MiB"; }

void list(StoreTables& tables, const std::string& folder, std::ostream& out) {
  const std::vector<StoreTables::Entry> entries = tables.list();
  std::uint64_t gemms = 0;
  for (const StoreTables::Entry& entry : entries) gemms += entry.gemms;
  out << for_terminal(fmt::format("{}: {} results of {} machine{}, {} of at most {}\n", folder, gemms, entries.size(),
                                  entries.size() == 1 ? "" : "s", mebibytes(tables.bytes()),
                                  mebibytes(tables.limit_bytes())));
  if (entries.empty()) return;
  TextGrid grid({"last used", "system", "level", "results", "size", "program"});
  for (const StoreTables::Entry& entry : entries) {
    grid.row({when(entry.used), shortened(entry.system, shown_digits), shortened(entry.level, shown_digits),
              std::to_string(entry.gemms), mebibytes(entry.bytes),
              entry.program == program_id() ? "this one" : shortened(entry.program, shown_digits)});
  }
  grid.print(out);
}

int verify(Database& file, StoreTables& tables, const std::string& folder, std::ostream& out) {
  Database::Statement check(file, "PRAGMA quick_check(1)");
  if (!check.step() || check.view(0) != "ok") {
    throw Error::run(folder + ": is damaged: " + check.text(0) + "; --clear deletes it");
  }
  check.reset();
  const std::uint64_t damaged = tables.drop_damaged();
  out << for_terminal(fmt::format(
      "{}: {}\n", folder, damaged == 0 ? "every result is intact" : fmt::format("{} damaged, deleted", damaged)));
  return damaged == 0 ? 0 : 1;
}

void clear(const std::string& folder, std::ostream& out) {
  const FileDescriptor lock = lock_store(folder, LOCK_EX | LOCK_NB);
  if (lock.get() < 0) throw Error::run(folder + " is in use by a simulation; wait for it to end");
  remove_store(folder);
  out << for_terminal(folder + ": empty\n");
}

}  // namespace

CommandHelp cache_help() { return {cache_usage, cache_options(), ""}; }

int cache_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = cache_help();
  const CommandLine options("anda-sim cache", help.options, args, {1, {}});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  if (options.has("verify") + options.has("clear") + options.has("limit") > 1) {
    options.refuse("takes one of --verify, --clear and --limit");
  }
  const std::uint64_t limit = options.number("limit", 1, most_mib) * bytes_of_a_mib;
  const std::string folder = options.files().empty() ? user_cache_folder() : options.files().front();
  if (folder.empty()) options.refuse("needs a folder: neither XDG_CACHE_HOME nor HOME names one");
  const std::string path = folder + "/" + GemmStore::file_name;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    if (!options.has("limit")) {
      out << for_terminal(folder + ": empty\n");
      return 0;
    }
    std::filesystem::create_directories(folder, error);
  }
  try {
    if (options.has("clear")) {
      clear(folder, out);
      return 0;
    }
    const FileDescriptor lock = lock_store(folder, LOCK_SH);
    Database file(path, Database::Open::create);
    StoreTables tables(file);
    if (options.has("verify")) return verify(file, tables, folder, out);
    if (options.has("limit")) tables.set_limit_bytes(limit);
    list(tables, folder, out);
    return 0;
  } catch (const Database::Failure& failure) {
    throw Error::run(folder + ": " + failure.what() + "; --clear deletes it");
  }
}

}  // namespace anda::sim
