// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TIMELINE_EVENT_WRITER_H
#define ANDA_SIM_TIMELINE_EVENT_WRITER_H

#include <cstdint>
#include <ostream>
#include <string>

namespace anda::sim {

/// Returns a text as a quoted JSON string; invalid UTF-8 is replaced.
std::string json_text(const std::string& text);

/// Returns kernel ticks as microseconds, exactly.
std::string exact_us(std::uint64_t ticks);

/// Writes the events of one process in the trace event format, one per line. `args`: the text between the braces.
class EventWriter {
 public:
  /// `first`: whether no event has been written yet; shared by all processes of a file.
  EventWriter(std::ostream& out, int process, bool& first) : out_(out), process_(process), first_(first) {}

  void name_process(const std::string& name);
  void name_thread(std::uint32_t thread, const std::string& name);

  /// Writes the begin and end events of a slice. Complete events would not do: viewers round their start and length to
  /// nanoseconds separately, find that neighbours overlap and drop them. Both events carry the name, without which some
  /// viewers cannot pair them.
  void slice(std::uint32_t thread, const std::string& name, std::uint64_t from_ticks, std::uint64_t to_ticks,
             const std::string& args);
  void counter(const std::string& name, std::uint64_t ticks, const std::string& args);

 private:
  void event(const std::string& text);
  /// Thread numbers are unique across processes and never equal a process number: viewers would take such a thread for
  /// the main one and show it first.
  std::uint32_t number_of(std::uint32_t thread) const { return static_cast<std::uint32_t>(process_) * 10'000 + thread; }

  std::ostream& out_;
  int process_;
  bool& first_;
};

}  // namespace anda::sim

#endif
