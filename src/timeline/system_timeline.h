// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TIMELINE_SYSTEM_TIMELINE_H
#define ANDA_SIM_TIMELINE_SYSTEM_TIMELINE_H

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <anda/base/activity.h>
#include <anda/base/clock.h>
#include <anda/dram/dram.h>

#include "config/timeline_config.h"
#include "timeline/bounded_list.h"
#include "timeline/overview.h"

namespace anda::sim {

/// The activity of one system, collected while it runs in limited memory: the GeMMs, an overview of the whole run, and
/// the details of a window. Instants are ticks of simulated time.
class SystemTimeline : public ActivityObserver {
 public:
  /// The rows of a viewer, followed by one for each memory channel.
  enum class Track : std::uint32_t { gemm, step, array, vector_unit, compressor, dma_read, dma_write, channels };

  /// An interval on a track. The meaning of `what` and `amounts` depends on the track, see the writer.
  struct Slice {
    std::uint64_t from_ticks = 0;
    std::uint64_t to_ticks = 0;
    std::uint32_t track = 0;
    std::uint32_t what = 0;  ///< array state, operand, write or read, or index of a GeMM's name
    std::array<std::uint64_t, 3> amounts{};
  };

  /// A change of the bytes held in a buffer.
  enum class Store : std::uint32_t { activations, weights, results };
  struct Change {
    std::uint64_t from_ticks = 0;
    Store store{};
    std::int64_t bytes = 0;
  };

  /// Series of the overview: ticks in each state of the array, then bytes across the memory's pins.
  static constexpr std::size_t read_bytes = array_state_count;
  static constexpr std::size_t write_bytes = array_state_count + 1;
  using Series = Overview<array_state_count + 2>;

  SystemTimeline(std::string name, double clock_hz, std::uint32_t channels, std::uint32_t burst_bytes,
                 const TimelineConfig& config);

  void begin_gemm(std::uint64_t ticks) override;
  void end_gemm(std::uint64_t cycles) override;
  void array(ArrayState state, CycleSpan span) override;
  void step(std::uint32_t m, std::uint32_t n, std::uint32_t k, CycleSpan span) override;
  void vector_unit(std::uint64_t values, CycleSpan span) override;
  void compressor(std::uint64_t groups, CycleSpan span) override;
  void transfer(Operand operand, bool store, std::uint64_t bytes, CycleSpan span) override;
  void load_half(Operand operand, std::uint32_t index, std::uint64_t bytes, std::uint64_t cycle) override;
  void leave_half(Operand operand, std::uint32_t index, std::uint64_t cycle) override;
  void data(const dram::DataRecord& record);

  /// Names the GeMMs since the last call after their row of the workload.
  void name_gemms(const std::string& name);

  /// Call once, after the run.
  void finish();

  const std::string& name() const { return name_; }
  std::uint32_t channels() const { return channels_; }
  const BoundedList<Slice>& gemms() const { return gemms_; }
  const std::vector<std::string>& gemm_names() const { return gemm_names_; }
  const BoundedList<Slice>& slices() const { return slices_; }
  const BoundedList<Change>& changes() const { return changes_; }
  const Series& overview() const { return overview_; }
  std::uint64_t end_ticks() const { return end_ticks_; }
  /// Whether events fell outside the window.
  bool outside_window() const { return outside_window_; }
  std::uint64_t window_from_ticks() const { return window_from_; }

 private:
  /// The operands of a step in one half of a double buffer.
  struct Half {
    bool used = false;
    std::uint64_t bytes = 0;
    std::uint64_t from = 0;  ///< ticks
    std::uint64_t to = 0;
  };

  std::uint64_t at(std::uint64_t cycle) const { return epoch_ticks_ + clock_.ticks(cycle); }
  Slice slice(Track track, CycleSpan span) const;
  Half& half(Operand operand, std::uint32_t index) { return halves_[operand == Operand::weights ? 1 : 0][index & 1]; }
  void add(Slice slice, bool joins);
  void keep(const Slice& slice);
  void occupy(Store store, std::uint64_t bytes, std::uint64_t from_ticks, std::uint64_t to_ticks);
  void empty(Operand operand, std::uint32_t index, std::uint64_t cycle);

  std::string name_;
  Clock clock_;
  std::uint32_t channels_;
  std::uint32_t burst_bytes_;
  std::uint64_t window_from_;
  std::uint64_t window_to_;
  std::uint64_t epoch_ticks_ = 0;
  std::uint64_t end_ticks_ = 0;
  bool outside_window_ = false;

  std::vector<Slice> latest_;  ///< latest slice of each track, which may still grow
  bool unnamed_ = false;       ///< whether recorded GeMMs still lack their name
  Half halves_[2][2];

  std::vector<std::string> gemm_names_;
  BoundedList<Slice> gemms_;
  BoundedList<Slice> slices_;
  BoundedList<Change> changes_;
  Series overview_;
};

}  // namespace anda::sim

#endif
