// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TLM_PROTOCOL_RULES_H
#define ANDA_TLM_PROTOCOL_RULES_H

#include <cstdint>
#include <functional>
#include <string>
#include <systemc>
#include <tlm>
#include <unordered_map>

#include <anda/base/describe.h>

namespace anda {

/// Rules of the TLM-2.0 base protocol (IEEE 1666-2011, clauses 11, 14 and 15), grouped by who must follow them.
enum class ProtocolRule {
  // Initiator: the state of a transaction when it is sent.
  command,             ///< read, write or ignore
  data_pointer,        ///< not null
  data_length,         ///< not 0
  byte_enable_length,  ///< not 0 if there are byte enables
  streaming_width,     ///< not 0
  initial_status,      ///< TLM_INCOMPLETE_RESPONSE
  initial_dmi_hint,    ///< false
  memory_manager,      ///< non-blocking transactions have one
  payload_reused,      ///< not sent again while in progress
  // Target: the state of a transaction when it returns.
  final_status,        ///< no longer TLM_INCOMPLETE_RESPONSE
  attributes_changed,  ///< only address, status, DMI hint and read data may change
  debug_bytes,         ///< no more than requested
  dmi_region,          ///< contains the requested address; a granted region has a pointer and an access type
  invalidated_region,  ///< start not after end
  // Both.
  reference_count,          ///< at least 1 while a non-blocking transaction is in progress
  phase_direction,          ///< BEGIN_REQ and END_RESP go forward, END_REQ and BEGIN_RESP backward
  phase_order,              ///< each phase once and in order; END_REQ may be omitted
  request_exclusion,        ///< one request at a time
  response_exclusion,       ///< one response at a time
  return_value,             ///< only legal next phases are returned
  changed_though_accepted,  ///< TLM_ACCEPTED leaves phase and delay unchanged
  annotation_order,         ///< the phases of a transaction do not go backwards in time
  delay_decreased,          ///< the returned time is not earlier than the passed one
  waited,                   ///< non-blocking, debug and DMI calls consume no simulated time
  unanswered                ///< every transaction completes
};
inline constexpr ChoiceTable<ProtocolRule, 25> protocol_rules{
    {{"command", ProtocolRule::command},
     {"data_pointer", ProtocolRule::data_pointer},
     {"data_length", ProtocolRule::data_length},
     {"byte_enable_length", ProtocolRule::byte_enable_length},
     {"streaming_width", ProtocolRule::streaming_width},
     {"initial_status", ProtocolRule::initial_status},
     {"initial_dmi_hint", ProtocolRule::initial_dmi_hint},
     {"memory_manager", ProtocolRule::memory_manager},
     {"payload_reused", ProtocolRule::payload_reused},
     {"final_status", ProtocolRule::final_status},
     {"attributes_changed", ProtocolRule::attributes_changed},
     {"debug_bytes", ProtocolRule::debug_bytes},
     {"dmi_region", ProtocolRule::dmi_region},
     {"invalidated_region", ProtocolRule::invalidated_region},
     {"reference_count", ProtocolRule::reference_count},
     {"phase_direction", ProtocolRule::phase_direction},
     {"phase_order", ProtocolRule::phase_order},
     {"request_exclusion", ProtocolRule::request_exclusion},
     {"response_exclusion", ProtocolRule::response_exclusion},
     {"return_value", ProtocolRule::return_value},
     {"changed_though_accepted", ProtocolRule::changed_though_accepted},
     {"annotation_order", ProtocolRule::annotation_order},
     {"delay_decreased", ProtocolRule::delay_decreased},
     {"waited", ProtocolRule::waited},
     {"unanswered", ProtocolRule::unanswered}}};

/// Observes the calls between an initiator and a target, which are announced before and after each. Reports violations
/// and changes nothing. ProtocolChecker is the module around it.
class ProtocolRules {
 public:
  using Payload = tlm::tlm_generic_payload;
  using Report = std::function<void(ProtocolRule rule, const std::string& what)>;

  /// State at the start of a call.
  struct Call {
    sc_core::sc_time now;
    sc_core::sc_time delay;
    tlm::tlm_phase phase;
    const unsigned char* data;
    const unsigned char* enables;
    tlm::tlm_command command;
    unsigned int length;
    unsigned int enables_length;
    unsigned int streaming_width;
  };

  explicit ProtocolRules(Report report);

  Call begin_blocking(const Payload& payload, const sc_core::sc_time& delay);
  void end_blocking(const Call& call, const Payload& payload, const sc_core::sc_time& delay);

  Call begin_forward(const Payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& delay);
  void end_forward(const Call& call, const Payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& delay,
                   tlm::tlm_sync_enum status);

  Call begin_backward(const Payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& delay);
  void end_backward(const Call& call, const Payload& payload, const tlm::tlm_phase& phase,
                    const sc_core::sc_time& delay, tlm::tlm_sync_enum status);

  Call begin_debug(const Payload& payload);
  void end_debug(const Call& call, unsigned int bytes);

  Call begin_dmi(const Payload& payload);
  void end_dmi(const Call& call, std::uint64_t address, const tlm::tlm_dmi& dmi, bool granted);
  void invalidate(std::uint64_t start, std::uint64_t end);

  /// Reports unanswered transactions at the end of a simulation.
  void finish();

  /// Number of transactions begun, blocking and non-blocking.
  std::uint64_t transactions() const { return transactions_; }

 private:
  enum class Stage { requested, accepted, answered, blocking };

  struct Transaction {
    Stage stage;
    sc_core::sc_time last;  // effective time of its last phase
    Call sent;
  };

  void check_request(const Payload& payload);
  void check_response(const Call& sent, const Payload& payload);
  void check_accepted(const Call& call, const tlm::tlm_phase& phase, const sc_core::sc_time& delay);
  void check_time(const Call& call, const char* what);
  void to_phase(const Payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& delay);
  void end_response(const Payload& payload, const sc_core::sc_time& delay);
  void complete(const Payload& payload);
  void in_order(Transaction& transaction, const sc_core::sc_time& delay);

  Report report_;
  std::unordered_map<const Payload*, Transaction> under_way_;
  const Payload* requesting_ = nullptr;
  const Payload* answering_ = nullptr;
  std::uint64_t transactions_ = 0;
};

}  // namespace anda

#endif
