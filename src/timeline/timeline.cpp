// SPDX-License-Identifier: Apache-2.0
#include "timeline/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "config/level_choice.h"
#include "report/human.h"
#include "timeline/event_writer.h"

namespace anda::sim {

namespace {

using Track = SystemTimeline::Track;
using Slice = SystemTimeline::Slice;
using Store = SystemTimeline::Store;
using Change = SystemTimeline::Change;

constexpr std::uint64_t everything = BoundedList<Slice>::everything;

/// The rows of a viewer before those of the channels; thread numbers start at 1.
constexpr std::array<const char*, static_cast<std::size_t>(Track::channels)> track_names{
    "GeMMs", "steps", "MXU", "vector unit", "compressor", "DMA read", "DMA write"};

constexpr std::array<const char*, 3> store_names{
    "activation buffer: operands (bytes)", "weight buffer: operands (bytes)", "activation buffer: results (bytes)"};

/// Returns the first instant whose details were dropped.
std::uint64_t horizon(const SystemTimeline& system) {
  return std::min(system.slices().horizon(), system.changes().horizon());
}

/// Returns the name and arguments of a slice, which depend on its track.
std::pair<std::string, std::string> described(const SystemTimeline& system, const Slice& slice) {
  const auto& amounts = slice.amounts;
  switch (static_cast<Track>(std::min(slice.track, static_cast<std::uint32_t>(Track::channels)))) {
    case Track::gemm:
      return {system.gemm_names()[slice.what], fmt::format(R"("cycles":{})", amounts[0])};
    case Track::step:
      return {"step", fmt::format(R"("m":{},"n":{},"k":{})", amounts[0], amounts[1], amounts[2])};
    case Track::array: {
      const auto state = static_cast<ArrayState>(slice.what);
      return {state == ArrayState::busy ? name_of(state) : std::string("stall: ") + name_of(state),
              fmt::format(R"("cycles":{})", amounts[0])};
    }
    case Track::vector_unit:
      return {"results", fmt::format(R"("values":{})", amounts[0])};
    case Track::compressor:
      return {"groups", fmt::format(R"("groups":{})", amounts[0])};
    case Track::dma_read:
    case Track::dma_write:
      return {operand_names[slice.what], fmt::format(R"("bytes":{},"transfers":{})", amounts[0], amounts[1])};
    case Track::channels:
      break;
  }
  return {slice.what != 0 ? "write" : "read", fmt::format(R"("bursts":{})", amounts[0])};
}

void write_slices(EventWriter& events, const SystemTimeline& system, std::vector<Slice> slices) {
  std::sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) {
    return std::tie(a.track, a.from_ticks, a.to_ticks, a.what) < std::tie(b.track, b.from_ticks, b.to_ticks, b.what);
  });
  for (const Slice& slice : slices) {
    const auto [name, args] = described(system, slice);
    events.slice(slice.track + 1, name, slice.from_ticks, slice.to_ticks, args);
  }
}

void write_changes(EventWriter& events, std::vector<Change> changes) {
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
    return std::tie(a.store, a.from_ticks, a.bytes) < std::tie(b.store, b.from_ticks, b.bytes);
  });
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    if (i == 0 || changes[i - 1].store != change.store) bytes = 0;
    bytes += change.bytes;
    const bool more = i + 1 < changes.size() && changes[i + 1].store == change.store &&
                      changes[i + 1].from_ticks == change.from_ticks;
    if (more) continue;
    events.counter(store_names[static_cast<std::size_t>(change.store)], change.from_ticks,
                   fmt::format(R"("bytes":{})", bytes));
  }
}

/// Writes counters of the whole run: how the array spends each interval, and the bytes across the memory's pins in it.
void write_overview(EventWriter& events, const SystemTimeline& system) {
  const auto& overview = system.overview();
  const double seconds_per_tick = sc_core::sc_get_time_resolution().to_seconds();
  std::array<bool, array_state_count> seen{};
  for (const auto& amounts : overview.intervals()) {
    for (std::size_t i = 0; i < seen.size(); ++i) seen[i] = seen[i] || amounts[i] > 0;
  }
  for (std::size_t i = 0; i < overview.intervals().size(); ++i) {
    const auto& amounts = overview.intervals()[i];
    const std::uint64_t from = i * overview.interval_ticks();
    const std::uint64_t to = std::min(from + overview.interval_ticks(), std::max(system.end_ticks(), from + 1));
    const auto length = static_cast<double>(to - from);
    std::string shares;
    for (std::size_t state = 0; state < seen.size(); ++state) {
      if (!seen[state]) continue;
      shares += fmt::format(R"({}"{}":{:.6g})", shares.empty() ? "" : ",", name_of(static_cast<ArrayState>(state)),
                            100 * static_cast<double>(amounts[state]) / length);
    }
    events.counter("whole run: MXU (% of time)", from, shares);
    const auto rate = [&](std::size_t of) {
      return static_cast<double>(amounts[of]) / (length * seconds_per_tick) * 1e-9;
    };
    events.counter("whole run: DRAM (GB/s)", from,
                   fmt::format(R"("read":{:.6g},"write":{:.6g})", rate(SystemTimeline::read_bytes),
                               rate(SystemTimeline::write_bytes)));
  }
}

std::string list_of(const SystemTimeline::Series& overview, std::size_t series) {
  std::string list;
  for (const auto& amounts : overview.intervals()) {
    if (!list.empty()) list += ',';
    list += std::to_string(amounts[series]);
  }
  return "[" + list + "]";
}

/// Returns a system's coverage by the file and its overview in exact numbers, for programs.
std::string summary(const SystemTimeline& system) {
  const auto instant = [](std::uint64_t ticks) { return ticks == everything ? "null" : exact_us(ticks); };
  const auto& overview = system.overview();
  const bool complete =
      horizon(system) == everything && system.gemms().horizon() == everything && !system.outside_window();
  std::string text = fmt::format(
      R"({{"name":{},"complete":{},"end_us":{},"details_cut_at_us":{},"gemms_cut_at_us":{},"interval_us":{},)",
      json_text(system.name()), complete, exact_us(system.end_ticks()), instant(horizon(system)),
      instant(system.gemms().horizon()), exact_us(overview.interval_ticks()));
  for (std::size_t state = 0; state < array_state_count; ++state) {
    text += fmt::format(R"("array_{}_ticks":{},)", name_of(static_cast<ArrayState>(state)), list_of(overview, state));
  }
  return text + fmt::format(R"("read_bytes":{},"write_bytes":{}}})", list_of(overview, SystemTimeline::read_bytes),
                            list_of(overview, SystemTimeline::write_bytes));
}

}  // namespace

Timeline::Timeline(const RunConfig& config, FileSet& files)
    : config_(config), file_(files.add(config.simulation.timeline.file)) {}

SystemTimeline& Timeline::watch(const std::string& name, Accelerator& accelerator, Dram& dram) {
  const std::uint32_t channels = dram.channels() != nullptr ? config_.dram.channels : 1;
  systems_.emplace_back(name, accelerator.config().clock_hz, channels, config_.dram.burst_bytes(),
                        config_.simulation.timeline);
  SystemTimeline& system = systems_.back();
  accelerator.observe(&system);
  memories_.push_back(&dram);
  dram.observe([&system](const dram::DataRecord& record) { system.data(record); });
  return system;
}

void Timeline::write() {
  const TimelineConfig& wanted = config_.simulation.timeline;
  // Channels advance only as far as some request needs; the run's counts have been taken by now.
  for (Dram* memory : memories_) {
    if (memory->channels() != nullptr) memory->channels()->drain();
  }
  std::ostream& out = file_.stream();
  out << fmt::format(
      R"({{"displayTimeUnit":"ns","otherData":{{"tool":"anda-sim {}","run":{},"level":{},"folded_layers":{},)"
      R"("window_from_us":{},"window_length_us":{},"events_limit":{},"systems":[)",
      ANDA_VERSION, json_text(config_.name), json_text(level_text(config_.accelerator.level, config_.dram.level)),
      config_.simulation.fold_layers, wanted.from_us, wanted.length_us, wanted.events);
  for (SystemTimeline& system : systems_) {
    system.finish();
    out << (&system == &systems_.front() ? "\n" : ",\n") << summary(system);
  }
  out << "]},\n\"traceEvents\":[";
  bool first = true;
  int process = 0;
  for (const SystemTimeline& system : systems_) {
    EventWriter events(out, ++process, first);
    write_system(system, events);
  }
  out << "\n]}\n";
}

std::vector<std::string> Timeline::notes() const {
  std::vector<std::string> notes;
  const auto share = [](const SystemTimeline& system, std::uint64_t ticks) {
    return percent_text(static_cast<double>(ticks) /
                        static_cast<double>(std::max<std::uint64_t>(system.end_ticks(), 1)));
  };
  for (const SystemTimeline& system : systems_) {
    if (system.window_from_ticks() >= system.end_ticks()) {
      notes.push_back(fmt::format("The window of the timeline of {} starts after the end of its run, {} µs.",
                                  system.name(), exact_us(system.end_ticks())));
    } else if (horizon(system) != everything) {
      notes.push_back(
          fmt::format("The details of the timeline of {} end at {} µs, {} of its run, for simulation.timeline.events = "
                      "{}; a window "
                      "(--timeline-window) shows others.",
                      system.name(), exact_us(horizon(system)), share(system, horizon(system)),
                      config_.simulation.timeline.events));
    }
    if (system.gemms().horizon() != everything) {
      notes.push_back(
          fmt::format("The GeMMs in the timeline of {} end at {} of its run, for simulation.timeline.events.",
                      system.name(), share(system, system.gemms().horizon())));
    }
  }
  return notes;
}

void Timeline::write_system(const SystemTimeline& system, EventWriter& events) {
  events.name_process(system.name());
  for (std::uint32_t track = 0; track < track_names.size(); ++track) events.name_thread(track + 1, track_names[track]);
  const bool together = system.channels() == 1 && config_.dram.channels != 1;
  for (std::uint32_t channel = 0; channel < system.channels(); ++channel) {
    events.name_thread(static_cast<std::uint32_t>(track_names.size()) + channel + 1,
                       together ? "DRAM, all channels" : fmt::format("DRAM channel {}", channel));
  }
  write_overview(events, system);
  write_slices(events, system, system.gemms().list());

  const std::uint64_t end = horizon(system);
  std::vector<Slice> slices = system.slices().list();
  slices.erase(
      std::remove_if(slices.begin(), slices.end(), [end](const Slice& slice) { return slice.from_ticks >= end; }),
      slices.end());
  write_slices(events, system, std::move(slices));
  std::vector<Change> changes = system.changes().list();
  changes.erase(
      std::remove_if(changes.begin(), changes.end(), [end](const Change& change) { return change.from_ticks >= end; }),
      changes.end());
  write_changes(events, std::move(changes));
}

}  // namespace anda::sim
