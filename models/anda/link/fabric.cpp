// SPDX-License-Identifier: Apache-2.0
#include <anda/link/fabric.h>

#include <algorithm>

#include <anda/base/error.h>
#include <anda/base/math.h>
#include <anda/base/simulated_time.h>

namespace anda {

Fabric::Fabric(sc_core::sc_module_name name, const LinkConfig& config, std::uint32_t nodes,
               const FabricOptions& options)
    : sc_module(name),
      // Checked first: SystemC 3.0.2 crashes at the start of the simulation if an sc_vector was destroyed before.
      memory("memory", Routing(checked(config).topology, nodes).nodes()),
      config_(config),
      routing_(config.topology, nodes),
      outputs_(routing_.places()),
      inputs_(routing_.places(), 0),
      counters_(LinkCounts::counters(counts_)) {
  for (const Routing::Edge& edge : routing_.edges()) {
    const auto output = static_cast<std::uint32_t>(outputs_[edge.from].size());
    outputs_[edge.from][edge.to] = output;
    ++inputs_[edge.to];
  }
  FabricOptions chosen = options;
  if (!chosen.connect) {
    chosen.connect = [](tlm::tlm_base_initiator_socket<>& from, tlm::tlm_base_target_socket<>& to) { from.bind(to); };
  }
  add_nodes(chosen);
  add_links(chosen.connect);
}

/// Adds DMA engines and routers, including the switch's router.
void Fabric::add_nodes(const FabricOptions& options) {
  for (std::uint32_t place = 0; place < routing_.places(); ++place) {
    const bool node = place < routing_.nodes();
    const std::string number = node ? "_" + std::to_string(place) : "";
    const auto to_links = static_cast<std::uint32_t>(outputs_[place].size());
    std::vector<std::uint32_t> table;
    for (std::uint32_t to = 0; to < routing_.nodes(); ++to) {
      table.push_back(to == place ? to_links : outputs_[place].at(routing_.next(place, to)));
    }
    const Router::Ports ports{inputs_[place], node ? to_links : 0, to_links, node};
    routers_.push_back(std::make_unique<Router>(node ? ("router" + number).c_str() : "switch", ports, table));
    if (!node) continue;
    const LinkDma::Options engine{config_.packet_bytes, to_links, options.moves_data};
    dmas_.push_back(std::make_unique<LinkDma>(("dma" + number).c_str(), engine,
                                              [this](std::uint64_t transfer, std::uint64_t ticks,
                                                     const std::string& refusal) { ended(transfer, ticks, refusal); }));
    LinkDma& dma = *dmas_.back();
    dma.memory.bind(memory[place]);
    Router& router = *routers_.back();
    for (std::uint32_t queue = 0; queue < to_links; ++queue) {
      options.connect(dma.out[queue], router.in[inputs_[place] + queue]);
    }
    options.connect(router.out[to_links], dma.in);
  }
}

void Fabric::add_links(const Connect& connect) {
  std::vector<std::uint32_t> inputs(routing_.places(), 0);
  for (const Routing::Edge& edge : routing_.edges()) {
    const std::string name = "link_" + std::to_string(edge.from) + "_" + std::to_string(edge.to);
    links_.push_back(std::make_unique<Link>(name.c_str(), config_, &counts_));
    connect(routers_[edge.from]->out[outputs_[edge.from].at(edge.to)], links_.back()->in);
    connect(links_.back()->out, routers_[edge.to]->in[inputs[edge.to]++]);
  }
}

void Fabric::check(const std::vector<Message>& messages) const {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    const auto wrong = [&](const std::string& what) {
      throw Error::input(std::string(name()) + ": message " + std::to_string(i) + " " + what);
    };
    const std::string nodes = ", must be " + range_text(Range<std::uint32_t>{0, routing_.nodes() - 1});
    if (message.from >= routing_.nodes()) wrong("is from node " + std::to_string(message.from) + nodes);
    if (message.to >= routing_.nodes()) wrong("is to node " + std::to_string(message.to) + nodes);
    if (message.from == message.to) wrong("goes from node " + std::to_string(message.to) + " to itself");
    const std::uint64_t address = std::max(message.source, message.destination);
    if (address > node_memory_bytes || message.bytes > node_memory_bytes - address) {
      wrong("of " + std::to_string(message.bytes) + " bytes at address " + std::to_string(address) +
            " ends beyond the largest memory, " + std::to_string(node_memory_bytes) + " bytes");
    }
  }
}

void Fabric::transfer(const std::vector<Message>& messages) {
  check(messages);
  const std::uint64_t number = ++last_transfer_;
  Transfer& transfer = transfers_[number];
  for (const Message& message : messages) transfer.packets += ceil_div(message.bytes, config_.packet_bytes);
  for (const Message& message : messages) {
    if (message.bytes == 0) continue;
    dmas_[message.from]->send(outputs_[message.from].at(routing_.next(message.from, message.to)), message, number);
  }
  while (transfer.packets > 0) sc_core::wait(transfer.over);
  wait_until(transfer.last);
  const std::string refusal = transfer.refusal;
  transfers_.erase(number);
  if (!refusal.empty()) throw Error::run(refusal);
}

void Fabric::ended(std::uint64_t number, std::uint64_t ticks, const std::string& refusal) {
  const auto found = transfers_.find(number);
  if (found == transfers_.end()) return;  // a foreign packet, sent directly to a router
  Transfer& transfer = found->second;
  transfer.last = std::max(transfer.last, ticks);
  if (transfer.refusal.empty()) transfer.refusal = refusal;
  if (--transfer.packets == 0) transfer.over.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace anda
