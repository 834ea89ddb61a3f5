// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_BLOCK_POOL_H
#define ANDA_SIM_SERVING_BLOCK_POOL_H

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

namespace anda::sim {

/// The blocks of a paged key/value cache. A sequence owns blocks or shares those of a common prefix. Shared prefixes
/// stay cached after their last user leaves until their blocks are needed, and are evicted least recently used first.
class BlockPool {
 public:
  /// `prefix_blocks`: blocks that hold a prefix of hash_tokens tokens; 0 disables sharing.
  BlockPool(std::uint64_t blocks, std::uint64_t prefix_blocks) : free_(blocks), total_(blocks), each_(prefix_blocks) {}

  std::uint64_t total() const { return total_; }
  /// Blocks that can be taken, including those of unused prefixes.
  std::uint64_t available() const { return free_ + unused_.size() * each_; }
  /// Blocks in use by sequences; shared blocks count once.
  std::uint64_t used() const { return total_ - available(); }

  /// Takes blocks, evicting unused prefixes if necessary. Returns false and takes none if too few are available.
  bool take(std::uint64_t blocks);
  void give_back(std::uint64_t blocks) { free_ += blocks; }

  /// Number of leading hashes, at most `most`, whose prefixes are cached.
  std::uint64_t known(const std::vector<std::uint64_t>& hashes, std::uint64_t most) const;
  /// Number of prefixes among the first `count` hashes that nobody uses: available() includes their blocks.
  std::uint64_t unused(const std::vector<std::uint64_t>& hashes, std::uint64_t count) const;
  /// Adds a user to a cached prefix.
  void use(std::uint64_t hash);
  /// Turns blocks of a sequence into a shared prefix with the sequence as its user. Returns false if the prefix is
  /// already cached or sharing is disabled.
  bool share(std::uint64_t hash);
  /// Removes a user from a prefix.
  void leave(std::uint64_t hash);

 private:
  struct Prefix {
    std::uint64_t users = 0;
    std::list<std::uint64_t>::iterator place;  ///< position in unused_; valid only without users
  };

  std::uint64_t free_;
  std::uint64_t total_;
  std::uint64_t each_;
  std::unordered_map<std::uint64_t, Prefix> prefixes_;
  std::list<std::uint64_t> unused_;  ///< least recently used first
};

}  // namespace anda::sim

#endif
