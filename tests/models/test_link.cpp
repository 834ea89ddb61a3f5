// SPDX-License-Identifier: Apache-2.0
#include <anda/link/link.h>

#include <catch2/catch.hpp>

#include "models/block_bench.h"
#include "models/memory_targets.h"

using namespace anda;
using namespace anda::test;

namespace {

/// 4 bytes a nanosecond, 100 ns.
LinkConfig slow() {
  LinkConfig config;
  config.bytes_per_s = 4e9;
  config.latency_ns = 100;
  return config;
}

/// A link between masters, which are threads of the test, and a memory, with checkers on both sides.
struct Bench : sc_core::sc_module {
  Clock clock{gigahertz};
  Link link;
  Driver driver;
  Neighbour memory;

  explicit Bench(const LinkConfig& config, sc_core::sc_module_name name = sc_core::sc_gen_unique_name("bench"))
      : sc_module(name), link("link", config), driver("driver", clock, link.in), memory("memory") {
    memory.behind(link.out);
  }

  struct Sent {
    sc_core::sc_time returned;  ///< when the link could be asked again
    sc_core::sc_time over;      ///< with the delay that came back
  };

  /// A write from the calling thread.
  Sent write(std::uint64_t address, std::uint64_t bytes, sc_core::sc_time delay = {}) {
    std::vector<unsigned char> data(bytes, static_cast<unsigned char>(address));
    CHECK(driver.plain(tlm::TLM_WRITE_COMMAND, address, data.data(), bytes, delay) == tlm::TLM_OK_RESPONSE);
    return {sc_core::sc_time_stamp(), sc_core::sc_time_stamp() + delay};
  }
  void master(const std::function<void()>& program) { sc_core::sc_spawn(program); }

  /// Address and instant of all that came out, in its order.
  std::vector<std::pair<std::uint64_t, sc_core::sc_time>> arrivals() const {
    std::vector<std::pair<std::uint64_t, sc_core::sc_time>> list;
    for (const Neighbour::Access& access : memory.accesses) list.emplace_back(access.address, access.at);
    return list;
  }
};

using Arrivals = std::vector<std::pair<std::uint64_t, sc_core::sc_time>>;

}  // namespace

TEST_CASE("A link takes bytes / bytes_per_s for each transaction, and delivers it a latency later") {
  Bench bench(slow());
  bench.memory.latency = ns(7);
  std::vector<Bench::Sent> sent;
  bench.master([&] {
    for (std::uint64_t i = 0; i < 3; ++i) sent.push_back(bench.write(i, 64));
  });
  sc_core::sc_start();
  // 64 bytes at 4 bytes/ns: 16 ns each, one behind the other. The latency is on top once, not once a transaction.
  CHECK(bench.arrivals() == Arrivals{{0, ns(116)}, {1, ns(132)}, {2, ns(148)}});
  for (std::uint64_t i = 0; i < 3; ++i) {
    CHECK(sent[i].returned == ns(16 * (i + 1)));
    CHECK(sent[i].over == ns(16 * (i + 1) + 100 + 7));
    CHECK(bench.memory.contents(i, 1) == std::vector<std::uint8_t>{static_cast<std::uint8_t>(i)});
  }
  CHECK(counted(bench.link, "link.bytes") == 192);
  CHECK(counted(bench.link, "link.busy_ps") == 48'000);
  CHECK(counted(bench.link, "link.transactions") == 3);
}

TEST_CASE("Two masters of a link are served in the order in which they come, also by their annotated delays") {
  Bench bench(slow());
  bench.master([&] {
    bench.write(0xa0, 64);  // 0 … 16 ns
    bench.write(0xa1, 64);  // comes at 16 ns, behind b0: 24 … 40 ns
  });
  bench.master([&] {
    sc_core::wait(ns(5));
    bench.write(0xb0, 32);  // 16 … 24 ns
  });
  // These two call at the same time; the second is due first.
  bench.master([&] {
    sc_core::wait(ns(100));
    CHECK(bench.write(0xc0, 4, ns(50)).returned == ns(151));
  });
  bench.master([&] {
    sc_core::wait(ns(100));
    CHECK(bench.write(0xd0, 4, ns(20)).returned == ns(121));
  });
  sc_core::sc_start();
  CHECK(bench.arrivals() ==
        Arrivals{{0xa0, ns(116)}, {0xb0, ns(124)}, {0xa1, ns(140)}, {0xd0, ns(221)}, {0xc0, ns(251)}});
}

TEST_CASE("Many small transactions on a link take as long as a large one, and stay in order within a tick") {
  LinkConfig config;
  config.bytes_per_s = 3e9;  // a byte takes 333 1/3 ps
  config.latency_ns = 0;
  Bench thirds(config);
  config.bytes_per_s = 1e15;  // a thousand bytes take 1 ps
  Bench fast(config);
  thirds.master([&] {
    for (std::uint64_t i = 0; i < 1000; ++i) thirds.write(i, 1);
  });
  for (std::uint64_t i = 0; i < 10; ++i) fast.master([&fast, i] { fast.write(i, 1); });
  sc_core::sc_start();
  CHECK(thirds.arrivals().back().second.value() == 333'333);
  CHECK(counted(thirds.link, "link.busy_ps") == 333'333);
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(fast.arrivals()[i].first == i);
}

TEST_CASE("A target that waits holds up what comes behind it on a link, in order") {
  Clock clock(gigahertz);
  Link link("link", slow());
  Driver driver("driver", clock, link.in);
  BlockingMemory memory("memory");  // waits for the delay and 7 ns, and adds 3 ns
  ProtocolChecker<> checker("checker");
  link.out.bind(checker.target);
  checker.initiator.bind(memory.socket);
  std::vector<sc_core::sc_time> over(2);
  for (std::size_t i = 0; i < 2; ++i) {
    sc_core::sc_spawn([&, i] {
      std::vector<unsigned char> data(64);
      sc_core::sc_time delay;
      CHECK(driver.plain(tlm::TLM_WRITE_COMMAND, 64 * i, data.data(), 64, delay) == tlm::TLM_OK_RESPONSE);
      over[i] = sc_core::sc_time_stamp() + delay;
    });
  }
  sc_core::sc_start();
  CHECK(over[0] == ns(16 + 100 + 7 + 3));
  // Off the link at 32 ns, called when the first has returned at 123, there at 132.
  CHECK(over[1] == ns(132 + 7 + 3));
}

TEST_CASE("A link refuses what is no write, and passes on what its target says") {
  Bench bench(slow());
  elaborate();
  std::vector<unsigned char> data(8);
  CHECK(bench.driver.plain(tlm::TLM_READ_COMMAND, 0, data.data(), 8) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  bench.master([&] {
    const IllegalAccesses illegal(bench.driver, 8);
    CHECK(illegal.no_data == tlm::TLM_GENERIC_ERROR_RESPONSE);
    CHECK(illegal.no_length == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(illegal.no_command == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(illegal.streaming == tlm::TLM_OK_RESPONSE);  // for the target to refuse
  });
  sc_core::sc_start();
  CHECK(bench.memory.accesses.size() == 1);
  CHECK(counted(bench.link, "link.transactions") == 1);

  bench.memory.status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
  bench.master([&] { status = bench.driver.plain(tlm::TLM_WRITE_COMMAND, 0, data.data(), 8); });
  sc_core::sc_start();
  CHECK(status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_CASE("Debug access goes through a link both ways, in no time and uncounted") {
  Bench bench(slow());
  elaborate();
  std::vector<unsigned char> data{1, 2, 3};
  std::vector<unsigned char> seen(3);
  CHECK(debug_access(bench.driver.socket, tlm::TLM_WRITE_COMMAND, 40, data.data(), 3));
  CHECK(debug_access(bench.driver.socket, tlm::TLM_READ_COMMAND, 40, seen.data(), 3));
  CHECK(seen == data);
  CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);
  CHECK(counted(bench.link, "link.bytes") == 0);
}

TEST_CASE("A link's configuration names the key that is wrong") {
  const auto refusal = [](auto change) {
    LinkConfig config;
    change(config);
    try {
      const Link link("link", config);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refusal([](LinkConfig& c) { c.bytes_per_s = 0; }) == "link: bytes_per_s is 0, must be 1000000 … 1e+15");
  CHECK(refusal([](LinkConfig& c) { c.latency_ns = -1; }) == "link: latency_ns is -1, must be 0 … 1000000000");
  CHECK(refusal([](LinkConfig& c) { c.energy_pj_per_bit = -1; }).find("energy_pj_per_bit") != std::string::npos);
  CHECK(refusal([](LinkConfig& c) { c.packet_bytes = 31; }) == "link: packet_bytes is 31, must be 32 … 1048576");
  CHECK(LinkConfig().energy_pj(1000) == Approx(1000 * 8 * 1.3));
}
