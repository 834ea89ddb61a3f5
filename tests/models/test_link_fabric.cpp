// SPDX-License-Identifier: Apache-2.0
#include <anda/link/fabric.h>

#include <catch2/catch.hpp>
#include <random>

#include "models/fabric_bench.h"
#include "models/memory_targets.h"

using namespace anda;
using namespace anda::test;

namespace {

// Of plain_link() and plain_memory(), in ps.
constexpr std::uint64_t packet = 163'840;
constexpr std::uint64_t latency = 500'000;
constexpr std::uint64_t read_packet = 54'000;
constexpr std::uint64_t write_packet = 16'000;

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// Steps one after another, from a thread.
void run(Fabric& fabric, const CollectiveSteps& steps) {
  for (const auto& step : steps) fabric.transfer(step);
}

}  // namespace

TEST_CASE("A message takes its first read, its packets on the slowest link, the latency and its last write") {
  FabricBench ring(plain_link(Topology::ring), 6);
  FabricBench star(plain_link(Topology::switched), 6);
  // Twelve packets, more than are read ahead: reads keep up with the link, which is busy from the first on. A link more
  // costs its latency, and a packet's time, because packets go on when they have arrived as a whole.
  const std::uint64_t direct = read_packet + 12 * packet + latency + write_packet;
  const auto time = [](FabricBench& bench, std::uint32_t to) {
    return in_thread([&] { bench.fabric.transfer({{0, to, 12 * 4096}}); });
  };
  CHECK(time(ring, 1) == direct);
  CHECK(time(ring, 5) == direct);
  CHECK(time(ring, 2) == direct + packet + latency);
  CHECK(time(ring, 3) == direct + 2 * (packet + latency));
  CHECK(time(star, 1) == direct + packet + latency);
}

TEST_CASE("A message that is no multiple of a packet ends in a shorter packet") {
  FabricBench bench(plain_link(Topology::ring), 3);
  // 4096 bytes and 1: a byte takes 40 ps on the link. Addresses 3 … 4098 and 5 … 4100 touch 129 bursts of 32 bytes, one
  // more than aligned bytes would, of 125 ps each. The second packet arrives under the first one's write, and takes a
  // burst.
  const std::uint64_t time = in_thread([&] { bench.fabric.transfer({{1, 0, 4097, 3, 5}}); });
  CHECK(time == read_packet + 125 + packet + latency + write_packet + 125 + 125);
  CHECK(bench.counted("link.transactions") == 2);
  CHECK(bench.counted("link.bytes") == 4097);
  CHECK(bench.counted("link.busy_ps") == packet + 40);
}

TEST_CASE("all_gather round a ring takes (N - 1) (latency + S / (N B)), and memory's share of each step") {
  FabricBench two(plain_link(Topology::ring), 2);
  FabricBench five(plain_link(Topology::ring), 5);
  const std::uint64_t bytes = 3 * 4096;  // S / N
  for (FabricBench* const bench : {&two, &five}) {
    const std::uint32_t nodes = bench->fabric.routing().nodes();
    const CollectiveSteps steps = all_gather(Topology::ring, nodes, bytes);
    CHECK(in_thread([&] { run(bench->fabric, steps); }) ==
          (nodes - 1) * (latency + 3 * packet + read_packet + write_packet));
    CHECK(bench->counted("link.bytes") == nodes * (nodes - 1) * bytes);
  }
}

TEST_CASE("all_gather through a switch pays the latency and a packet twice") {
  FabricBench bench(plain_link(Topology::switched), 4);
  const std::uint64_t time = in_thread([&] { run(bench.fabric, all_gather(Topology::switched, 4, 3 * 4096)); });
  CHECK(time == 3 * (2 * latency + 4 * packet + read_packet + write_packet));
  CHECK(bench.counted("link.bytes") == 2 * 4 * 3 * 3 * 4096);
}

TEST_CASE("all_reduce moves 2 (N - 1) / N of the bytes over each node's link") {
  FabricBench bench(plain_link(Topology::ring), 4);
  const std::uint64_t bytes = 40'000;
  in_thread([&] { run(bench.fabric, all_reduce(Topology::ring, 4, bytes)); });
  for (std::uint32_t node = 0; node < 4; ++node) {
    CHECK(bench.bytes_over(node, (node + 1) % 4) == 2 * 3 * bytes / 4);
    CHECK(bench.bytes_over((node + 1) % 4, node) == 0);
  }
}

TEST_CASE("Messages that share a link take turns on it, packet by packet") {
  FabricBench bench(plain_link(Topology::ring), 4);
  std::uint64_t near = 0;
  std::uint64_t far = 0;
  sc_core::sc_spawn([&] {
    bench.fabric.transfer({{0, 2, 20 * 4096}});
    far = sc_core::sc_time_stamp().value();
  });
  sc_core::sc_spawn([&] {
    bench.fabric.transfer({{1, 2, 20 * 4096}});
    near = sc_core::sc_time_stamp().value();
  });
  sc_core::sc_start();
  // The link 1 → 2 is busy from the first read of node 1 on, for 40 packets. Those of node 0 come 663.84 ns later,
  // behind the fifth of node 1 (4.05 packets). From then on they take turns, node 0 first: the 15 that node 1 has left
  // are through with packet 5 + 30, those of node 0 with the last.
  const std::uint64_t end = latency + write_packet + read_packet;
  CHECK(near == end + 35 * packet);
  CHECK(far == end + 40 * packet);
}

TEST_CASE("Messages of one node take turns, and those to other links do not wait for each other") {
  FabricBench bench(plain_link(Topology::ring), 4);
  std::vector<std::uint64_t> times(3);
  const Fabric::Message messages[] = {{0, 1, 2 * 4096}, {0, 1, 8 * 4096}, {0, 3, 8 * 4096}};
  for (int i = 0; i < 3; ++i) {
    sc_core::sc_spawn([&, i] {
      bench.fabric.transfer({messages[i]});
      times[static_cast<std::size_t>(i)] = sc_core::sc_time_stamp().value();
    });
  }
  sc_core::sc_start();
  // The short one's second packet is the third on the link to node 1. Reads of the two queues take turns, so that the
  // link to node 3 has its first packet one read later.
  const std::uint64_t end = latency + write_packet + read_packet;
  CHECK(times[0] == end + 3 * packet);
  CHECK(times[1] == end + 10 * packet);
  CHECK(times[2] == end + 16'000 + 8 * packet);
}

TEST_CASE("A message that comes later waits for what has been read ahead, not for the whole of another") {
  FabricBench bench(plain_link(Topology::ring), 2);
  std::uint64_t late = 0;
  sc_core::sc_spawn([&] { bench.fabric.transfer({{0, 1, 100 * 4096}}); });
  sc_core::sc_spawn([&] {
    sc_core::wait(sc_core::sc_time(1, sc_core::SC_US));
    bench.fabric.transfer({{0, 1, 4096}});
    late = sc_core::sc_time_stamp().value();
  });
  sc_core::sc_start();
  // At 1 us the link is at packet 6, from 873.2 to 1037.04 ns. One waits in the router, one for the router, eight have
  // been read, and it is the other message's turn: the late one is packet 18.
  CHECK(late == read_packet + 18 * packet + latency + write_packet);
}

TEST_CASE("Reads ahead hide the memory's latency where links are as fast as memory") {
  LinkConfig config = plain_link(Topology::ring);
  config.bytes_per_s = 256e9;
  FabricBench bench(config, 2);
  // A packet takes 16 ns on the link and in memory, and the latency of a read is 38 ns.
  CHECK(in_thread([&] {
          bench.fabric.transfer({{0, 1, 50 * 4096}});
        }) == read_packet + 50 * 16'000 + latency + write_packet);
}

TEST_CASE("A mesh carries packets along the row, then along the column") {
  FabricBench bench(plain_link(Topology::mesh), 6);  // 0 1 2 / 3 4 5
  in_thread([&] { bench.fabric.transfer({{0, 5, 5000}, {5, 0, 300}}); });
  std::uint64_t all = 0;
  for (const Routing::Edge& edge : bench.fabric.routing().edges()) all += bench.bytes_over(edge.from, edge.to);
  CHECK(all == 3 * 5300);
  CHECK(bench.counted("link.bytes") == all);
  for (const auto& [from, to] : {Routing::Edge{0, 1}, {1, 2}, {2, 5}}) CHECK(bench.bytes_over(from, to) == 5000);
  for (const auto& [from, to] : {Routing::Edge{5, 4}, {4, 3}, {3, 0}}) CHECK(bench.bytes_over(from, to) == 300);
}

TEST_CASE("Random messages arrive with their bytes, whatever the topology") {
  std::mt19937 engine(1);
  const auto below = [&](std::uint32_t end) { return static_cast<std::uint32_t>(engine()) % end; };
  std::vector<std::unique_ptr<FabricBench>> benches;
  for (const std::uint32_t nodes : {2u, 5u, 6u, 9u}) {
    for (const Topology topology : {Topology::ring, Topology::switched, Topology::mesh}) {
      LinkConfig config = plain_link(topology);
      config.packet_bytes = 32 + below(100);
      config.latency_ns = below(2) * 700;
      config.bytes_per_s = (1 + below(1000)) * 1e9;
      DramConfig memory;
      memory.store_data = true;
      if (benches.size() % 2 == 1) memory.level = DramLevel::detailed;
      benches.push_back(std::make_unique<FabricBench>(config, nodes, memory));
    }
  }
  for (const auto& bench : benches) {
    const Routing& routing = bench->fabric.routing();
    std::vector<Fabric::Message> messages;
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    for (std::uint32_t i = 0; i < 24; ++i) {
      Fabric::Message message;
      message.from = below(routing.nodes());
      message.to = (message.from + 1 + below(routing.nodes() - 1)) % routing.nodes();
      message.bytes = below(3) == 0 ? below(3) : below(900);
      message.source = i * 1000 + below(100);
      message.destination = 1'000'000 + i * 1000 + below(100);
      const std::uint64_t hops = routing.path(message.from, message.to).size() - 1;
      bytes += message.bytes * hops;
      packets += ceil_div(message.bytes, bench->fabric.config().packet_bytes) * hops;
      std::vector<std::uint8_t> data(message.bytes);
      for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(1 + below(255));
      bench->place(message.from, message.source, data);
      messages.push_back(message);
    }
    in_thread([&] { bench->fabric.transfer(messages); });
    std::vector<std::uint64_t> written(routing.nodes(), 0);
    for (const Fabric::Message& message : messages) {
      CHECK(bench->contents(message.to, message.destination, message.bytes) ==
            bench->contents(message.from, message.source, message.bytes));
      CHECK(bench->contents(message.to, message.destination + message.bytes, 1) == std::vector<std::uint8_t>{0});
      written[message.to] += message.bytes;
    }
    for (std::uint32_t node = 0; node < routing.nodes(); ++node) {
      const Counters& counters = bench->drams[node]->counters();
      CHECK(*counters.list()[counters.index_of("dram.write_bytes")].value == written[node]);
    }
    CHECK(bench->counted("link.bytes") == bytes);
    CHECK(bench->counted("link.transactions") == packets);
  }
}

TEST_CASE("A fabric works with memories that wait in b_transport") {
  Fabric fabric("fabric", plain_link(Topology::ring), 2);
  ProtocolChecker<> checkers[2] = {ProtocolChecker<>("checker_0"), ProtocolChecker<>("checker_1")};
  BlockingMemory memories[2] = {BlockingMemory("memory_0"), BlockingMemory("memory_1")};
  for (std::uint32_t node = 0; node < 2; ++node) {
    fabric.memory[node].bind(checkers[node].target);
    checkers[node].initiator.bind(memories[node].socket);
  }
  std::vector<unsigned char> data(20'000);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<unsigned char>(i % 251);
  std::vector<unsigned char> seen(data.size());
  const std::uint64_t time = in_thread([&] {
    debug_access(fabric.memory[0], tlm::TLM_WRITE_COMMAND, 70'000, data.data(), data.size());
    fabric.transfer({{0, 1, data.size(), 70'000, 3}});
    debug_access(fabric.memory[1], tlm::TLM_READ_COMMAND, 3, seen.data(), seen.size());
  });
  CHECK(seen == data);
  // A read or a write takes 7 ns, in which the memory takes no other, and 3 ns; 20,000 bytes take 800 ns on the link.
  CHECK(time == 10'000 + 800'000 + latency + 10'000);
}

TEST_CASE("Fabrics and messages that cannot be are refused, and nothing is sent") {
  CHECK(error_of([] { const Fabric fabric("none", {}, 0); }) == "link: the number of nodes is 0, must be 1 … 1024");
  LinkConfig slow;
  slow.bytes_per_s = 1;
  CHECK(error_of([=] { const Fabric fabric("slow", slow, 2); }) == "link: bytes_per_s is 1, must be 1000000 … 1e+15");

  FabricBench one(plain_link(Topology::switched), 1, plain_memory(), "one");
  FabricBench two(plain_link(Topology::ring), 2, plain_memory(), "two");
  const auto refused = [](FabricBench& bench, const Fabric::Message& message) {
    std::string text;
    CHECK(in_thread([&] { text = error_of([&] { bench.fabric.transfer({{0, 1, 0}, message}); }); }) == 0);
    return text;
  };
  CHECK(in_thread([&] { one.fabric.transfer({}); }) == 0);
  CHECK(in_thread([&] { two.fabric.transfer({{0, 1, 0}, {1, 0, 0, 77, 99}}); }) == 0);
  CHECK(refused(two, {0, 2, 1}) == "two.fabric: message 1 is to node 2, must be 0 … 1");
  CHECK(refused(two, {9, 1, 1}) == "two.fabric: message 1 is from node 9, must be 0 … 1");
  CHECK(refused(two, {1, 1, 1}) == "two.fabric: message 1 goes from node 1 to itself");
  const std::uint64_t top = std::uint64_t{1} << 48;
  CHECK(refused(two, {0, 1, 2, top - 1, 0}).find("of 2 bytes at address 281474976710655 ends beyond") !=
        std::string::npos);
  CHECK(refused(two, {0, 1, 2, 0, top - 1}).find("of 2 bytes at address 281474976710655 ends beyond") !=
        std::string::npos);
  CHECK(refused(two, {0, 1, ~std::uint64_t{0}, 0, 8}).find("ends beyond") != std::string::npos);
  CHECK(two.counted("link.bytes") == 0);
}

TEST_CASE("A memory that refuses a packet makes the transfer fail when all others have arrived") {
  FabricBench bench(plain_link(Topology::ring), 3, plain_memory(), "bench");
  const std::uint64_t end = plain_memory().capacity_bytes;
  bench.place(1, 0, std::vector<std::uint8_t>(9000, 7));
  std::vector<std::string> texts;
  in_thread([&] {
    texts.push_back(error_of([&] { bench.fabric.transfer({{0, 1, 12288, end - 4096, 0}, {1, 2, 9000, 0, 64}}); }));
    texts.push_back(error_of([&] { bench.fabric.transfer({{0, 1, 8192, 0, end - 4096}}); }));
    texts.push_back(error_of([&] { bench.fabric.transfer({{0, 1, 8192, 0, end - 8192}}); }));
  });
  CHECK(
      texts[0] ==
      "the memory behind bench.fabric.dma_0 answered TLM_ADDRESS_ERROR_RESPONSE to a read of 4096 bytes at 0x10000000");
  CHECK(texts[1] ==
        "the memory behind bench.fabric.dma_1 answered TLM_ADDRESS_ERROR_RESPONSE to a write of 4096 bytes at "
        "0x10000000");
  CHECK(texts[2].empty());
  CHECK(bench.contents(2, 64, 9000) == std::vector<std::uint8_t>(9000, 7));
}

TEST_CASE("Without data the times and counts of a fabric are the same") {
  std::vector<std::uint64_t> seen[2];
  std::vector<std::unique_ptr<Fabric>> fabrics;
  std::vector<std::unique_ptr<Dram>> drams;
  for (const bool moves_data : {false, true}) {
    fabrics.push_back(std::make_unique<Fabric>(moves_data ? "data" : "sizes", plain_link(Topology::mesh), 6,
                                               FabricOptions{moves_data, {}}));
    for (std::uint32_t node = 0; node < 6; ++node) {
      drams.push_back(std::make_unique<Dram>(sc_core::sc_gen_unique_name("dram"), DramConfig()));
      fabrics.back()->memory[node].bind(drams.back()->socket);
    }
  }
  for (std::size_t i = 0; i < 2; ++i) {
    seen[i] = {in_thread([&] { run(*fabrics[i], all_to_all(Topology::mesh, 6, 10'000)); })};
    for (const std::uint64_t value : fabrics[i]->counters().values()) seen[i].push_back(value);
  }
  CHECK(seen[0] == seen[1]);
  CHECK(seen[0][1] > 0);
}
