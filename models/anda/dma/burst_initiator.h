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

/// Transfers runs of bytes with the four phases of the TLM-2.0 base protocol, several bursts at a time.
///
/// The size of every burst is a power of two, at most `max_burst_bytes`, and the burst is naturally aligned; a ragged
/// end of a run becomes several bursts. Bursts are sent in the order of the runs, each as soon as the target has
/// accepted the previous one (END_REQ, or what implies it) and fewer than `requests_in_flight` are unanswered.
/// Responses may arrive in any order. Everything the protocol allows a target is supported: each return value of either
/// path, a skipped END_REQ, annotated delays. A response ends at once, with the return of BEGIN_RESP or by a call.
///
/// Instants are ticks of the kernel's time resolution.
class BurstInitiator : public sc_core::sc_module, private tlm::tlm_mm_interface {
 public:
  struct Run {
    tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;        ///< 0: the run ends as soon as the runs before it have ended
    unsigned char* data = nullptr;  ///< nullptr: the data does not matter; add() copies written bytes
    std::uint64_t not_before = 0;   ///< earliest instant of the first burst
  };

  /// Called for each run, in order, when it and all runs before it have ended, with the instant of the last response.
  using Ended = std::function<void(std::uint64_t ticks)>;
  /// Called for each burst sent.
  using Sent = std::function<void(tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes)>;
  /// Called for each burst with an error response, before its run ends.
  using Refused = std::function<void(std::uint64_t address)>;

  /// Forward calls go through the socket, whose owner passes backward calls to nb_transport_bw().
  BurstInitiator(sc_core::sc_module_name name, tlm::tlm_initiator_socket<>& socket, const DmaConfig& config, Sent sent,
                 Ended ended, Refused refused);

  void add(const Run& run);

  /// Discards the bursts that have not been sent; their runs end once the bursts already sent are answered.
  void drop_unsent();

  bool idle() const { return runs_.empty(); }

  /// Whether the target owes END_REQ or BEGIN_RESP, the instant of its last sign of life, and what it owes, as text.
  bool owed() const { return in_flight_ > answers_.size(); }
  std::uint64_t last_sign_of_life() const { return last_sign_of_life_; }
  std::string owed_text() const;

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);

 private:
  struct Pending {
    Run rest;                           // the part not sent yet
    std::vector<unsigned char> copied;  // data of a write
    std::uint32_t unanswered = 0;
    std::uint64_t last_answer = 0;
  };

  struct Burst : tlm::tlm_generic_payload {
    using tlm_generic_payload::tlm_generic_payload;
    std::uint64_t run = 0;  // number of the run, counted from the first ever added
    std::uint64_t address = 0;
    std::uint64_t sent_at = 0;
    bool unanswered = false;
  };

  struct Answer {
    std::uint64_t ticks;
    std::uint64_t order;
    Burst* burst;
    bool end_response;  // whether we must send END_RESP
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
  std::uint64_t next_run_ = 0;  // the run whose bursts are being sent
  std::uint64_t last_ended_ = 0;
  Burst* requesting_ = nullptr;  // the burst between BEGIN_REQ and END_REQ
  std::uint64_t request_free_at_ = 0;
  std::uint32_t in_flight_ = 0;
  std::uint64_t last_sign_of_life_ = 0;
  std::priority_queue<Answer> answers_;
  std::uint64_t answer_order_ = 0;

  std::vector<unsigned char> scratch_;  // placeholder for data that does not matter
  std::vector<std::unique_ptr<Burst>> bursts_;
  std::vector<Burst*> free_;
};

}  // namespace anda

#endif
