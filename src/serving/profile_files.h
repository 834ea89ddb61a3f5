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

/// Whose layout a profile has.
enum class ProfileLayout { llmservingsim, vidur };

/// What is measured: every combination.
struct ProfileGrid {
  std::vector<std::uint64_t> tokens;    ///< of an iteration, from 1
  std::vector<std::uint64_t> contexts;  ///< tokens in the cache, from 0
  std::vector<std::uint64_t> batches;   ///< sequences, from 1
};

/// Powers of two up to these numbers, and the numbers.
ProfileGrid profile_grid(std::uint64_t most_tokens, std::uint64_t most_context, std::uint64_t most_batch);

/// The names under which a profile is found.
struct ProfileNames {
  std::string folder;  ///< of all profiles
  std::string hardware;
  std::string model;
  std::string variant;  ///< of precision
};

/// Profiles of several sizes of the tensor group, of one system. `look`: called now and then.
void write_profile(ProfileLayout layout, const ServeConfig& config, const ProfileNames& names, const ProfileGrid& grid,
                   const std::vector<Profile*>& profiles, FileSet& files, const std::function<void()>& look);

}  // namespace anda::sim

#endif
