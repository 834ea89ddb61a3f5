// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LINK_LINK_H
#define ANDA_LINK_LINK_H

#include <cstdint>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <anda/energy/counters.h>
#include <anda/link/link_config.h>

namespace anda {

/// Traffic counts of links.
struct LinkCounts {
  std::uint64_t bytes = 0;
  std::uint64_t busy_ps = 0;
  std::uint64_t transactions = 0;

  /// Counters with names, units and meanings; `these` must outlive them.
  static Counters counters(const LinkCounts& these);
};

/// One direction of a link. It carries only writes: the data of a read would travel in the opposite direction, so reads
/// are refused.
///
/// b_transport waits until the link is free and then for bytes / bytes_per_s; the caller may call again immediately.
/// The call to `out` carries the latency as a delay, so that transactions can follow each other within the latency.
/// Transactions are taken in the order of their due times, including delays, and go out in that order; a target that
/// waits holds up later ones. Debug access passes through in zero time.
class Link : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Link> in;
  tlm_utils::simple_initiator_socket<Link> out;

  /// Throws Error (input) if the configuration violates a rule. `totals`, if given, also counts the traffic, for sums
  /// over several links.
  Link(sc_core::sc_module_name name, const LinkConfig& config, LinkCounts* totals = nullptr);

  const Counters& counters() const { return counters_; }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) { return out->transport_dbg(payload); }
  /// The instant from which the link is free, in whole ticks.
  std::uint64_t free_at() const;
  void occupy(std::uint64_t bytes);
  void count(std::uint64_t bytes);

  static constexpr std::uint32_t part_bits = 32;

  double ps_per_byte_;
  std::uint64_t byte_ticks_;  // time per byte in whole ticks
  std::uint64_t byte_part_;   // and its fraction of a tick, in 2^-part_bits ticks
  std::uint64_t latency_ticks_;
  std::uint64_t free_at_ticks_ = 0;
  std::uint64_t free_at_part_ = 0;
  std::uint64_t taken_ = 0;  // transactions begun, and transactions that have gone out
  std::uint64_t sent_ = 0;
  sc_core::sc_event one_sent_;
  LinkCounts counts_;
  LinkCounts* totals_;
  Counters counters_;
};

}  // namespace anda

#endif
