// SPDX-License-Identifier: Apache-2.0
#include <anda/link/link_dma.h>

#include <algorithm>
#include <utility>

#include <anda/base/process.h>
#include <anda/base/simulated_time.h>

namespace anda {

LinkDma::LinkDma(sc_core::sc_module_name name, const Options& options, Ended ended)
    : sc_module(name),
      memory("memory"),
      out("out", options.queues),
      in("in"),
      options_(options),
      ended_(std::move(ended)) {
  ANDA_HAS_PROCESS(LinkDma);
  in.register_b_transport(this, &LinkDma::b_transport);
  in.register_transport_dbg(this, &LinkDma::transport_dbg);
  for (std::uint32_t queue = 0; queue < options.queues; ++queue) {
    queues_.push_back(std::make_unique<Queue>());
    sc_core::sc_spawn([this, queue] { send_packets(queue); });
  }
  SC_THREAD(read_ahead);
  SC_THREAD(write_arrivals);
}

std::string LinkDma::refusal(const PacketAccess& access) const {
  return std::string("the memory behind ") + name() + " " + access.refusal();
}

// --- outgoing ---

void LinkDma::send(std::uint32_t queue, const LinkMessage& message, std::uint64_t transfer) {
  queues_[queue]->sendings.push_back({message, transfer});
  to_read_.notify(sc_core::SC_ZERO_TIME);
}

/// Reads a packet for each queue in turn.
void LinkDma::read_ahead() {
  PacketAccess access;
  for (;;) {
    bool idle = true;
    for (const auto& queue : queues_) {
      if (queue->sendings.empty() || queue->read.size() >= reads_ahead) continue;
      read_packet(*queue, access);
      idle = false;
    }
    if (idle) sc_core::wait(to_read_);
  }
}

/// Reads the next packet of the first message, which then moves to the end of the queue.
void LinkDma::read_packet(Queue& queue, PacketAccess& access) {
  Sending sending = queue.sendings.front();
  queue.sendings.pop_front();
  LinkMessage& rest = sending.rest;
  Packet packet;
  packet.bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(rest.bytes, options_.packet_bytes));
  packet.address = link_address(rest.to, rest.destination);
  packet.transfer = sending.transfer;
  if (options_.moves_data) packet.data.resize(packet.bytes);
  const std::uint64_t source = rest.source;
  rest.bytes -= packet.bytes;
  rest.source += packet.bytes;
  rest.destination += packet.bytes;
  if (rest.bytes > 0) queue.sendings.push_back(sending);

  packet.ready = access(memory, tlm::TLM_READ_COMMAND, packet, source);
  if (access.refused()) {
    ended_(packet.transfer, packet.ready, refusal(access));
  } else {
    queue.read.push_back(std::move(packet));
    queue.filled.notify(sc_core::SC_ZERO_TIME);
  }
}

void LinkDma::send_packets(std::uint32_t number) {
  Queue& queue = *queues_[number];
  PacketAccess access;
  for (;;) {
    if (queue.read.empty()) {
      sc_core::wait(queue.filled);
      continue;
    }
    wait_until(queue.read.front().ready);
    Packet packet = std::move(queue.read.front());
    queue.read.pop_front();
    to_read_.notify(sc_core::SC_ZERO_TIME);
    access.pass_on(out[number], packet);
  }
}

// --- incoming ---

void LinkDma::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const tlm::tlm_response_status status = packet_refusal(payload);
  payload.set_response_status(status);
  if (status != tlm::TLM_OK_RESPONSE) return;
  arrivals_.push({next_order_++, std::make_shared<Packet>(payload, delay)});
  notify_at(arrived_, arrivals_.top().packet->ready);
}

void LinkDma::write_arrivals() {
  PacketAccess access;
  for (;;) {
    if (arrivals_.empty()) {
      sc_core::wait(arrived_);
      continue;
    }
    if (arrivals_.top().packet->ready > sc_core::sc_time_stamp().value()) {
      wait_until(arrivals_.top().packet->ready, arrived_);
      continue;
    }
    const std::shared_ptr<Packet> packet = arrivals_.top().packet;
    arrivals_.pop();
    const std::uint64_t written = access(memory, tlm::TLM_WRITE_COMMAND, *packet, memory_address_of(packet->address));
    ended_(packet->transfer, written, access.refused() ? refusal(access) : std::string());
  }
}

unsigned int LinkDma::transport_dbg(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  payload.set_address(memory_address_of(address));
  const unsigned int bytes = memory->transport_dbg(payload);
  payload.set_address(address);
  return bytes;
}

}  // namespace anda
