// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_FUZZ_FUZZ_H
#define ANDA_TESTS_FUZZ_FUZZ_H

#include <anda/base/error.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "text/characters.h"

namespace fuzz {

/// A file in memory that holds the input, for readers that want a path.
class InputFile {
 public:
  explicit InputFile(std::string_view text) : fd_(::memfd_create("fuzz", 0)) {
    if (fd_ < 0 || ::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() { ::close(fd_); }

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

/// Runs a reader, which may do two things with an input: take it, or refuse it by an Error (input) whose message is
/// short and can be shown. Anything else ends the program, and libFuzzer keeps the input.
template <class Read>
void must_take_or_refuse(Read read) {
  constexpr std::size_t longest_message = 1u << 21;
  try {
    read();
  } catch (const anda::Error& error) {
    const std::string_view message = error.what();
    const bool is_good = error.kind() == anda::Error::Kind::input && message.size() <= longest_message;
    if (is_good && !message.empty() && anda::sim::for_terminal(message) == message) return;
    std::fprintf(stderr, "an error of the wrong kind or with a wrong message: %s\n", error.what());
    std::abort();
  }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace fuzz

#endif
