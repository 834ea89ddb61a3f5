// SPDX-License-Identifier: Apache-2.0
#include "files/same_file.h"

#include <sys/stat.h>

#include <anda/base/error.h>
#include <cstdlib>
#include <fstream>

#include "files/leftovers.h"

namespace anda::sim {
namespace {

bool is_same(const struct stat& a, const struct stat& b) { return a.st_ino == b.st_ino && a.st_dev == b.st_dev; }

}  // namespace

std::string resolved(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string text(real);
  std::free(real);
  return text;
}

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && is_same(first, second);
}

bool holds_exactly(const std::string& path, const std::string& text) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  std::string held(text.size() + 1, '\0');
  in.read(held.data(), static_cast<std::streamsize>(held.size()));
  held.resize(static_cast<std::size_t>(in.gcount()));
  return held == text;
}

void refuse_overwriting(const std::string& output, const std::vector<NamedInput>& inputs) {
  struct stat written {};
  if (::stat(output.c_str(), &written) != 0 || !S_ISREG(written.st_mode)) return;
  struct stat folder {};
  // Only tensors are read from and written to folders.
  const std::string npy = ".npy";
  const bool is_tensor = output.size() > npy.size() && output.compare(output.size() - npy.size(), npy.size(), npy) == 0;
  const bool has_folder = is_tensor && ::stat(folder_of(resolved(output)).c_str(), &folder) == 0;
  for (const NamedInput& input : inputs) {
    struct stat read {};
    if (::stat(input.path.c_str(), &read) != 0) continue;
    if (!is_same(written, read) && !(S_ISDIR(read.st_mode) && has_folder && is_same(folder, read))) continue;
    throw Error::input(output + ": is " + input.what + " and would be overwritten; choose another name or folder" +
                       " for the results");
  }
}

}  // namespace anda::sim
