// SPDX-License-Identifier: Apache-2.0
#include "timeline/system_timeline.h"

#include <cmath>
#include <utility>

namespace anda::sim {

namespace {

std::uint64_t ticks_of_us(double us) {
  return static_cast<std::uint64_t>(std::llround(us * 1e-6 / sc_core::sc_get_time_resolution().to_seconds()));
}

}  // namespace

SystemTimeline::SystemTimeline(std::string name, double clock_hz, std::uint32_t channels, std::uint32_t burst_bytes,
                               const TimelineConfig& config)
    : name_(std::move(name)),
      clock_(clock_hz),
      channels_(channels),
      burst_bytes_(burst_bytes),
      window_from_(ticks_of_us(config.from_us)),
      window_to_(ticks_of_us(config.from_us + config.length_us)),
      latest_(static_cast<std::size_t>(Track::channels) + channels),
      gemms_(config.events / 4),
      slices_(config.events / 2),
      changes_(config.events / 4),
      overview_(config.intervals) {
  for (std::uint32_t track = 0; track < latest_.size(); ++track) latest_[track].track = track;
}

void SystemTimeline::begin_gemm(std::uint64_t ticks) { epoch_ticks_ = ticks; }

void SystemTimeline::end_gemm(std::uint64_t cycles) {
  for (const Operand operand : {Operand::activations, Operand::weights}) {
    for (const std::uint32_t index : {0u, 1u}) empty(operand, index, cycles);
  }
  Slice gemm = slice(Track::gemm, {0, cycles});
  gemm.amounts[0] = cycles;
  gemm.what = static_cast<std::uint32_t>(gemm_names_.size());
  unnamed_ = unnamed_ || gemm.from_ticks < gemms_.horizon();
  gemms_.add(gemm);
  end_ticks_ = std::max(end_ticks_, gemm.to_ticks);
}

void SystemTimeline::name_gemms(const std::string& name) {
  if (unnamed_) gemm_names_.push_back(name);
  unnamed_ = false;
}

void SystemTimeline::array(ArrayState state, CycleSpan span) {
  Slice one = slice(Track::array, span);
  one.what = static_cast<std::uint32_t>(state);
  one.amounts[0] = span.to - span.from;
  overview_.add(static_cast<std::size_t>(state), one.from_ticks, one.to_ticks, one.to_ticks - one.from_ticks);
  add(one, true);
}

void SystemTimeline::step(std::uint32_t m, std::uint32_t n, std::uint32_t k, CycleSpan span) {
  Slice one = slice(Track::step, span);
  one.amounts = {m, n, k};
  add(one, false);
}

void SystemTimeline::vector_unit(std::uint64_t values, CycleSpan span) {
  Slice one = slice(Track::vector_unit, span);
  one.amounts[0] = values;
  add(one, false);
}

void SystemTimeline::compressor(std::uint64_t groups, CycleSpan span) {
  Slice one = slice(Track::compressor, span);
  one.amounts[0] = groups;
  add(one, false);
}

void SystemTimeline::transfer(Operand operand, bool store, std::uint64_t bytes, CycleSpan span) {
  Slice one = slice(store ? Track::dma_write : Track::dma_read, span);
  one.what = static_cast<std::uint32_t>(operand);
  one.amounts = {bytes, 1, 0};
  if (store) occupy(Store::results, bytes, one.from_ticks, one.to_ticks);
  add(one, true);
}

void SystemTimeline::load_half(Operand operand, std::uint32_t index, std::uint64_t bytes, std::uint64_t cycle) {
  empty(operand, index, cycle);
  half(operand, index) = {true, bytes, at(cycle), 0};
}

void SystemTimeline::leave_half(Operand operand, std::uint32_t index, std::uint64_t cycle) {
  half(operand, index).to = at(cycle);
}

/// Empties a half of a buffer. `cycle`: end of its use if nothing released it, as with weights for the next GeMM.
void SystemTimeline::empty(Operand operand, std::uint32_t index, std::uint64_t cycle) {
  Half& one = half(operand, index);
  if (!one.used) return;
  one.used = false;
  if (one.to == 0) one.to = at(cycle);
  occupy(operand == Operand::weights ? Store::weights : Store::activations, one.bytes, one.from, one.to);
}

void SystemTimeline::data(const dram::DataRecord& record) {
  Slice one;
  one.track = static_cast<std::uint32_t>(Track::channels) + record.channel;
  one.from_ticks = record.from_ticks;
  one.to_ticks = record.to_ticks;
  one.what = record.write ? 1 : 0;
  one.amounts[0] = record.bursts;
  overview_.add(record.write ? write_bytes : read_bytes, record.from_ticks, record.to_ticks,
                record.bursts * burst_bytes_);
  end_ticks_ = std::max(end_ticks_, record.to_ticks);
  add(one, true);
}

SystemTimeline::Slice SystemTimeline::slice(Track track, CycleSpan span) const {
  Slice one;
  one.track = static_cast<std::uint32_t>(track);
  one.from_ticks = at(span.from);
  one.to_ticks = at(span.to);
  return one;
}

/// Appends a slice to its track, or extends the previous one if both show the same activity and touch.
void SystemTimeline::add(Slice slice, bool joins) {
  Slice& before = latest_[slice.track];
  // Slices of a track must not overlap. They would if the first results of a step left the unit before the last ones of
  // the previous step; the later slice then begins where the earlier one ends.
  slice.from_ticks = std::max(slice.from_ticks, before.to_ticks);
  slice.to_ticks = std::max(slice.to_ticks, slice.from_ticks);
  if (joins && slice.what == before.what && slice.from_ticks == before.to_ticks && before.amounts[0] > 0) {
    before.to_ticks = slice.to_ticks;
    for (std::size_t i = 0; i < slice.amounts.size(); ++i) before.amounts[i] += slice.amounts[i];
    return;
  }
  keep(before);
  before = slice;
}

void SystemTimeline::keep(const Slice& slice) {
  if (slice.to_ticks == 0) return;  // start of the track: no slice yet
  if (slice.from_ticks >= window_to_ || slice.to_ticks <= window_from_) {
    outside_window_ = true;
    return;
  }
  slices_.add(slice);
}

void SystemTimeline::occupy(Store store, std::uint64_t bytes, std::uint64_t from_ticks, std::uint64_t to_ticks) {
  if (from_ticks >= window_to_ || to_ticks <= window_from_) {
    outside_window_ = outside_window_ || to_ticks > from_ticks;
    return;
  }
  changes_.add({from_ticks, store, static_cast<std::int64_t>(bytes)});
  changes_.add({to_ticks, store, -static_cast<std::int64_t>(bytes)});
}

void SystemTimeline::finish() {
  for (Slice& slice : latest_) {
    keep(slice);
    slice.to_ticks = 0;
  }
}

}  // namespace anda::sim
