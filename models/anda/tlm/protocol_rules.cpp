// SPDX-License-Identifier: Apache-2.0
#include <anda/tlm/protocol_rules.h>

#include <utility>

#include <anda/tlm/transaction_text.h>

namespace anda {

namespace {

ProtocolRules::Call call_of(const tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase,
                            const sc_core::sc_time& delay) {
  return {sc_core::sc_time_stamp(),
          delay,
          phase,
          payload.get_data_ptr(),
          payload.get_byte_enable_ptr(),
          payload.get_command(),
          payload.get_data_length(),
          payload.get_byte_enable_length(),
          payload.get_streaming_width()};
}

bool moves_data(const tlm::tlm_generic_payload& payload) { return payload.is_read() || payload.is_write(); }

std::string text(const tlm::tlm_phase& phase) { return phase.get_name(); }

/// Phases added by other protocols are ignorable in the base protocol, so the rules do not apply to them.
bool of_base_protocol(const tlm::tlm_phase& phase) {
  return phase == tlm::UNINITIALIZED_PHASE || phase == tlm::BEGIN_REQ || phase == tlm::END_REQ ||
         phase == tlm::BEGIN_RESP || phase == tlm::END_RESP;
}

}  // namespace

ProtocolRules::ProtocolRules(Report report) : report_(std::move(report)) {}

void ProtocolRules::check_request(const Payload& payload) {
  const tlm::tlm_command command = payload.get_command();
  if (command != tlm::TLM_IGNORE_COMMAND && !moves_data(payload)) {
    report_(ProtocolRule::command, "command " + std::to_string(static_cast<int>(command)) + " does not exist");
  }
  if (moves_data(payload)) {
    if (payload.get_data_ptr() == nullptr) report_(ProtocolRule::data_pointer, text(payload) + " has no data pointer");
    if (payload.get_data_length() == 0) report_(ProtocolRule::data_length, text(payload));
    if (payload.get_byte_enable_ptr() != nullptr && payload.get_byte_enable_length() == 0) {
      report_(ProtocolRule::byte_enable_length, text(payload) + " has byte enables of length 0");
    }
    if (payload.get_streaming_width() == 0) {
      report_(ProtocolRule::streaming_width, text(payload) + " has a streaming width of 0");
    }
  }
  if (payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE) {
    report_(ProtocolRule::initial_status, text(payload) + " is sent with " + payload.get_response_string());
  }
  if (payload.is_dmi_allowed()) report_(ProtocolRule::initial_dmi_hint, text(payload) + " is sent with DMI allowed");
}

void ProtocolRules::check_response(const Call& sent, const Payload& payload) {
  if (payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE) {
    report_(ProtocolRule::final_status, text(payload) + " returns with TLM_INCOMPLETE_RESPONSE");
  }
  const Call now = call_of(payload, sent.phase, sent.delay);
  if (now.command != sent.command || now.data != sent.data || now.length != sent.length ||
      now.enables != sent.enables || now.enables_length != sent.enables_length ||
      now.streaming_width != sent.streaming_width) {
    report_(ProtocolRule::attributes_changed,
            text(payload) + " returns with attributes other than those it was sent with");
  }
}

void ProtocolRules::check_time(const Call& call, const char* what) {
  if (sc_core::sc_time_stamp() != call.now) report_(ProtocolRule::waited, std::string(what) + " took simulated time");
}

// Blocking.

ProtocolRules::Call ProtocolRules::begin_blocking(const Payload& payload, const sc_core::sc_time& delay) {
  ++transactions_;
  check_request(payload);
  Call call = call_of(payload, tlm::UNINITIALIZED_PHASE, delay);
  if (!under_way_.insert({&payload, {Stage::blocking, call.now, call}}).second) {
    report_(ProtocolRule::payload_reused, text(payload) + " is sent while it is in progress");
  }
  return call;
}

void ProtocolRules::end_blocking(const Call& call, const Payload& payload, const sc_core::sc_time& delay) {
  under_way_.erase(&payload);
  check_response(call, payload);
  if (sc_core::sc_time_stamp() + delay < call.now + call.delay) {
    report_(ProtocolRule::delay_decreased, "b_transport: " + text(payload) + " ends before it began");
  }
}

// The four phases.

ProtocolRules::Call ProtocolRules::begin_forward(const Payload& payload, const tlm::tlm_phase& phase,
                                                 const sc_core::sc_time& delay) {
  Call call = call_of(payload, phase, delay);
  if (phase == tlm::END_RESP) {
    end_response(payload, delay);
    return call;
  }
  if (phase != tlm::BEGIN_REQ) {
    if (of_base_protocol(phase)) report_(ProtocolRule::phase_direction, text(phase) + " on the forward path");
    return call;
  }
  ++transactions_;
  check_request(payload);
  if (!payload.has_mm()) {
    report_(ProtocolRule::memory_manager, text(payload) + " has no memory manager");
  } else if (payload.get_ref_count() < 1) {
    report_(ProtocolRule::reference_count, text(payload) + " is sent without a reference to it");
  }
  if (under_way_.count(&payload) != 0) {
    report_(ProtocolRule::payload_reused, text(payload) + " is sent while it is in progress");
  }
  if (requesting_ != nullptr) {
    report_(ProtocolRule::request_exclusion, text(payload) + " is sent before the previous request has ended");
  }
  under_way_[&payload] = {Stage::requested, call.now + delay, call};
  requesting_ = &payload;
  return call;
}

void ProtocolRules::end_forward(const Call& call, const Payload& payload, const tlm::tlm_phase& phase,
                                const sc_core::sc_time& delay, tlm::tlm_sync_enum status) {
  check_time(call, "nb_transport_fw");
  if (!of_base_protocol(call.phase)) return;
  if (status == tlm::TLM_ACCEPTED) {
    check_accepted(call, phase, delay);
    return;
  }
  if (delay < call.delay) report_(ProtocolRule::delay_decreased, "nb_transport_fw returns an earlier instant");
  if (call.phase != tlm::BEGIN_REQ) {
    if (status == tlm::TLM_UPDATED) report_(ProtocolRule::return_value, "TLM_UPDATED for " + text(call.phase));
    return;
  }
  if (status == tlm::TLM_COMPLETED) {
    const auto found = under_way_.find(&payload);
    if (found == under_way_.end()) {
      report_(ProtocolRule::phase_order, "TLM_COMPLETED for a transaction that has ended");
      return;
    }
    check_response(found->second.sent, payload);
    complete(payload);
  } else if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) {
    to_phase(payload, phase, delay);
  } else {
    report_(ProtocolRule::return_value, "TLM_UPDATED for BEGIN_REQ with phase " + text(phase));
  }
}

ProtocolRules::Call ProtocolRules::begin_backward(const Payload& payload, const tlm::tlm_phase& phase,
                                                  const sc_core::sc_time& delay) {
  Call call{sc_core::sc_time_stamp(), delay, phase, nullptr, nullptr, tlm::TLM_IGNORE_COMMAND, 0, 0, 0};
  if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) {
    to_phase(payload, phase, delay);
  } else if (of_base_protocol(phase)) {
    report_(ProtocolRule::phase_direction, text(phase) + " on the backward path");
  }
  return call;
}

void ProtocolRules::end_backward(const Call& call, const Payload& payload, const tlm::tlm_phase& phase,
                                 const sc_core::sc_time& delay, tlm::tlm_sync_enum status) {
  check_time(call, "nb_transport_bw");
  if (!of_base_protocol(call.phase)) return;
  if (status == tlm::TLM_ACCEPTED) {
    check_accepted(call, phase, delay);
    return;
  }
  if (delay < call.delay) report_(ProtocolRule::delay_decreased, "nb_transport_bw returns an earlier instant");
  if (call.phase != tlm::BEGIN_RESP) {
    report_(ProtocolRule::return_value, "an initiator may not return a phase for " + text(call.phase));
  } else if (status == tlm::TLM_COMPLETED) {
    complete(payload);
  } else if (phase == tlm::END_RESP) {
    end_response(payload, delay);
  } else {
    report_(ProtocolRule::return_value, "TLM_UPDATED for BEGIN_RESP with phase " + text(phase));
  }
}

void ProtocolRules::check_accepted(const Call& call, const tlm::tlm_phase& phase, const sc_core::sc_time& delay) {
  if (phase != call.phase || delay != call.delay) {
    report_(ProtocolRule::changed_though_accepted,
            "TLM_ACCEPTED for " + text(call.phase) + " with another " + (phase != call.phase ? "phase" : "delay"));
  }
}

/// Checks a step of the target: END_REQ or BEGIN_RESP, by a call or a return value. A payload not in progress is not
/// accessed, because it may no longer exist.
void ProtocolRules::to_phase(const Payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& delay) {
  const auto found = under_way_.find(&payload);
  if (found == under_way_.end()) {
    report_(ProtocolRule::phase_order, text(phase) + " for a transaction that is not in progress");
    return;
  }
  Transaction& transaction = found->second;
  if (payload.get_ref_count() < 1) {
    report_(ProtocolRule::reference_count, text(phase) + " for a transaction to which nobody holds a reference");
  }
  const bool request_over = transaction.stage != Stage::requested;
  if (transaction.stage == Stage::answered || transaction.stage == Stage::blocking ||
      (request_over && phase == tlm::END_REQ)) {
    report_(ProtocolRule::phase_order, text(phase) + " of " + text(payload) + " comes again or too late");
    return;
  }
  in_order(transaction, delay);
  if (requesting_ == &payload) requesting_ = nullptr;
  if (phase == tlm::END_REQ) {
    transaction.stage = Stage::accepted;
    return;
  }
  if (answering_ != nullptr) {
    report_(ProtocolRule::response_exclusion, text(payload) + " is answered before the previous response has ended");
  }
  answering_ = &payload;
  transaction.stage = Stage::answered;
  check_response(transaction.sent, payload);
}

void ProtocolRules::end_response(const Payload& payload, const sc_core::sc_time& delay) {
  const auto found = under_way_.find(&payload);
  if (found == under_way_.end() || found->second.stage != Stage::answered) {
    report_(ProtocolRule::phase_order, "END_RESP for a transaction that is not being answered");
    return;
  }
  in_order(found->second, delay);
  complete(payload);
}

void ProtocolRules::complete(const Payload& payload) {
  under_way_.erase(&payload);
  if (requesting_ == &payload) requesting_ = nullptr;
  if (answering_ == &payload) answering_ = nullptr;
}

void ProtocolRules::in_order(Transaction& transaction, const sc_core::sc_time& delay) {
  const sc_core::sc_time at = sc_core::sc_time_stamp() + delay;
  if (at < transaction.last) report_(ProtocolRule::annotation_order, "a phase is earlier than the one before it");
  transaction.last = at;
}

// Debug and DMI.

ProtocolRules::Call ProtocolRules::begin_debug(const Payload& payload) {
  if (moves_data(payload) && payload.get_data_length() > 0 && payload.get_data_ptr() == nullptr) {
    report_(ProtocolRule::data_pointer, "debug " + text(payload) + " has no data pointer");
  }
  return call_of(payload, tlm::UNINITIALIZED_PHASE, sc_core::SC_ZERO_TIME);
}

void ProtocolRules::end_debug(const Call& call, unsigned int bytes) {
  check_time(call, "transport_dbg");
  if (bytes > call.length) {
    report_(ProtocolRule::debug_bytes,
            "transport_dbg served " + std::to_string(bytes) + " of " + std::to_string(call.length) + " bytes");
  }
}

ProtocolRules::Call ProtocolRules::begin_dmi(const Payload& payload) {
  return call_of(payload, tlm::UNINITIALIZED_PHASE, sc_core::SC_ZERO_TIME);
}

void ProtocolRules::end_dmi(const Call& call, std::uint64_t address, const tlm::tlm_dmi& dmi, bool granted) {
  check_time(call, "get_direct_mem_ptr");
  if (address < dmi.get_start_address() || address > dmi.get_end_address()) {
    report_(ProtocolRule::dmi_region, "the region of a DMI response does not contain the requested address");
  } else if (granted && (dmi.get_dmi_ptr() == nullptr || dmi.is_none_allowed())) {
    report_(ProtocolRule::dmi_region, "DMI is granted without a pointer or without an access");
  }
}

void ProtocolRules::invalidate(std::uint64_t start, std::uint64_t end) {
  if (start > end) report_(ProtocolRule::invalidated_region, "the start of the region is behind its end");
}

void ProtocolRules::finish() {
  if (!under_way_.empty()) {
    report_(ProtocolRule::unanswered, std::to_string(under_way_.size()) + " transactions have not ended");
  }
}

}  // namespace anda
