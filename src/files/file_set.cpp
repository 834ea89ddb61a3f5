// SPDX-License-Identifier: Apache-2.0
#include "files/file_set.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <anda/base/error.h>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "files/leftovers.h"

namespace anda::sim {
namespace {

namespace fs = std::filesystem;

}  // namespace

FileSet::~FileSet() {
  std::error_code ignored;
  files_.clear();
  for (const Stage& stage : stages_) fs::remove_all(stage.path, ignored);
  for (auto path = made_.rbegin(); path != made_.rend(); ++path) fs::remove(*path, ignored);
}

void FileSet::make_folder(const std::string& path) {
  std::error_code error;
  if (fs::create_directory(path, error)) made_.push_back(path);
  if (error) throw Error::run(path + ": cannot create the folder: " + error.message());
}

AtomicFile::Leftovers FileSet::leftovers_in(const std::string& folder) {
  return folders_.insert(folder).second ? AtomicFile::Leftovers::remove : AtomicFile::Leftovers::keep;
}

AtomicFile& FileSet::add(const std::string& path) {
  check(path);
  return files_.emplace_back(path, leftovers_in(resolved(folder_of(path))));
}

void FileSet::check(const std::string& path) {
  refuse_overwriting(path, inputs_);
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) return;  // a device accepts several outputs
  const fs::path target = fs::path(resolved(folder_of(path))) / fs::path(path).filename();
  if (!targets_.insert(resolved(target.string())).second) {
    throw Error::input(path + ": two files of the run have this name");
  }
}

std::string FileSet::stage(const std::string& path) {
  const std::string folder = folder_of(path);
  if (leftovers_in(resolved(folder)) == AtomicFile::Leftovers::remove) remove_leftovers(folder);
  std::string made;
  FileDescriptor lock = make_temporary(folder, made, [](const std::string& candidate) {
    if (::mkdir(candidate.c_str(), 0777) != 0) return FileDescriptor();
    return FileDescriptor(::open(candidate.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  });
  if (lock.get() < 0) {
    throw Error::run(path + ": cannot create a file in " + folder + ": " + std::generic_category().message(errno));
  }
  stages_.push_back({folder, made, std::move(lock)});
  return made + "/" + fs::path(path).filename().string();
}

std::string FileSet::with_final_paths(std::string text) const {
  for (const Stage& stage : stages_) {
    for (std::size_t at = 0; (at = text.find(stage.path, at)) != std::string::npos; at += stage.folder.size()) {
      text.replace(at, stage.path.size(), stage.folder);
    }
  }
  return text;
}

void FileSet::take_staged() {
  for (const Stage& stage : stages_) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(stage.path)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    for (const fs::path& file : found) {
      const std::string path = (fs::path(stage.folder) / file.filename()).string();
      check(path);
      files_.emplace_back(path, file.string());
    }
  }
}

void FileSet::publish() {
  take_staged();
  for (AtomicFile& file : files_) file.finish();
  try {
    for (AtomicFile& file : files_) file.set_older_aside();
    for (auto file = files_.rbegin(); file != files_.rend(); ++file) file->put_in_place();
  } catch (...) {
    for (AtomicFile& file : files_) file.take_back();
    throw;
  }
  for (auto file = files_.rbegin(); file != files_.rend(); ++file) file->drop_older();
  made_.clear();
}

}  // namespace anda::sim
