// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/dram.h>

#include <catch2/catch.hpp>
#include <memory>
#include <systemc>
#include <vector>

#include "models/odd_initiator.h"

using anda::Dram;
using anda::DramConfig;
using anda::DramLevel;
using anda::ProtocolRule;
using anda::test::OddInitiator;

namespace {

constexpr std::uint32_t first_seed = 20261124;

DramConfig storing(DramLevel level) {
  DramConfig config;
  config.level = level;
  config.capacity_bytes = (1u << 20) + 5000;  // the last page is short
  config.store_data = true;
  return config;
}

void check(const OddInitiator& initiator, std::uint64_t transactions) {
  CHECK(initiator.answered == transactions);
  // The initiator broke these rules, and nobody broke others.
  CHECK(initiator.crimes > transactions / 200);
  CHECK(initiator.checker.violations().size() == initiator.crimes);
  for (const auto& violation : initiator.checker.violations()) {
    CAPTURE(violation.text);
    CHECK((violation.rule == ProtocolRule::data_pointer || violation.rule == ProtocolRule::data_length ||
           violation.rule == ProtocolRule::streaming_width));
  }
  const auto& counters = initiator.dram.counters();
  CHECK(counters.values()[counters.index_of("dram.read_bytes")] +
            counters.values()[counters.index_of("dram.write_bytes")] ==
        initiator.legal_bytes);
}

}  // namespace

TEST_CASE("Odd traffic through b_transport, debug and DMI changes the memory like an array of bytes") {
  constexpr std::uint64_t transactions = 8000;
  std::vector<std::unique_ptr<OddInitiator>> initiators;
  std::uint32_t seed = first_seed;
  for (const DramLevel level : {DramLevel::fast, DramLevel::detailed}) {
    for (const bool dmi : {false, true}) {
      DramConfig config = storing(level);
      config.dmi = dmi;
      initiators.push_back(std::make_unique<OddInitiator>(config, seed++, transactions, false));
    }
  }
  INFO("seeds from " << first_seed);
  sc_core::sc_start();
  for (const auto& initiator : initiators) check(*initiator, transactions);
}

TEST_CASE("Odd traffic through the four phases changes the memory like an array of bytes") {
  constexpr std::uint64_t transactions = 8000;
  std::vector<std::unique_ptr<OddInitiator>> initiators;
  std::uint32_t seed = first_seed;
  for (const DramLevel level : {DramLevel::fast, DramLevel::detailed}) {
    for (const std::uint32_t most : {1u, 7u, 1024u}) {
      DramConfig config = storing(level);
      config.dmi = most == 7;
      config.policy.most_transactions = most;
      initiators.push_back(std::make_unique<OddInitiator>(config, seed++, transactions, true));
    }
  }
  INFO("seeds from " << first_seed);
  sc_core::sc_start();
  for (const auto& initiator : initiators) {
    check(*initiator, transactions);
    initiator->checker.finish();
    CHECK(initiator->payloads_back());
    CHECK(initiator->payloads() < 50);  // used again and again
    const std::uint32_t most = initiator->dram.config().policy.most_transactions;
    CHECK(initiator->most_under_way() >= std::min<std::size_t>(most, 30));
  }
}

TEST_CASE("DMI is invalidated when it is forbidden and when the contents are cleared") {
  DramConfig config = storing(DramLevel::fast);
  config.dmi = true;
  OddInitiator initiator(config, first_seed, 0, false);
  Dram& dram = initiator.dram;
  tlm::tlm_generic_payload payload;
  payload.set_write();
  payload.set_address(70000);
  tlm::tlm_dmi dmi;
  REQUIRE(initiator.socket->get_direct_mem_ptr(payload, dmi));
  CHECK(dmi.get_start_address() == 1u << 16);
  CHECK(dmi.get_end_address() == (2u << 16) - 1);
  // 239 GB/s, to the nearest ps.
  CHECK(dmi.get_read_latency() == sc_core::sc_time(4, sc_core::SC_PS));
  dmi.get_dmi_ptr()[0] = 77;

  unsigned char byte = 0;
  tlm::tlm_generic_payload read;
  read.set_read();
  read.set_address(1u << 16);
  read.set_data_ptr(&byte);
  read.set_data_length(1);
  read.set_streaming_width(1);
  sc_core::sc_time delay;
  initiator.socket->b_transport(read, delay);
  CHECK(byte == 77);

  dram.clear();
  CHECK(initiator.invalidations() == 1);
  CHECK(initiator.socket->transport_dbg(read) == 1);
  CHECK(byte == 0);
  REQUIRE(initiator.socket->get_direct_mem_ptr(payload, dmi));
  dram.allow_dmi(false);
  CHECK(initiator.invalidations() == 2);
  CHECK_FALSE(initiator.socket->get_direct_mem_ptr(payload, dmi));
  CHECK(dmi.is_none_allowed());
  dram.allow_dmi(true);
  CHECK(initiator.invalidations() == 2);
  CHECK(initiator.socket->get_direct_mem_ptr(payload, dmi));
}

TEST_CASE("The memory survives initiators that break the protocol") {
  OddInitiator initiator(storing(DramLevel::fast), first_seed, 0, true);
  const auto forward = [&](tlm::tlm_generic_payload& payload, tlm::tlm_phase phase) {
    sc_core::sc_time delay;
    return initiator.socket->nb_transport_fw(payload, phase, delay);
  };
  tlm::tlm_generic_payload payload;
  payload.set_read();
  CHECK_THROWS_WITH(forward(payload, tlm::BEGIN_REQ), Catch::Contains("without a memory manager"));
  CHECK_THROWS_WITH(forward(payload, tlm::END_RESP), Catch::Contains("is not being answered"));
  CHECK_THROWS_WITH(forward(payload, tlm::BEGIN_RESP), Catch::Contains("an initiator may not begin"));
  TLM_DECLARE_EXTENDED_PHASE(extra_phase);
  CHECK(forward(payload, extra_phase) == tlm::TLM_ACCEPTED);
}
