// SPDX-License-Identifier: Apache-2.0
#include <anda/link/router.h>

#include <algorithm>
#include <utility>

#include <anda/base/simulated_time.h>
#include <anda/tlm/target_access.h>

namespace anda {

namespace {

constexpr std::uint64_t never = ~std::uint64_t{0};

}  // namespace

Router::Router(sc_core::sc_module_name name, const Ports& ports, std::vector<std::uint32_t> table)
    : sc_module(name),
      in("in", ports.from_links + ports.from_node),
      out("out", ports.to_links + (ports.to_node ? 1 : 0)),
      ports_(ports),
      table_(std::move(table)) {
  for (std::size_t port = 0; port < in.size(); ++port) {
    in[port].register_b_transport(this, &Router::b_transport, static_cast<int>(port));
    in[port].register_transport_dbg(this, &Router::transport_dbg, static_cast<int>(port));
  }
  for (std::uint32_t output = 0; output < ports.to_links; ++output) {
    outputs_.push_back(std::make_unique<Output>());
    sc_core::sc_spawn([this, output] { run(output); });
  }
}

void Router::b_transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  tlm::tlm_response_status status = packet_refusal(payload);
  if (status == tlm::TLM_OK_RESPONSE && !routes(payload)) status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (status != tlm::TLM_OK_RESPONSE) {
    payload.set_response_status(status);
    return;
  }
  const std::uint32_t number = table_[node_of(payload.get_address())];
  if (number == ports_.to_links) {
    out[number]->b_transport(payload, delay);
    return;
  }
  Output& output = *outputs_[number];
  Input& input = output.inputs[static_cast<std::uint32_t>(port)];
  if (static_cast<std::uint32_t>(port) >= ports_.from_links) {
    synchronise(delay);
    while (!input.packets.empty()) sc_core::wait(input.taken);
  }
  input.packets.emplace_back(payload, delay);
  notify_at(output.arrived, input.packets.back().ready);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

unsigned int Router::transport_dbg(int, tlm::tlm_generic_payload& payload) {
  return routes(payload) ? out[table_[node_of(payload.get_address())]]->transport_dbg(payload) : 0;
}

/// The next input, in round-robin order, whose first packet has arrived; nullptr if there is none.
Router::Input* Router::choose(Output& output) {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  auto at = output.inputs.upper_bound(output.last);
  for (std::size_t i = 0; i < output.inputs.size(); ++i, ++at) {
    if (at == output.inputs.end()) at = output.inputs.begin();
    Input& input = at->second;
    if (input.packets.empty() || input.packets.front().ready > now) continue;
    output.last = at->first;
    return &input;
  }
  return nullptr;
}

std::uint64_t Router::next_ready(const Output& output) {
  std::uint64_t first = never;
  for (const auto& [port, input] : output.inputs) {
    if (!input.packets.empty()) first = std::min(first, input.packets.front().ready);
  }
  return first;
}

/// Thread of an output: forwards packets one after another.
void Router::run(std::uint32_t number) {
  Output& output = *outputs_[number];
  PacketAccess access;
  for (;;) {
    Input* const input = choose(output);
    if (input == nullptr) {
      const std::uint64_t ready = next_ready(output);
      if (ready == never) {
        sc_core::wait(output.arrived);
      } else {
        wait_until(ready, output.arrived);
      }
      continue;
    }
    Packet packet = std::move(input->packets.front());
    input->packets.pop_front();
    input->taken.notify(sc_core::SC_ZERO_TIME);
    access.pass_on(out[number], packet);
  }
}

}  // namespace anda
