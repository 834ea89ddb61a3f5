// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LINK_LINK_DMA_H
#define ANDA_LINK_LINK_DMA_H

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

#include <anda/link/link_message.h>
#include <anda/link/packet_access.h>

namespace anda {

/// A node's DMA engine between its memory and its router.
///
/// Sends messages as packets, with one queue per output of the router. It reads for the queues in turn, and for the
/// messages of a queue in turn, one packet each. At most `reads_ahead` packets per queue are read ahead of sending, so
/// that memory latency shows only once per message. Incoming packets are written to memory once they have arrived.
class LinkDma : public sc_core::sc_module {
 public:
  static constexpr std::size_t reads_ahead = 8;

  tlm_utils::simple_initiator_socket<LinkDma> memory;
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<LinkDma>> out;  ///< one per queue
  tlm_utils::simple_target_socket<LinkDma> in;

  /// Called when a packet of a transfer has ended: it is in memory from `ticks` on, or memory has refused it, for the
  /// reason in `refusal`.
  using Ended = std::function<void(std::uint64_t transfer, std::uint64_t ticks, const std::string& refusal)>;

  struct Options {
    std::uint32_t packet_bytes = 0;
    std::uint32_t queues = 0;
    bool moves_data = true;  ///< false: only sizes and times
  };

  LinkDma(sc_core::sc_module_name name, const Options& options, Ended ended);

  /// Queues a message of at least one byte, to be sent in packets of a transfer.
  void send(std::uint32_t queue, const LinkMessage& message, std::uint64_t transfer);

 private:
  struct Sending {
    LinkMessage rest;  // part not yet read
    std::uint64_t transfer = 0;
  };
  struct Queue {
    std::deque<Sending> sendings;
    std::deque<Packet> read;  // read but not yet sent
    sc_core::sc_event filled;
  };
  struct Arrival {
    std::uint64_t order = 0;
    std::shared_ptr<Packet> packet;
    bool operator<(const Arrival& other) const {
      return packet->ready != other.packet->ready ? packet->ready > other.packet->ready : order > other.order;
    }
  };

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);
  void read_ahead();
  void read_packet(Queue& queue, PacketAccess& access);
  void send_packets(std::uint32_t number);
  void write_arrivals();
  std::string refusal(const PacketAccess& access) const;

  Options options_;
  Ended ended_;
  std::vector<std::unique_ptr<Queue>> queues_;
  sc_core::sc_event to_read_{"to_read"};
  std::priority_queue<Arrival> arrivals_;
  std::uint64_t next_order_ = 0;
  sc_core::sc_event arrived_{"arrived"};
};

}  // namespace anda

#endif
