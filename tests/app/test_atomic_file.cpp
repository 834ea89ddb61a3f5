// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "app/trace_test_files.h"
#include "files/atomic_file.h"

using namespace anda::sim;
using namespace trace_test;

namespace {

std::string run_error_of(const std::function<void()>& action) { return message_of(action, anda::Error::Kind::run); }

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777u;
}

}  // namespace

TEST_CASE("A committed file is complete and alone in its folder") {
  const Folder folder;
  const std::string big(300000, 'x');
  {
    AtomicFile file(folder.path("out.txt"));
    file.stream() << "number " << 12 << '\n' << big << "end";
    CHECK_FALSE(std::filesystem::exists(folder.path("out.txt")));
    file.commit();
  }
  CHECK(contents(folder.path("out.txt")) == "number 12\n" + big + "end");
  CHECK(folder.files() == 1);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  CHECK(mode_of(folder.path("out.txt")) == (0666u & ~mask));
}

TEST_CASE("Without commit the older file stays and nothing is left behind") {
  const Folder folder;
  const std::string path = folder.file("out.txt", "old");
  {
    AtomicFile file(path);
    file.stream() << "new" << std::flush;
    CHECK(folder.files() == 2);
  }
  CHECK(contents(path) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("The older file's permissions are kept and links are followed") {
  const Folder folder;
  const std::string path = folder.file("out.txt", "old");
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  REQUIRE(::symlink("out.txt", folder.path("link").c_str()) == 0);
  AtomicFile file(folder.path("link"));
  file.stream() << "new";
  file.commit();
  CHECK(contents(path) == "new");
  CHECK(mode_of(path) == 0640);
  CHECK(std::filesystem::is_symlink(folder.path("link")));
}

TEST_CASE("A relative path without a folder is written to the current one") {
  const Folder folder;
  REQUIRE(::chdir(folder.path().c_str()) == 0);
  AtomicFile file("out.txt");
  file.stream() << "here";
  file.commit();
  CHECK(contents(folder.path("out.txt")) == "here");
  CHECK(folder.files() == 1);
  REQUIRE(::chdir("/") == 0);
}

TEST_CASE("A file that is not regular is written directly") {
  AtomicFile file("/dev/null");
  file.stream() << "gone";
  file.commit();
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("A full disk is an error with the system's message") {
  // Seen when the buffer is full, on a flush, and at the latest by commit().
  CHECK(run_error_of([] {
          AtomicFile file("/dev/full");
          for (int i = 0; i < 100000; ++i) file.stream() << "some text";
        }) == "/dev/full: cannot write: No space left on device");
  CHECK(run_error_of([] {
          AtomicFile file("/dev/full");
          file.stream() << "x" << std::flush;
        }) == "/dev/full: cannot write: No space left on device");
  CHECK(run_error_of([] {
          AtomicFile file("/dev/full");
          file.stream() << "x";
          file.commit();
        }) == "/dev/full: cannot write: No space left on device");
  CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("A file too large for its limit leaves the older one as it was") {
  const Folder folder;
  const std::string path = folder.file("out.txt", "old");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit small{100000, limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string message = run_error_of([&] {
    AtomicFile file(path);
    try {
      file.stream() << std::string(200000, 'x');
    } catch (const anda::Error&) {
      // Even a caller that goes on gets no file with a hole.
    }
    file.commit();
  });
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  CHECK(message == path + ": cannot write: File too large");
  CHECK(contents(path) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("Places that cannot be written are refused at once") {
  const Folder folder;
  CHECK(run_error_of([&] { AtomicFile file(folder.path()); }) == folder.path() + ": cannot write: it is a folder");
  CHECK(run_error_of([&] { AtomicFile file(folder.path("none/out.txt")); }) ==
        folder.path("none/out.txt") + ": cannot create a file in " + folder.path("none") +
            ": No such file or directory");
  const std::string path = folder.file("out.txt", "old");
  CHECK_THAT(run_error_of([&] { AtomicFile file(path + "/x"); }), Catch::Contains("Not a directory"));
  CHECK_THAT(run_error_of([&] { AtomicFile file(""); }), Catch::Contains("cannot"));
  if (::geteuid() != 0) {  // root writes everything
    REQUIRE(::chmod(path.c_str(), 0444) == 0);
    CHECK_THAT(run_error_of([&] { AtomicFile file(path); }), Catch::Contains("Permission denied"));
  }
}

TEST_CASE("A rename that fails is an error and leaves nothing behind") {
  const Folder folder;
  AtomicFile file(folder.path("out.txt"));
  file.stream() << "x";
  std::filesystem::create_directory(folder.path("out.txt"));
  CHECK_THAT(run_error_of([&] { file.commit(); }), Catch::Contains("cannot rename"));
}
