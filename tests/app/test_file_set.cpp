// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/trace_test_files.h"
#include "files/file_set.h"
#include "files/leftovers.h"
#include "files/output_folder.h"

using namespace anda::sim;
using namespace trace_test;

namespace {

namespace fs = std::filesystem;

std::string file_set_error(const std::function<void()>& action) { return message_of(action, anda::Error::Kind::run); }

/// The number of a process that has ended.
pid_t ended_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

std::string leftover_of(pid_t process) { return ".anda-sim-" + std::to_string(process) + "-0.tmp"; }

}  // namespace

TEST_CASE("Files of a set appear together") {
  const Folder folder;
  folder.file("report", "old");
  FileSet files;
  files.add(folder.path("report")).stream() << "new report";
  files.make_folder(folder.path("tensors"));
  files.add(folder.path("tensors/a")).stream() << "a";
  std::ofstream(files.stage(folder.path("x.stl"))) << "request";
  CHECK(contents(folder.path("report")) == "old");
  CHECK_FALSE(fs::exists(folder.path("tensors/a")));
  files.publish();
  CHECK(contents(folder.path("report")) == "new report");
  CHECK(contents(folder.path("tensors/a")) == "a");
  CHECK(contents(folder.path("x.stl")) == "request");
}

TEST_CASE("A set that is not published leaves only older files") {
  const Folder folder;
  folder.file("report", "old");
  {
    FileSet files;
    files.add(folder.path("report")).stream() << "new";
    files.make_folder(folder.path("tensors"));
    files.add(folder.path("tensors/a")).stream() << "a";
    std::ofstream(files.stage(folder.path("x.stl"))) << "request";
  }
  CHECK(contents(folder.path("report")) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("If one file of a set cannot be renamed, all older files are restored") {
  const Folder folder;
  folder.file("report", "old report");
  folder.file("ops", "old ops");
  {
    FileSet files;
    files.add(folder.path("report")).stream() << "new report";
    files.add(folder.path("ops")).stream() << "new ops";
    files.add(folder.path("blocked")).stream() << "x";
    files.add(folder.path("fresh")).stream() << "y";
    fs::create_directory(folder.path("blocked"));
    CHECK_THAT(file_set_error([&] { files.publish(); }), Catch::Contains("blocked"));
  }
  CHECK(contents(folder.path("report")) == "old report");
  CHECK(contents(folder.path("ops")) == "old ops");
  CHECK_FALSE(fs::exists(folder.path("fresh")));
  CHECK(fs::is_directory(folder.path("blocked")));
  CHECK(folder.files() == 3);
}

TEST_CASE("A set overwrites neither what is read nor one of its own files") {
  const Folder folder;
  const std::string trace = folder.file("ops.csv", "trace");
  fs::create_directory(folder.path("data"));
  const std::string tensor = folder.file("data/0.weights.npy", "numbers");
  fs::create_symlink("ops.csv", folder.path("link"));
  FileSet files({{folder.path("link"), "the trace"}, {folder.path("data"), "the data"}});
  CHECK_THAT(message_of([&] { files.add(trace); }),
             Catch::StartsWith(trace + ": is the trace and would be overwritten"));
  CHECK_THAT(message_of([&] { files.add(tensor); }), Catch::Contains("is the data"));
  files.add(folder.path("data/report.json"));
  files.add(folder.path("new"));
  CHECK_THAT(message_of([&] { files.add(folder.path("./new")); }), Catch::Contains("two files of the run"));
  files.add("/dev/null");
  files.add("/dev/null");
}

TEST_CASE("Only leftovers of killed processes are removed") {
  const Folder folder;
  const pid_t gone = ended_process();
  folder.file(leftover_of(gone), "x");
  fs::create_directory(folder.path(".anda-sim-" + std::to_string(gone) + "-1.tmp"));
  folder.file(".anda-sim-" + std::to_string(gone) + "-1.tmp/x.stl", "x");
  folder.file(leftover_of(::getpid()), "of a live process");
  folder.file(".anda-sim-x.tmp", "of nobody");
  folder.file(".anda-sim-" + std::to_string(gone) + "-0.txt", "no temporary");
  SECTION("by a file") { AtomicFile(folder.path("out")).commit(); }
  SECTION("by a set") {
    FileSet files;
    files.add(folder.path("out"));
    files.publish();
  }
  SECTION("by a folder of results") {
    const OutputFolder output(folder.path());
    folder.file("out", "");
  }
  CHECK_FALSE(fs::exists(folder.path(leftover_of(gone))));
  CHECK(fs::exists(folder.path(leftover_of(::getpid()))));
  CHECK(folder.files() == 4);
}

TEST_CASE("A leftover that another machine's process holds stays") {
  const Folder folder;
  std::string path;
  const FileDescriptor held = make_temporary(folder.path(), path, [&](const std::string&) {
    return FileDescriptor(::open(folder.path(leftover_of(ended_process())).c_str(), O_WRONLY | O_CREAT, 0666));
  });
  remove_leftovers(folder.path());
  CHECK(folder.files() == 1);
}

TEST_CASE("A results folder has one owner at a time, named in the message") {
  const Folder folder;
  {
    const OutputFolder mine(folder.path("out"));
    const std::string message = file_set_error([&] { OutputFolder(folder.path("out")); });
    CHECK_THAT(message, Catch::StartsWith(folder.path("out") + " is in use by process " + std::to_string(::getpid())));
    CHECK_THAT(message, Catch::Contains("--out"));
  }
  CHECK(folder.files() == 0);
  OutputFolder(folder.path("out")).keep();
  CHECK(fs::is_empty(folder.path("out")));
}
