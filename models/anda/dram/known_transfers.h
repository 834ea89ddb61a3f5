// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_KNOWN_TRANSFERS_H
#define ANDA_DRAM_KNOWN_TRANSFERS_H

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include <anda/dram/channel.h>
#include <anda/dram/statistics_change.h>

namespace anda::dram {

/// A rest of a channel and the segments that have come since, oldest first.
struct Visit {
  static constexpr std::size_t most_segments = 6;

  Rest start;
  std::array<Segment, most_segments> segments;
  std::size_t count = 0;

  /// Instants of what is known of a visit count from its first arrival.
  Cycle base() const { return segments[0].arrival; }
  Cycle last_arrival() const { return segments[count - 1].arrival; }
};

/// What a channel does with the last segment of a visit, and how it comes to rest if no other one comes before that.
struct Known {
  Cycle done = 0;             ///< completion of the segment
  StatisticsChange taken_in;  ///< from when the segment before was in the queues until this one is
  StatisticsChange leaving;   ///< from there to the rest
  Cycle rests = 0;            ///< nothing is held up from this cycle on
  BankSet open = 0;           ///< rows that are left open
  BankSet conflicts = 0;
  Direction served = Direction::read;
  Cycle due_later = 0;  ///< the next refresh is due so much later than at the start

  Cycle base = 0;         ///< of the visit that was simulated
  std::uint64_t run = 0;  ///< and the run of its first segment, by which its banks are called
  struct Served {
    Pause pause;
    StatisticsChange taken_in;  ///< from its arrival, or from when the segment before was in the queues
    StatisticsChange since;     ///< it was taken in
  };
  std::optional<Served> served_alone;  ///< when the last burst has left, if the visit is one of reads and this the last
};

/// What channels of a memory did with the visits so far. A visit like one before, from a like rest, at like phases of
/// the command buses and of refresh, with equal banks and columns and rows equal to each other where they were, has the
/// same consequences so much later: it is looked up, not simulated again.
///
/// Writes that wait while reads are served are not simulated together with them, but from where the reads ended.
///
/// A visit that is over before the next refresh could have any influence is like all others that are.
class KnownTransfers {
 public:
  explicit KnownTransfers(const ChannelRules& rules);

  /// Whether such a memory has rests that can be known.
  static bool possible(const ChannelRules& rules);

  /// Whether a visit can be described with one more segment.
  bool describes(const Visit& visit, const Segment& next) const;

  /// Of the last segment.
  std::shared_ptr<const Known> find(const Visit& visit, ChannelIndex channel);

  /// The conflicts that a visit leaves of which that is known.
  BankSet conflicts(const Visit& visit, const Known& known) const;

  /// How many visits were simulated.
  std::uint64_t simulated() const { return simulated_; }

  /// Longest time from when a refresh is due, at rest, until the channel rests again.
  Cycle refresh_cycles() const { return refresh_cycles_; }
  Cycle refresh_interval() const { return rules_->refresh_interval; }

 private:
  static constexpr std::size_t most_known = std::size_t{1} << 15;  // each of two kinds
  static constexpr std::size_t words_of_segment = 4;
  static constexpr std::size_t words_of_start = 3;

  struct Key {
    std::array<std::uint64_t, words_of_start + Visit::most_segments * words_of_segment> words;
    std::size_t used = 0;
    std::uint64_t hash = 0;

    void add(std::uint64_t word);
    bool operator==(const Key& other) const {
      return hash == other.hash && used == other.used &&
             std::equal(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(used), other.words.begin());
    }
  };
  struct HashOf {
    std::size_t operator()(const Key& key) const { return key.hash; }
  };
  using Table = std::unordered_map<Key, std::shared_ptr<const Known>, HashOf>;
  struct Rows {
    RowIndex first{};
    RowIndex last{};
  };

  Rows rows(const Segment& segment) const;
  bool meet(const Segment& a, const Segment& b) const;
  std::size_t frame(const Visit& visit, std::size_t segment) const;
  Key key(const Visit& visit, ChannelIndex channel, bool undisturbed) const;
  std::shared_ptr<const Known> look_up(Table& table, const Visit& visit, ChannelIndex channel, bool undisturbed);
  std::uint64_t alike(const Visit& visit, std::size_t segment) const;
  Known simulate(const Visit& visit, ChannelIndex channel, bool undisturbed);
  bool writes_wait(const Visit& visit) const;
  std::optional<Known> simulate_writes(const Visit& visit, ChannelIndex channel, bool undisturbed);
  void finish(Channel& simulated, Cycle due, Known& known);

  const ChannelRules* rules_;
  Cycle refresh_cycles_;
  Cycle undisturbed_;      // a refresh that is due so long after a rest has had no influence before it
  Statistics statistics_;  // of the stretch that is simulated
  std::array<std::unique_ptr<Channel>, 2> channels_;  // that simulate: each pseudo-channel
  std::uint64_t simulated_ = 0;
  Table undisturbed_visits_;
  Table others_;
};

}  // namespace anda::dram

#endif
