// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LINK_LINK_CONFIG_H
#define ANDA_LINK_LINK_CONFIG_H

#include <cstdint>

#include <anda/base/describe.h>

namespace anda {

/// Topology of the links between accelerators.
enum class Topology {
  ring,      ///< each accelerator has a link to the next and to the previous one
  switched,  ///< each accelerator has a link to a switch and one back
  mesh       ///< each accelerator has a link to its neighbours in rows and columns
};
inline constexpr ChoiceTable<Topology, 3> topologies{
    {{"ring", Topology::ring}, {"switch", Topology::switched}, {"mesh", Topology::mesh}}};

/// Configuration of the links between accelerators.
struct LinkConfig {
  Topology topology = Topology::ring;
  double bytes_per_s = 25e9;
  double latency_ns = 936;
  double energy_pj_per_bit = 1.3;
  std::uint32_t packet_bytes = 4096;

  /// Energy of the links for bytes, each counted once per link crossed.
  double energy_pj(std::uint64_t bytes) const { return static_cast<double>(bytes) * 8 * energy_pj_per_bit; }

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.choice("topology", self.topology, topologies,
                 "ring: links to the next and the previous accelerator, the shorter way; switch: a link to a switch "
                 "and one back; mesh: rows x columns as square as the number allows, along the row first");
    visit.number("bytes_per_s", self.bytes_per_s, Range<double>{1e6, 1e15},
                 "payload bandwidth of a link in one direction, after headers; 25 GB/s: one NVLink3 link");
    visit.number("latency_ns", self.latency_ns, Range<double>{0, 1e9},
                 "from a packet's last byte leaving one end to its arrival at the other; a switch is two links away; "
                 "936 ns: a link of ASTRA-sim's H100 system");
    visit.number("energy_pj_per_bit", self.energy_pj_per_bit, Range<double>{0, 1e6},
                 "energy of a bit for each link that it crosses; 1.3: NVLink-C2C; UCIe: 0.5 to 0.6 in a standard "
                 "package");
    visit.number("packet_bytes", self.packet_bytes, Range<std::uint32_t>{32, 1u << 20},
                 "largest packet; a packet is forwarded when it has arrived as a whole, and links change between "
                 "messages from packet to packet");
  }
};

/// Returns the configuration, or throws Error (input) if it violates a rule.
inline const LinkConfig& checked(const LinkConfig& config) {
  validate(config, "link");
  return config;
}

}  // namespace anda

#endif
