// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_BLOCK_POOL_H
#define ANDA_SIM_SERVING_BLOCK_POOL_H

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

namespace anda::sim {

/// The blocks of a paged key/value cache. Sequences own blocks, or share those of a common prefix, which stay after
/// their last user until the room is needed: the least recently used go first.
class BlockPool {
 public:
  /// `prefix_blocks`: that hold a prefix of hash_tokens tokens; 0: nothing is shared.
  BlockPool(std::uint64_t blocks, std::uint64_t prefix_blocks) : free_(blocks), total_(blocks), each_(prefix_blocks) {}

  std::uint64_t total() const { return total_; }
  /// Blocks that can be had, unused prefixes among them.
  std::uint64_t available() const { return free_ + unused_.size() * each_; }
  /// Blocks of sequences, shared ones once.
  std::uint64_t used() const { return total_ - available(); }

  /// Takes blocks; false, and takes none, if there are not so many.
  bool take(std::uint64_t blocks);
  void give_back(std::uint64_t blocks) { free_ += blocks; }

  /// How many of these hashes, from the first, stand for prefixes that are there, at most `most`.
  std::uint64_t known(const std::vector<std::uint64_t>& hashes, std::uint64_t most) const;
  /// Of those, prefixes that nobody uses: available() counts their blocks.
  std::uint64_t unused(const std::vector<std::uint64_t>& hashes, std::uint64_t count) const;
  /// Uses a prefix that is there.
  void use(std::uint64_t hash);
  /// Turns the blocks of a sequence into a shared prefix that it uses; false if there is such a prefix already.
  bool share(std::uint64_t hash);
  /// Ends a use.
  void leave(std::uint64_t hash);

 private:
  struct Prefix {
    std::uint64_t users = 0;
    std::list<std::uint64_t>::iterator place;  ///< in unused_, without users
  };

  std::uint64_t free_;
  std::uint64_t total_;
  std::uint64_t each_;
  std::unordered_map<std::uint64_t, Prefix> prefixes_;
  std::list<std::uint64_t> unused_;  ///< least recently used first
};

}  // namespace anda::sim

#endif
