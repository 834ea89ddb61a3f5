// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_BUFFER_ACCESS_H
#define ANDA_BUFFER_BUFFER_ACCESS_H

#include <algorithm>
#include <cstdint>
#include <tlm>

#include <anda/base/clock.h>
#include <anda/base/math.h>
#include <anda/buffer/scratchpad.h>
#include <anda/tlm/dataflow_extension.h>

namespace anda {

/// One access to a buffer through a socket: by a block of the machine, which gives words and cycles in the dataflow
/// extension, or by a foreign initiator, whose words follow from the length and whose time is the annotated delay.
class BufferAccess {
 public:
  BufferAccess(tlm::tlm_generic_payload& payload, Scratchpad& memory, const Clock& clock, std::uint32_t word_bits)
      : payload_(payload),
        memory_(memory),
        clock_(clock),
        said_(payload.get_extension<DataflowExtension>()),
        words_{ceil_div(std::uint64_t{payload.get_data_length()} * 8, word_bits), 0},
        first_words_(words_.data) {
    if (said_ == nullptr) return;
    words_ = said_->counted ? said_->words : BufferWords();
    first_words_ = said_->first_words;
  }

  /// Refuses an illegal access (returns false) or moves its data. `operation`: operation to which the arrivals in the
  /// memory belong.
  bool begin(std::uint64_t& operation) {
    const tlm::tlm_response_status status = memory_.check(payload_);
    payload_.set_response_status(status);
    if (status != tlm::TLM_OK_RESPONSE) return false;
    if (operation != clock_.operation()) memory_.begin();
    operation = clock_.operation();
    if (said_ == nullptr || said_->moves_data) memory_.move(payload_);
    return true;
  }

  const BufferWords& words() const { return words_; }
  std::uint64_t first_words() const { return first_words_; }

  /// Cycles taken by results that are still arriving when the access starts.
  std::uint64_t result_cycles() const {
    return said_ == nullptr || said_->values_per_cycle == 0 ? 0
                                                            : ceil_div(said_->tile->values(), said_->values_per_cycle);
  }

  /// Completes the access `cycles` after its start or, for a read, after the bytes have arrived.
  void serve(std::uint64_t cycles, sc_core::sc_time& delay) {
    if (said_ == nullptr) {
      serve_stranger(cycles, delay);
      return;
    }
    said_->answered = true;
    if (!said_->timed) return;
    const std::uint64_t address = payload_.get_address();
    if (payload_.is_write()) {
      const std::uint64_t first = said_->cycle + cycles;
      const Repeats& rows = said_->rows;
      // Of repeats to the same address, the last one counts.
      for (std::uint64_t i = rows.stride == 0 ? rows.times - 1 : 0; i < rows.times; ++i) {
        memory_.arrive(address + i * rows.stride, payload_.get_data_length(), first + i * rows.period,
                       said_->along_row);
      }
      said_->done = said_->stored = first + said_->repeat_cycles();
    } else {
      said_->arrived = memory_.arrived(address, payload_.get_data_length());
      said_->done = std::max(said_->cycle, said_->arrived) + cycles;
      delay = clock_.delay_to(said_->done);
    }
  }

 private:
  void serve_stranger(std::uint64_t cycles, sc_core::sc_time& delay) {
    const std::uint64_t cycle = clock_.cycle_after(delay);
    const std::uint64_t address = payload_.get_address();
    if (payload_.is_write()) {
      const std::uint64_t done = cycle + words_.data;
      memory_.arrive(address, payload_.get_data_length(), done);
      delay = clock_.delay_to(done);
    } else {
      delay = clock_.delay_to(std::max(cycle, memory_.arrived(address, payload_.get_data_length())) + cycles);
    }
  }

  tlm::tlm_generic_payload& payload_;
  Scratchpad& memory_;
  const Clock& clock_;
  DataflowExtension* said_;
  BufferWords words_;
  std::uint64_t first_words_;
};

}  // namespace anda

#endif
