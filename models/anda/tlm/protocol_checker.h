// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TLM_PROTOCOL_CHECKER_H
#define ANDA_TLM_PROTOCOL_CHECKER_H

#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include <anda/tlm/protocol_rules.h>

namespace anda {

/// Sits between an initiator and a target and checks both against the rules of the TLM-2.0 base protocol: blocking,
/// non-blocking, debug and DMI calls. It passes every call through unchanged, in zero time.
///
///   ProtocolChecker<> checker("checker");
///   initiator.socket.bind(checker.target);
///   checker.initiator.bind(memory.socket);
///
/// A violation raises an SC_ERROR of type "/anda/protocol_checker", which by default ends the simulation with an
/// exception. After collect(), violations are only recorded.
template <unsigned int BUSWIDTH = 32>
class ProtocolChecker : public sc_core::sc_module,
                        private tlm::tlm_fw_transport_if<>,
                        private tlm::tlm_bw_transport_if<> {
 public:
  struct Violation {
    ProtocolRule rule;
    std::string text;
  };

  tlm::tlm_target_socket<BUSWIDTH> target;        ///< towards the initiator
  tlm::tlm_initiator_socket<BUSWIDTH> initiator;  ///< towards the target

  explicit ProtocolChecker(sc_core::sc_module_name name)
      : sc_module(name),
        target("target"),
        initiator("initiator"),
        rules_([this](ProtocolRule rule, const std::string& what) { note(rule, what); }) {
    tlm::tlm_fw_transport_if<>& forward = *this;
    tlm::tlm_bw_transport_if<>& backward = *this;
    target.bind(forward);
    initiator.bind(backward);
  }

  void collect() { collect_ = true; }

  /// The first violations, at most a thousand.
  const std::vector<Violation>& violations() const { return violations_; }

  /// Number of transactions seen.
  std::uint64_t transactions() const { return rules_.transactions(); }

  /// Reports transactions that are still unanswered; call it when all should have been answered.
  void finish() { rules_.finish(); }

 private:
  void note(ProtocolRule rule, const std::string& what) {
    const std::string text = std::string(name()) + ": rule " + name_of(protocol_rules, rule) + ": " + what;
    if (violations_.size() < 1000) violations_.push_back({rule, text});
    if (!collect_) SC_REPORT_ERROR("/anda/protocol_checker", text.c_str());
  }

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    const ProtocolRules::Call call = rules_.begin_blocking(payload, delay);
    initiator->b_transport(payload, delay);
    rules_.end_blocking(call, payload, delay);
  }

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    const ProtocolRules::Call call = rules_.begin_forward(payload, phase, delay);
    const tlm::tlm_sync_enum status = initiator->nb_transport_fw(payload, phase, delay);
    rules_.end_forward(call, payload, phase, delay, status);
    return status;
  }

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    const ProtocolRules::Call call = rules_.begin_backward(payload, phase, delay);
    const tlm::tlm_sync_enum status = target->nb_transport_bw(payload, phase, delay);
    rules_.end_backward(call, payload, phase, delay, status);
    return status;
  }

  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) override {
    const ProtocolRules::Call call = rules_.begin_debug(payload);
    const unsigned int bytes = initiator->transport_dbg(payload);
    rules_.end_debug(call, bytes);
    return bytes;
  }

  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override {
    const std::uint64_t address = payload.get_address();
    const ProtocolRules::Call call = rules_.begin_dmi(payload);
    const bool granted = initiator->get_direct_mem_ptr(payload, dmi);
    rules_.end_dmi(call, address, dmi, granted);
    return granted;
  }

  void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
    rules_.invalidate(start, end);
    target->invalidate_direct_mem_ptr(start, end);
  }

  ProtocolRules rules_;
  std::vector<Violation> violations_;
  bool collect_ = false;
};

}  // namespace anda

#endif
