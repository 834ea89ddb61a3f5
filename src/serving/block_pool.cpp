// SPDX-License-Identifier: Apache-2.0
#include "serving/block_pool.h"

#include <algorithm>

namespace anda::sim {

bool BlockPool::take(std::uint64_t blocks) {
  if (blocks > available()) return false;
  while (free_ < blocks) {
    prefixes_.erase(unused_.front());
    unused_.pop_front();
    free_ += each_;
  }
  free_ -= blocks;
  return true;
}

std::uint64_t BlockPool::known(const std::vector<std::uint64_t>& hashes, std::uint64_t most) const {
  if (each_ == 0) return 0;
  const std::uint64_t end = std::min<std::uint64_t>(most, hashes.size());
  std::uint64_t count = 0;
  while (count < end && prefixes_.count(hashes[count]) != 0) ++count;
  return count;
}

std::uint64_t BlockPool::unused(const std::vector<std::uint64_t>& hashes, std::uint64_t count) const {
  std::uint64_t unused = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (prefixes_.at(hashes[i]).users == 0) ++unused;
  }
  return unused;
}

void BlockPool::use(std::uint64_t hash) {
  Prefix& prefix = prefixes_.at(hash);
  if (prefix.users++ == 0) unused_.erase(prefix.place);
}

bool BlockPool::share(std::uint64_t hash) {
  if (each_ == 0) return false;
  return prefixes_.emplace(hash, Prefix{1, unused_.end()}).second;
}

void BlockPool::leave(std::uint64_t hash) {
  Prefix& prefix = prefixes_.at(hash);
  if (--prefix.users == 0) prefix.place = unused_.insert(unused_.end(), hash);
}

}  // namespace anda::sim
