// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TIMELINE_EVENT_WRITER_H
#define ANDA_SIM_TIMELINE_EVENT_WRITER_H

#include <cstdint>
#include <ostream>
#include <string>

namespace anda::sim {

/// A text as JSON, with its quotes; what is no UTF-8 is replaced.
std::string json_text(const std::string& text);

/// Ticks of the kernel as microseconds, exactly.
std::string exact_us(std::uint64_t ticks);

/// Writes the events of one process of the trace event format, one a line. `args`: what stands between the braces.
class EventWriter {
 public:
  /// `first`: whether no event stands before; shared by all processes of a file.
  EventWriter(std::ostream& out, int process, bool& first) : out_(out), process_(process), first_(first) {}

  void name_process(const std::string& name);
  void name_thread(std::uint32_t thread, const std::string& name);

  /// Begin and end of a slice. Pairs rather than complete events: viewers round the start and the length of those to
  /// nanoseconds one by one, find that neighbours overlap and drop them. Both have the name, without which some viewers
  /// find no begin to an end.
  void slice(std::uint32_t thread, const std::string& name, std::uint64_t from_ticks, std::uint64_t to_ticks,
             const std::string& args);
  void counter(const std::string& name, std::uint64_t ticks, const std::string& args);

 private:
  void event(const std::string& text);
  /// Threads have numbers of their own in each process, none of which is that of a process: viewers take a thread with
  /// the number of its process for the main one, and put it first.
  std::uint32_t number_of(std::uint32_t thread) const { return static_cast<std::uint32_t>(process_) * 10'000 + thread; }

  std::ostream& out_;
  int process_;
  bool& first_;
};

}  // namespace anda::sim

#endif
