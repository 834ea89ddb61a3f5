/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANDA_BASE_STALL_CAUSE_H
#define ANDA_BASE_STALL_CAUSE_H

/*
 * The causes for which the array can wait: each clock cycle of a GeMM is either busy or a stall of one cause. C99 and
 * C++.
 *
 * Each cause is one line of this table, from which counters, registers, waveforms, timelines, reports and charts are
 * generated. docs/registers.md, docs/glossary.md, docs/report.schema.json and the list in docs/model.md must follow;
 * tests compare them.
 *
 *   S(X, name, NAME, offset, meaning)
 *
 * A cause has the counter stall.<name>, the metric stall_<name>_cycles and the signal array.stall_<name>. Register
 * STALL_<NAME> at `offset` shows the counter's low word; the high word follows 4 bytes on. X is passed on to S
 * unchanged.
 */
#define ANDA_STALL_CAUSES(S, X)                                                                                 \
  S(X, dram, DRAM, 0x128,                                                                                       \
    "the array waits for operands from external memory, or the end of a GeMM for its results to reach it")      \
  S(X, buffer_full, BUFFER_FULL, 0x130, "the array waits for operands delayed because no buffer half was free") \
  S(X, weight_port, WEIGHT_PORT, 0x138, "the array waits for the weight buffer's port")                         \
  S(X, activation_port, ACTIVATION_PORT, 0x140, "the array waits for the activation buffer's port")             \
  S(X, drain, DRAIN, 0x148, "the array, or the end of a GeMM, waits for results to leave the accumulators")     \
  S(X, compressor, COMPRESSOR, 0x150, "the array, or the end of a GeMM, waits for the compressor")              \
  S(X, fill, FILL, 0x158, "the array's pipeline fills at the start of a GeMM")                                  \
  S(X, vector, VECTOR, 0x178, "the array is idle while the vector unit computes")

#ifdef __cplusplus

#include <array>
#include <cstddef>
#include <cstdint>

namespace anda {

#define ANDA_ENTRY(x, name, upper, offset, meaning) name,
/// State of the array in a cycle of a GeMM: it computes or waits for one cause.
enum class ArrayState : std::uint8_t { busy, ANDA_STALL_CAUSES(ANDA_ENTRY, 0) };
#undef ANDA_ENTRY

struct StallCause {
  ArrayState state;
  const char* name;
  const char* counter;  ///< "stall.<name>"
  const char* signal;   ///< "stall_<name>"
  const char* meaning;
};

inline constexpr const char* stall_unit = "cycles";

#define ANDA_ENTRY(x, name, upper, offset, meaning) \
  StallCause{ArrayState::name, #name, "stall." #name, "stall_" #name, meaning},
inline constexpr std::array stall_causes{ANDA_STALL_CAUSES(ANDA_ENTRY, 0)};
#undef ANDA_ENTRY

inline constexpr std::size_t array_state_count = 1 + stall_causes.size();

/// "busy" or the name of the cause.
constexpr const char* name_of(ArrayState state) {
  return state == ArrayState::busy ? "busy" : stall_causes[static_cast<std::size_t>(state) - 1].name;
}

/// Number of cycles per cause.
class StallCounts {
 public:
  /// `cause` must not be ArrayState::busy.
  std::uint64_t& operator[](ArrayState cause) { return cycles_[static_cast<std::size_t>(cause) - 1]; }
  const std::uint64_t& operator[](ArrayState cause) const { return cycles_[static_cast<std::size_t>(cause) - 1]; }

  /// Adds the difference between `later` and `before`, `times` times.
  void add(const StallCounts& later, const StallCounts& before, std::uint64_t times) {
    for (std::size_t i = 0; i < cycles_.size(); ++i) cycles_[i] += times * (later.cycles_[i] - before.cycles_[i]);
  }

 private:
  std::array<std::uint64_t, stall_causes.size()> cycles_{};
};

}  // namespace anda

#endif

#endif
