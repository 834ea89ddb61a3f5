// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_ACTIVITY_H
#define ANDA_BASE_ACTIVITY_H

#include <array>
#include <cstddef>
#include <cstdint>

#include <anda/base/stall_cause.h>

namespace anda {

/// Contents of a transfer between external memory and the buffers.
enum class Operand : std::uint8_t { activations, weights, partial_sums, results };
inline constexpr std::size_t operand_count = 4;
inline constexpr std::array<const char*, operand_count> operand_names{"activations", "weights", "partial sums",
                                                                      "results"};

/// A half-open range [from, to) of cycles of the GeMM.
struct CycleSpan {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

/// A stretch of a block's work shown as one: its amount, and the span from its first cycle to its last.
struct StretchOfWork {
  std::uint64_t amount = 0;
  CycleSpan span{~std::uint64_t{0}, 0};

  void add(std::uint64_t more, CycleSpan at) {
    amount += more;
    span.from = at.from < span.from ? at.from : span.from;
    span.to = at.to > span.to ? at.to : span.to;
  }
};

/// Receives the activity of an accelerator's blocks, for timelines and tests. Times are cycles since the start of the
/// GeMM. Calls come in the order in which an engine determines them. Calls of one kind come in time order; the two
/// buffers, the two halves of a buffer, and loads and stores count as separate kinds.
class ActivityObserver {
 public:
  ActivityObserver() = default;
  ActivityObserver(const ActivityObserver&) = delete;
  ActivityObserver& operator=(const ActivityObserver&) = delete;
  virtual ~ActivityObserver() = default;

  /// A GeMM starts at this simulated time, in kernel ticks, which is cycle 0 of the following calls.
  virtual void begin_gemm(std::uint64_t ticks) = 0;
  virtual void end_gemm(std::uint64_t cycles) = 0;

  /// State of the array; the spans of a GeMM follow one another without gaps.
  virtual void array(ArrayState state, CycleSpan span) = 0;
  /// A step of the schedule, given by its index along each axis, from its first operands in the array to its last.
  virtual void step(std::uint32_t m, std::uint32_t n, std::uint32_t k, CycleSpan span) = 0;
  /// The span covers the whole passage of the results through the unit, which may pause in between.
  virtual void vector_unit(std::uint64_t values, CycleSpan span) = 0;
  virtual void compressor(std::uint64_t groups, CycleSpan span) = 0;
  /// The span runs from when the DMA may move the data (a half is free, results are complete) to their arrival.
  /// Outgoing results and partial sums are stores.
  virtual void transfer(Operand operand, bool store, std::uint64_t bytes, CycleSpan span) = 0;
  /// An operand of a step occupies a half of its buffer from this cycle until the array is done with it.
  virtual void load_half(Operand operand, std::uint32_t half, std::uint64_t bytes, std::uint64_t cycle) = 0;
  virtual void leave_half(Operand operand, std::uint32_t half, std::uint64_t cycle) = 0;
};

}  // namespace anda

#endif
