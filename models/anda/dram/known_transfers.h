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

/// A rest of a channel and the segments received since, oldest first.
struct Visit {
  static constexpr std::size_t most_segments = 6;

  Rest start;
  std::array<Segment, most_segments> segments;
  std::size_t count = 0;

  /// Base of all times stored for a visit: its first arrival.
  Cycle base() const { return segments[0].arrival; }
  Cycle last_arrival() const { return segments[count - 1].arrival; }
};

/// A channel's work on the last segment of a visit, and its return to rest if no further segment arrives first.
struct Known {
  Cycle done = 0;             ///< completion of the segment
  StatisticsChange taken_in;  ///< between the queueing of the previous segment and that of this one
  StatisticsChange leaving;   ///< from then until the rest
  Cycle rests = 0;            ///< the first cycle from which no timing rule delays anything
  BankSet open = 0;           ///< banks with rows left open
  BankSet conflicts = 0;
  Direction served = Direction::read;
  Cycle due_later = 0;  ///< cycles by which the next refresh is due later than at the start

  Cycle base = 0;         ///< of the simulated visit
  std::uint64_t run = 0;  ///< run of that visit's first segment; banks are named relative to it
  struct Served {
    Pause pause;
    StatisticsChange taken_in;  ///< from its arrival, or from the queueing of the previous segment
    StatisticsChange since;     ///< from its own queueing
  };
  std::optional<Served> served_alone;  ///< when the last burst has left; only for visits of reads that end with this
};

/// What the channels of a memory did in earlier visits. A visit has the same consequences as an earlier one, shifted in
/// time, if it starts from the same rest, at the same phases of the command buses and of refresh, with the same banks
/// and columns, and with equal rows wherever those of the earlier visit were equal. Such a visit is looked up instead
/// of simulated again.
///
/// Writes that wait while reads are served are simulated separately, from where the reads ended.
///
/// Visits that end before the next refresh could influence them do not depend on when it is due.
class KnownTransfers {
 public:
  explicit KnownTransfers(const ChannelRules& rules);

  /// Whether a memory with these rules has rests that can be looked up.
  static bool possible(const ChannelRules& rules);

  /// Whether a visit can be extended by one more segment.
  bool describes(const Visit& visit, const Segment& next) const;

  /// Returns the outcome of a visit's last segment, simulating it if it is not known yet.
  std::shared_ptr<const Known> find(const Visit& visit, ChannelIndex channel);

  /// The conflicts left by a visit whose outcome is `known`.
  BankSet conflicts(const Visit& visit, const Known& known) const;

  /// Number of simulated visits.
  std::uint64_t simulated() const { return simulated_; }

  /// Longest time from the cycle at which a refresh is due, at rest, until the channel rests again.
  Cycle refresh_cycles() const { return refresh_cycles_; }
  Cycle refresh_interval() const { return rules_->refresh_interval; }

 private:
  static constexpr std::size_t most_known = std::size_t{1} << 15;  // for each of the two tables
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
  Cycle undisturbed_;      // a refresh due at least this long after a rest has no influence before it
  Statistics statistics_;  // of the stretch being simulated
  std::array<std::unique_ptr<Channel>, 2> channels_;  // for simulation: one per pseudo-channel
  std::uint64_t simulated_ = 0;
  Table undisturbed_visits_;
  Table others_;
};

}  // namespace anda::dram

#endif
