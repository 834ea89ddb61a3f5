// SPDX-License-Identifier: Apache-2.0
#include <anda/link/router.h>

#include <catch2/catch.hpp>

#include "models/block_bench.h"

using namespace anda;
using namespace anda::test;

namespace {

/// The router of node 1 between two links, that is of three nodes in a line; masters and memories stand for what is
/// around it. Node 3 exists, but there is no way to it from here.
struct Bench : sc_core::sc_module {
  Clock clock{gigahertz};
  Router router{"router", {1, 1, 2, true}, {0, 2, 1, 9}};
  Driver link{"link", clock, router.in[0]};
  Driver node{"node", clock, router.in[1]};
  Neighbour to_0{"to_0"};
  Neighbour to_2{"to_2"};
  Neighbour own{"own"};

  explicit Bench(sc_core::sc_module_name name = "bench") : sc_module(name) {
    to_0.behind(router.out[0]);
    to_2.behind(router.out[1]);
    own.behind(router.out[2]);
  }

  static tlm::tlm_response_status write(Driver& driver, std::uint64_t address, std::vector<unsigned char> data,
                                        sc_core::sc_time delay = {}) {
    return driver.plain(tlm::TLM_WRITE_COMMAND, address, data.data(), data.size(), delay);
  }
};

using Bytes = std::vector<std::uint8_t>;

}  // namespace

TEST_CASE("A router passes a packet on when it has arrived, to where its node is, with the bytes it had") {
  Bench bench;
  sc_core::sc_spawn([&] {
    CHECK(Bench::write(bench.link, link_address(2, 64), {1, 2, 3}, ns(30)) == tlm::TLM_OK_RESPONSE);
    CHECK(Bench::write(bench.link, link_address(1, 80), {4, 5}, ns(20)) == tlm::TLM_OK_RESPONSE);
    CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);  // packets from links never wait
  });
  sc_core::sc_start();
  REQUIRE(bench.to_2.accesses.size() == 1);
  CHECK(bench.to_2.accesses[0].at == ns(30));
  CHECK(bench.to_2.contents(link_address(2, 64), 3) == Bytes{1, 2, 3});
  REQUIRE(bench.own.accesses.size() == 1);
  CHECK(bench.own.accesses[0].at == ns(20));
  CHECK(bench.own.contents(link_address(1, 80), 2) == Bytes{4, 5});
  CHECK(bench.to_0.accesses.empty());
}

TEST_CASE("A router refuses what is no packet or has no way, and debug access takes the same ways") {
  Bench bench;
  elaborate();
  unsigned char byte = 7;
  CHECK(bench.link.plain(tlm::TLM_READ_COMMAND, 0, &byte, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(bench.node.plain(tlm::TLM_READ_COMMAND, 0, &byte, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(IllegalAccesses(bench.link, 8).all_refused());
  CHECK(Bench::write(bench.link, link_address(3, 0), {1}) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(Bench::write(bench.link, link_address(4, 0), {1}) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(Bench::write(bench.node, ~std::uint64_t{7}, {1}) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(debug_access(bench.link.socket, tlm::TLM_WRITE_COMMAND, link_address(2, 5), &byte, 1));
  CHECK(bench.to_2.contents(link_address(2, 5), 1) == Bytes{7});
  CHECK(debug_access(bench.node.socket, tlm::TLM_READ_COMMAND, link_address(1, 5), &byte, 1));
  CHECK(byte == 0);
  CHECK_FALSE(debug_access(bench.link.socket, tlm::TLM_READ_COMMAND, link_address(3, 5), &byte, 1));
  CHECK(bench.to_2.accesses.empty());
}

TEST_CASE("A router whose neighbour refuses a packet says which") {
  Bench bench;
  bench.to_0.status = tlm::TLM_GENERIC_ERROR_RESPONSE;
  sc_core::sc_spawn([&] { Bench::write(bench.node, link_address(0, 16), {1, 2}); });
  CHECK_THROWS_WITH(sc_core::sc_start(), Catch::Contains("bench.router.out_0 answered TLM_GENERIC_ERROR_RESPONSE to a "
                                                         "write of 2 bytes at 0x10"));
}
