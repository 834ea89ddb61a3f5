// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LINK_PACKET_ACCESS_H
#define ANDA_LINK_PACKET_ACCESS_H

#include <cstdint>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include <anda/base/access.h>
#include <anda/base/error.h>
#include <anda/base/simulated_time.h>
#include <anda/tlm/target_access.h>
#include <anda/tlm/transaction_text.h>

namespace anda {

/// Properties of a packet beyond address and bytes. Ignorable: a packet without the extension belongs to no transfer,
/// and its data is valid.
struct PacketExtension : tlm::tlm_extension<PacketExtension> {
  std::uint64_t transfer = 0;  ///< number of the transfer waiting for the packet
  bool moves_data = true;

  tlm_extension_base* clone() const override { return new PacketExtension(*this); }
  void copy_from(const tlm_extension_base& other) override { *this = static_cast<const PacketExtension&>(other); }
};

/// A packet in transit: a write that has been accepted and will be forwarded.
struct Packet {
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
  std::uint64_t transfer = 0;
  std::uint64_t ready = 0;          ///< instant at which it has arrived completely, in ticks
  std::vector<unsigned char> data;  ///< empty if data is not moved

  Packet() = default;
  /// Copies a write that arrives after a delay.
  Packet(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay)
      : address(payload.get_address()),
        bytes(payload.get_data_length()),
        ready(later(sc_core::sc_time_stamp(), delay)) {
    const auto* const said = payload.get_extension<PacketExtension>();
    if (said != nullptr) transfer = said->transfer;
    if (said == nullptr || said->moves_data) data.assign(payload.get_data_ptr(), payload.get_data_ptr() + bytes);
  }
};

/// TLM_OK_RESPONSE if a transaction can be taken as a packet: a write without byte enables or streaming.
inline tlm::tlm_response_status packet_refusal(const tlm::tlm_generic_payload& payload) {
  if (payload.is_read()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  return refusal(payload, {~std::uint64_t{0}, 1, false, false});
}

/// One initiator's accesses for packets, with a reusable payload.
class PacketAccess {
 public:
  PacketAccess() { payload_.set_extension(&said_); }
  ~PacketAccess() { payload_.clear_extension(&said_); }
  PacketAccess(const PacketAccess&) = delete;
  PacketAccess& operator=(const PacketAccess&) = delete;

  /// Calls b_transport, which reads into the packet or writes from it; returns the instant at which the access ends.
  template <class Socket>
  std::uint64_t operator()(Socket& socket, tlm::tlm_command command, Packet& packet, std::uint64_t address) {
    said_.transfer = packet.transfer;
    said_.moves_data = !packet.data.empty();
    if (packet.data.empty() && scratch_.size() < packet.bytes) scratch_.resize(packet.bytes);
    set_access(payload_, command, address, packet.data.empty() ? scratch_.data() : packet.data.data(), packet.bytes);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    payload_.set_dmi_allowed(false);
    sc_core::sc_time delay;
    socket->b_transport(payload_, delay);
    return later(sc_core::sc_time_stamp(), delay);
  }

  /// Forwards a packet. Throws Error (run) if the target refuses it.
  template <class Socket>
  void pass_on(Socket& socket, Packet& packet) {
    (*this)(socket, tlm::TLM_WRITE_COMMAND, packet, packet.address);
    if (refused()) throw Error::run(std::string("the block behind ") + socket.name() + " " + refusal());
  }

  bool refused() const { return payload_.is_response_error(); }
  /// "answered TLM_ADDRESS_ERROR_RESPONSE to a read of 64 bytes at 0x40".
  std::string refusal() const { return "answered " + payload_.get_response_string() + " to a " + text(payload_); }

 private:
  tlm::tlm_generic_payload payload_;
  PacketExtension said_;
  std::vector<unsigned char> scratch_;  // replaces irrelevant data
};

}  // namespace anda

#endif
