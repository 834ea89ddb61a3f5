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

/// What links have carried.
struct LinkCounts {
  std::uint64_t bytes = 0;
  std::uint64_t busy_ps = 0;
  std::uint64_t transactions = 0;

  /// Their names, units and meanings; `these` must outlive the counters.
  static Counters counters(const LinkCounts& these);
};

/// One direction of a link. It carries writes; a read's data would come the other way, so reads are refused.
///
/// b_transport waits until the link is free and then for bytes / bytes_per_s; whoever calls again may do so at once.
/// With the call to `out` comes the latency as a delay, so that transactions follow each other closer than that. They
/// are taken in the order in which they are due, delays counted, and go out in that order; a target that waits holds up
/// those behind. Debug access goes through in no time.
class Link : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Link> in;
  tlm_utils::simple_initiator_socket<Link> out;

  /// Throws Error (input) if the configuration breaks a rule. `totals`, if given, counts what several links carry.
  Link(sc_core::sc_module_name name, const LinkConfig& config, LinkCounts* totals = nullptr);

  const Counters& counters() const { return counters_; }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) { return out->transport_dbg(payload); }
  /// The instant from which on the link is free, in whole ticks.
  std::uint64_t free_at() const;
  void occupy(std::uint64_t bytes);
  void count(std::uint64_t bytes);

  static constexpr std::uint32_t part_bits = 32;

  double ps_per_byte_;
  std::uint64_t byte_ticks_;  // the time of a byte
  std::uint64_t byte_part_;   // and what is beyond whole ticks, in 2^-part_bits ticks
  std::uint64_t latency_ticks_;
  std::uint64_t free_at_ticks_ = 0;
  std::uint64_t free_at_part_ = 0;
  std::uint64_t taken_ = 0;  // transactions that have begun, and that have gone out
  std::uint64_t sent_ = 0;
  sc_core::sc_event one_sent_;
  LinkCounts counts_;
  LinkCounts* totals_;
  Counters counters_;
};

}  // namespace anda

#endif
