// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_SCRATCHPAD_H
#define ANDA_BUFFER_SCRATCHPAD_H

#include <algorithm>
#include <cstdint>
#include <tlm>
#include <vector>

#include <anda/tlm/dataflow_extension.h>
#include <anda/tlm/target_access.h>

namespace anda {

/// The bytes of an on-chip memory and the cycle at which each of them arrives. They take up host memory only once they
/// are used.
class Scratchpad {
 public:
  explicit Scratchpad(std::uint64_t capacity) : capacity_(capacity) {}

  std::uint64_t capacity() const { return capacity_; }

  /// TLM_OK_RESPONSE, or the error of an illegal access.
  tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) const {
    return refusal(payload, {capacity_, 1, true});
  }

  /// Moves the enabled bytes of a legal access.
  void move(tlm::tlm_generic_payload& payload);

  /// Debug access: moves the bytes inside the memory and returns their number.
  unsigned int debug(tlm::tlm_generic_payload& payload);

  /// Clears all arrivals.
  void begin() {
    segments_.clear();
    hint_ = 0;
  }

  /// Records that bytes from an address on arrive in a cycle, together with the equal accesses of `pieces`.
  void arrive(std::uint64_t address, std::uint64_t bytes, std::uint64_t cycle, const Repeats& pieces = {});

  /// The cycle at which the last of these bytes arrives; 0 for bytes never brought.
  std::uint64_t arrived(std::uint64_t address, std::uint64_t bytes) const;

 private:
  /// Bytes that arrived together, or in consecutive pieces of equal size.
  struct Segment {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t first = 0;  ///< start of the first piece, which may have been overwritten
    std::uint64_t piece = 0;  ///< bytes per piece
    std::uint64_t cycle = 0;  ///< cycle at which the first piece arrived
    std::uint64_t period = 0;

    /// The cycle at which the last byte before an address arrived.
    std::uint64_t arrived_to(std::uint64_t address) const {
      return period == 0 ? cycle : cycle + (std::min(address, end) - 1 - first) / piece * period;
    }
  };
  void place(const Segment& segment);

  std::size_t find(std::uint64_t address) const;
  unsigned char* at(std::uint64_t address) {
    if (bytes_.empty()) bytes_.resize(capacity_);
    return bytes_.data() + address;
  }

  std::uint64_t capacity_;
  std::vector<unsigned char> bytes_;
  std::vector<Segment> segments_;  // sorted by address, without overlaps
  mutable std::size_t hint_ = 0;   // segment of the last access; the next is the same or the one after it
};

}  // namespace anda

#endif
