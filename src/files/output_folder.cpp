// SPDX-License-Identifier: Apache-2.0
#include "files/output_folder.h"

#include <anda/base/error.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "files/leftovers.h"

namespace anda::sim {

OutputFolder::OutputFolder(std::string path) : path_(std::move(path)) {
  // If a constructor throws, the destructor does not run.
  try {
    make();
    lock_.emplace(path_);
    remove_leftovers(path_);
  } catch (...) {
    remove_made();
    throw;
  }
}

void OutputFolder::make() {
  if (path_.empty()) throw Error::run("cannot write the results: the folder's name is empty");
  for (std::size_t end = path_.find_first_not_of('/'); end != std::string::npos;) {
    end = path_.find('/', end);
    const std::string part = path_.substr(0, end);
    if (::mkdir(part.c_str(), 0777) == 0) {
      made_.push_back(part);
    } else if (const int code = errno; ::access(part.c_str(), F_OK) != 0) {
      throw Error::run(part + ": cannot create the folder: " + std::generic_category().message(code));
    }
    end = path_.find_first_not_of('/', end);
  }
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) {
    throw Error::run(path_ + ": cannot write the results: " + std::generic_category().message(errno));
  }
  if (!S_ISDIR(status.st_mode)) throw Error::run(path_ + ": cannot write the results: it is not a folder");
}

OutputFolder::~OutputFolder() {
  lock_.reset();  // its file is in the folder
  remove_made();
}

void OutputFolder::remove_made() {
  for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) ::rmdir(folder->c_str());
  made_.clear();
}

}  // namespace anda::sim
