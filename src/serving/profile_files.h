// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_PROFILE_FILES_H
#define ANDA_SIM_SERVING_PROFILE_FILES_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "files/file_set.h"
#include "serving/profile.h"

namespace anda::sim {

/// The simulator whose layout a profile follows.
enum class ProfileLayout { llmservingsim, vidur };

/// The points to measure: every combination of these values.
struct ProfileGrid {
  std::vector<std::uint64_t> tokens;    ///< of an iteration, from 1
  std::vector<std::uint64_t> contexts;  ///< tokens in the cache, from 0
  std::vector<std::uint64_t> batches;   ///< sequences, from 1
};

/// Returns the powers of two up to each limit, and the limits themselves.
ProfileGrid profile_grid(std::uint64_t most_tokens, std::uint64_t most_context, std::uint64_t most_batch);

/// The names that identify a profile.
struct ProfileNames {
  std::string folder;  ///< root folder of all profiles
  std::string hardware;
  std::string model;
  std::string variant;  ///< name of the precision variant
};

/// Writes the profiles of one system for several tensor group sizes. `look`: called periodically.
void write_profile(ProfileLayout layout, const ServeConfig& config, const ProfileNames& names, const ProfileGrid& grid,
                   const std::vector<Profile*>& profiles, FileSet& files, const std::function<void()>& look);

}  // namespace anda::sim

#endif
