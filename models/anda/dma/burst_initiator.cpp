// SPDX-License-Identifier: Apache-2.0
#include <anda/dma/burst_initiator.h>

#include <algorithm>
#include <utility>

#include <anda/base/process.h>
#include <anda/base/simulated_time.h>
#include <anda/tlm/transaction_text.h>

namespace anda {

namespace {

std::uint64_t now_ticks() { return sc_core::sc_time_stamp().value(); }

/// Length of the longest naturally aligned power-of-two burst from an address, at most `bytes` and `most`.
std::uint64_t burst_length(std::uint64_t address, std::uint64_t bytes, std::uint64_t most) {
  std::uint64_t length = address == 0 ? most : std::min(most, address & (~address + 1));
  while (length > bytes) length /= 2;
  return length;
}

}  // namespace

BurstInitiator::BurstInitiator(sc_core::sc_module_name name, tlm::tlm_initiator_socket<>& socket,
                               const DmaConfig& config, Sent sent, Ended ended, Refused refused)
    : sc_module(name),
      socket_(socket),
      max_burst_bytes_(config.max_burst_bytes),
      most_in_flight_(config.requests_in_flight),
      end_response_(config.end_response),
      sent_(std::move(sent)),
      ended_(std::move(ended)),
      refused_(std::move(refused)),
      wake_("wake"),
      scratch_(config.max_burst_bytes) {
  ANDA_HAS_PROCESS(BurstInitiator);
  SC_METHOD(process);
  sensitive << wake_;
  dont_initialize();
}

void BurstInitiator::add(const Run& run) {
  runs_.emplace_back();
  Pending& pending = runs_.back();
  pending.rest = run;
  if (run.data != nullptr && run.command == tlm::TLM_WRITE_COMMAND) {
    pending.copied.assign(run.data, run.data + run.bytes);
    pending.rest.data = pending.copied.data();
  }
  wake_.notify(sc_core::SC_ZERO_TIME);
}

void BurstInitiator::drop_unsent() {
  for (std::uint64_t run = next_run_; run < first_run_ + runs_.size(); ++run) runs_[run - first_run_].rest.bytes = 0;
  wake_.notify(sc_core::SC_ZERO_TIME);
}

/// Handles due responses, sends the bursts that may leave, and schedules itself for the next event of either kind.
void BurstInitiator::process() {
  const std::uint64_t now = now_ticks();
  while (!answers_.empty() && answers_.top().ticks <= now) {
    const Answer answer = answers_.top();
    answers_.pop();
    finish(answer);
  }

  std::uint64_t next = answers_.empty() ? ~std::uint64_t{0} : answers_.top().ticks;
  while (requesting_ == nullptr && in_flight_ < most_in_flight_ && next_run_ < first_run_ + runs_.size()) {
    Pending& pending = runs_[next_run_ - first_run_];
    if (pending.rest.bytes == 0) {
      ++next_run_;
      continue;
    }
    const std::uint64_t free_at = std::max(pending.rest.not_before, request_free_at_);
    if (free_at > now) {
      next = std::min(next, free_at);
      break;
    }
    send(pending, next_run_);
  }
  end_runs();
  if (next != ~std::uint64_t{0}) notify_at(wake_, next);
}

void BurstInitiator::send(Pending& pending, std::uint64_t run) {
  Run& rest = pending.rest;
  const std::uint64_t length = burst_length(rest.address, rest.bytes, max_burst_bytes_);
  Burst& burst = make();
  burst.run = run;
  burst.address = rest.address;
  burst.sent_at = now_ticks();
  burst.unanswered = true;
  if (!owed()) last_sign_of_life_ = burst.sent_at;
  burst.set_command(rest.command);
  burst.set_address(rest.address);
  burst.set_data_ptr(rest.data != nullptr ? rest.data : scratch_.data());
  burst.set_data_length(static_cast<unsigned int>(length));
  burst.set_streaming_width(static_cast<unsigned int>(length));
  burst.set_byte_enable_ptr(nullptr);
  burst.set_byte_enable_length(0);
  burst.set_dmi_allowed(false);
  burst.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);

  rest.address += length;
  rest.bytes -= length;
  if (rest.data != nullptr) rest.data += length;
  ++pending.unanswered;
  ++in_flight_;
  sent_(rest.command, burst.get_address(), length);
  requesting_ = &burst;

  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  const tlm::tlm_sync_enum status = socket_->nb_transport_fw(burst, phase, delay);
  if (status == tlm::TLM_ACCEPTED) return;
  const std::uint64_t at = later(now_ticks(), delay.value());
  request_taken(at);
  if (status == tlm::TLM_COMPLETED) {
    answered(burst, at, false);
  } else if (phase == tlm::BEGIN_RESP) {
    answered(burst, at, true);
  }
}

tlm::tlm_sync_enum BurstInitiator::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                   sc_core::sc_time& delay) {
  if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;  // a phase of an extension, ignored
  const std::uint64_t at = later(now_ticks(), delay.value());
  if (requesting_ == &payload) request_taken(at);
  if (phase == tlm::END_REQ) return tlm::TLM_ACCEPTED;
  const bool call = end_response_ == EndResponse::called;
  answered(static_cast<Burst&>(payload), at, call);
  if (call) return tlm::TLM_ACCEPTED;
  phase = tlm::END_RESP;
  return tlm::TLM_UPDATED;
}

void BurstInitiator::request_taken(std::uint64_t ticks) {
  requesting_ = nullptr;
  request_free_at_ = ticks;
  last_sign_of_life_ = now_ticks();
  wake_.notify(sc_core::SC_ZERO_TIME);
}

void BurstInitiator::answered(Burst& burst, std::uint64_t ticks, bool end_response) {
  burst.unanswered = false;
  last_sign_of_life_ = now_ticks();
  answers_.push({ticks, answer_order_++, &burst, end_response});
  wake_.notify(sc_core::SC_ZERO_TIME);
}

void BurstInitiator::finish(const Answer& answer) {
  Burst& burst = *answer.burst;
  if (answer.end_response) {
    tlm::tlm_phase phase = tlm::END_RESP;
    sc_core::sc_time delay;
    socket_->nb_transport_fw(burst, phase, delay);
  }
  Pending& pending = runs_[burst.run - first_run_];
  --pending.unanswered;
  pending.last_answer = std::max(pending.last_answer, answer.ticks);
  --in_flight_;
  if (burst.is_response_error()) refused_(burst.address);
  burst.release();
}

std::string BurstInitiator::owed_text() const {
  const Burst* oldest = nullptr;
  for (const auto& burst : bursts_) {
    if (burst->unanswered && (oldest == nullptr || burst->sent_at < oldest->sent_at)) oldest = burst.get();
  }
  if (oldest == nullptr) return "nothing";
  return "of " + std::to_string(in_flight_ - answers_.size()) + " transactions in progress, the oldest, a " +
         text(*oldest) + " sent at " + sc_core::sc_time::from_value(oldest->sent_at).to_string() + ", waits for " +
         (oldest == requesting_ ? "END_REQ" : "BEGIN_RESP");
}

/// Ends runs in order: a run does not end before those added earlier.
void BurstInitiator::end_runs() {
  while (!runs_.empty() && runs_.front().rest.bytes == 0 && runs_.front().unanswered == 0) {
    last_ended_ = std::max(last_ended_, runs_.front().last_answer);
    runs_.pop_front();
    ++first_run_;
    next_run_ = std::max(next_run_, first_run_);
    ended_(last_ended_);
  }
}

BurstInitiator::Burst& BurstInitiator::make() {
  if (free_.empty()) {
    tlm::tlm_mm_interface* const owner = this;
    bursts_.push_back(std::make_unique<Burst>(owner));
    free_.push_back(bursts_.back().get());
  }
  Burst& burst = *free_.back();
  free_.pop_back();
  burst.acquire();
  return burst;
}

void BurstInitiator::free(tlm::tlm_generic_payload* payload) {
  payload->reset();
  free_.push_back(static_cast<Burst*>(payload));
}

}  // namespace anda
