// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DMA_BURST_INITIATOR_H
#define ANDA_DMA_BURST_INITIATOR_H

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include <anda/dma/dma_config.h>

namespace anda {

/// Moves runs of bytes through the four phases of the TLM-2.0 base protocol, several bursts at a time.
///
/// Every burst is a power of two of bytes, naturally aligned and no longer than `max_burst_bytes`; ragged ends of a run
/// become several of them. Bursts are sent in the order of the runs, the next as soon as the target has taken the one
/// before (END_REQ, or what implies it) and fewer than `in_flight` are unanswered. Answers may come in any order. All
/// that a target may do is understood: each return value of either path, a skipped END_REQ, annotated delays. A
/// response ends at once, with the return of BEGIN_RESP or by a call.
///
/// Instants are ticks of the kernel's time resolution.
class BurstInitiator : public sc_core::sc_module, private tlm::tlm_mm_interface {
 public:
  struct Run {
    tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;        ///< 0: ends as soon as the runs before it have ended
    unsigned char* data = nullptr;  ///< nullptr: what is moved does not matter; written bytes are copied by add()
    std::uint64_t not_before = 0;   ///< instant at which the first burst may leave
  };

  /// Called for each run, in their order, when it and all before it have ended, with the instant of the last answer.
  using Ended = std::function<void(std::uint64_t ticks)>;
  /// Called for each burst that is sent.
  using Sent = std::function<void(tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes)>;
  /// Called for each burst that was answered with an error, before its run ends.
  using Refused = std::function<void(std::uint64_t address)>;

  /// Calls go out through the socket; its owner hands the backward calls to nb_transport_bw().
  BurstInitiator(sc_core::sc_module_name name, tlm::tlm_initiator_socket<>& socket, const DmaConfig& config, Sent sent,
                 Ended ended, Refused refused);

  void add(const Run& run);

  /// Forgets the bursts that have not been sent; their runs end with those before them.
  void drop_unsent();

  bool idle() const { return runs_.empty(); }

  /// Whether the target owes END_REQ or BEGIN_RESP, its last sign of life, and what it owes in words.
  bool owed() const { return in_flight_ > answers_.size(); }
  std::uint64_t last_sign_of_life() const { return last_sign_of_life_; }
  std::string owed_text() const;

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);

 private:
  struct Pending {
    Run rest;                           // what has not been sent
    std::vector<unsigned char> copied;  // of a write
    std::uint32_t unanswered = 0;
    std::uint64_t last_answer = 0;
  };

  struct Burst : tlm::tlm_generic_payload {
    using tlm_generic_payload::tlm_generic_payload;
    std::uint64_t run = 0;  // counted from the first ever
    std::uint64_t address = 0;
    std::uint64_t sent_at = 0;
    bool unanswered = false;
  };

  struct Answer {
    std::uint64_t ticks;
    std::uint64_t order;
    Burst* burst;
    bool end_response;  // it is for us to end it
    bool operator<(const Answer& other) const {
      return ticks != other.ticks ? ticks > other.ticks : order > other.order;
    }
  };

  void process();
  void send(Pending& pending, std::uint64_t run);
  void request_taken(std::uint64_t ticks);
  void answered(Burst& burst, std::uint64_t ticks, bool end_response);
  void finish(const Answer& answer);
  void end_runs();
  Burst& make();
  void free(tlm::tlm_generic_payload* payload) override;

  tlm::tlm_initiator_socket<>& socket_;
  std::uint32_t max_burst_bytes_;
  std::uint32_t most_in_flight_;
  EndResponse end_response_;
  Sent sent_;
  Ended ended_;
  Refused refused_;

  sc_core::sc_event wake_;
  std::deque<Pending> runs_;
  std::uint64_t first_run_ = 0;
  std::uint64_t next_run_ = 0;  // whose bursts are being sent
  std::uint64_t last_ended_ = 0;
  Burst* requesting_ = nullptr;  // between BEGIN_REQ and its end
  std::uint64_t request_free_at_ = 0;
  std::uint32_t in_flight_ = 0;
  std::uint64_t last_sign_of_life_ = 0;
  std::priority_queue<Answer> answers_;
  std::uint64_t answer_order_ = 0;

  std::vector<unsigned char> scratch_;  // stands in for bytes that do not matter
  std::vector<std::unique_ptr<Burst>> bursts_;
  std::vector<Burst*> free_;
};

}  // namespace anda

#endif
