// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>

#include <anda/dram/dram.h>
#include <anda/tlm/protocol_checker.h>

using anda::DramConfig;

namespace {

/// A transaction with its data.
class Transaction : public tlm::tlm_generic_payload {
 public:
  Transaction(tlm::tlm_command command, std::uint64_t address, unsigned int bytes) : data(bytes) {
    set_command(command);
    set_address(address);
    set_data_ptr(data.data());
    set_data_length(bytes);
    set_streaming_width(bytes);
  }

  std::vector<unsigned char> data;
};

/// A memory and an initiator that calls it from outside the simulation, at time 0.
class DramBench : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<DramBench> socket;
  anda::Dram dram;
  anda::ProtocolChecker<> checker;

  explicit DramBench(const DramConfig& config, sc_core::sc_module_name name = sc_core::sc_gen_unique_name("bench"))
      : sc_module(name), socket("socket"), dram("dram", config), checker("checker") {
    socket.bind(checker.target);
    checker.initiator.bind(dram.socket);
  }

  /// Time at which a transaction asked for at a time is complete, in ns.
  double done_ns(tlm::tlm_command command, std::uint64_t address, unsigned int bytes, double at_ns = 0) {
    Transaction transaction(command, address, bytes);
    sc_core::sc_time delay(at_ns, sc_core::SC_NS);
    socket->b_transport(transaction, delay);
    REQUIRE(transaction.get_response_status() == tlm::TLM_OK_RESPONSE);
    return delay.to_seconds() * 1e9;
  }

  tlm::tlm_response_status status(tlm::tlm_generic_payload& transaction) {
    sc_core::sc_time delay;
    socket->b_transport(transaction, delay);
    CHECK(delay == sc_core::SC_ZERO_TIME);
    return transaction.get_response_status();
  }
  tlm::tlm_response_status status(tlm::tlm_command command, std::uint64_t address, unsigned int bytes) {
    Transaction transaction(command, address, bytes);
    return status(transaction);
  }
};

constexpr double burst_ns = 2.0 / 16 / (1 - 260.0 / 3900);

}  // namespace

TEST_CASE("HBM2 by default: 256 GB/s in bursts of 32 bytes") {
  const DramConfig config;
  CHECK(config.peak_bytes_per_s() == Approx(256e9));
  CHECK(config.burst_bytes() == 32);
}

TEST_CASE("A memory rests once all that it was asked for is over, at level detailed never") {
  DramConfig config;
  config.level = anda::DramLevel::detailed;
  const DramBench detailed(config);
  CHECK_FALSE(detailed.dram.rests());
  DramBench bench{DramConfig{}};
  CHECK(bench.dram.rests());
  const double done = bench.done_ns(tlm::TLM_READ_COMMAND, 0, 3200);
  CHECK_FALSE(bench.dram.rests());
  sc_core::sc_start(done - 1, sc_core::SC_NS);
  CHECK_FALSE(bench.dram.rests());
  sc_core::sc_start(1.001, sc_core::SC_NS);
  CHECK(bench.dram.rests());
}

TEST_CASE("A read takes the latency and its bursts; a stream hides the latency; writes are posted") {
  DramBench bench{DramConfig{}};
  CHECK(bench.done_ns(tlm::TLM_READ_COMMAND, 0, 3200) == Approx(38 + 100 * burst_ns).margin(0.001));
  CHECK(bench.done_ns(tlm::TLM_READ_COMMAND, 3200, 3200) == Approx(38 + 200 * burst_ns).margin(0.002));
  CHECK(bench.done_ns(tlm::TLM_WRITE_COMMAND, 6400, 32) == Approx(38 + 201 * burst_ns).margin(0.003));
  CHECK(bench.done_ns(tlm::TLM_WRITE_COMMAND, 6400, 32, 1000) == Approx(1000 + burst_ns).margin(0.001));
}

TEST_CASE("A transfer costs every burst that it touches") {
  DramBench bench{DramConfig{}};
  CHECK(bench.done_ns(tlm::TLM_READ_COMMAND, 31, 1) == Approx(38 + burst_ns).margin(0.001));
  CHECK(bench.done_ns(tlm::TLM_READ_COMMAND, 31, 2, 1000) == Approx(1038 + 2 * burst_ns).margin(0.001));
  const auto& counters = bench.dram.counters();
  CHECK(counters.values()[counters.index_of("dram.read_bytes")] == 3);
  CHECK(counters.values()[counters.index_of("dram.read_bursts")] == 3);
}

TEST_CASE("A stream reaches the peak minus refresh") {
  DramBench bench{DramConfig{}};
  double done = 0;
  for (int i = 0; i < 1000; ++i) done = bench.done_ns(tlm::TLM_READ_COMMAND, 0, 1u << 16);
  CHECK(1000.0 * (1u << 16) / (done - 38) == Approx(256.0 * (1 - 260.0 / 3900)).epsilon(1e-4));
}

TEST_CASE("The memory refuses unsupported transactions in no time") {
  DramBench bench{DramConfig{}};
  const std::uint64_t end = DramConfig{}.capacity_bytes;
  CHECK(bench.status(tlm::TLM_READ_COMMAND, end, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(bench.status(tlm::TLM_WRITE_COMMAND, end - 1, 2) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(bench.status(tlm::TLM_READ_COMMAND, ~std::uint64_t{0}, 2) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(bench.status(tlm::TLM_IGNORE_COMMAND, 0, 4) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  Transaction narrow(tlm::TLM_READ_COMMAND, end - 4, 16);
  narrow.set_streaming_width(5);
  CHECK(bench.status(narrow) == tlm::TLM_ADDRESS_ERROR_RESPONSE);

  // What breaks the rules of the protocol is refused too, and does no harm.
  bench.checker.collect();
  CHECK(bench.status(tlm::TLM_READ_COMMAND, 0, 0) == tlm::TLM_BURST_ERROR_RESPONSE);
  Transaction no_data(tlm::TLM_WRITE_COMMAND, 0, 8);
  no_data.set_data_ptr(nullptr);
  CHECK(bench.status(no_data) == tlm::TLM_GENERIC_ERROR_RESPONSE);
  unsigned char enable = 0xff;
  Transaction enabled(tlm::TLM_READ_COMMAND, 0, 8);
  enabled.set_byte_enable_ptr(&enable);
  enabled.set_byte_enable_length(0);
  CHECK(bench.status(enabled) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  Transaction unknown(static_cast<tlm::tlm_command>(3), 0, 8);
  CHECK(bench.status(unknown) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  const auto& counters = bench.dram.counters();
  CHECK(counters.values()[counters.index_of("dram.read_bytes")] == 0);
  CHECK(counters.values()[counters.index_of("dram.write_bytes")] == 0);
}

TEST_CASE("With store_data, what was written is read back, across pages and through the debug interface") {
  DramConfig config;
  config.store_data = true;
  DramBench bench(config);
  std::array<unsigned char, 200> data{};
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<unsigned char>(i);
  const std::uint64_t address = (1u << 16) - 100;
  Transaction write(tlm::TLM_WRITE_COMMAND, address, 200);
  write.set_data_ptr(data.data());
  sc_core::sc_time delay;
  bench.socket->b_transport(write, delay);

  Transaction read(tlm::TLM_READ_COMMAND, address + 50, 100);
  CHECK(bench.socket->transport_dbg(read) == 100);
  CHECK(std::memcmp(read.get_data_ptr(), data.data() + 50, 100) == 0);
  Transaction untouched(tlm::TLM_READ_COMMAND, 1u << 20, 4);
  bench.socket->b_transport(untouched, delay);
  CHECK(std::memcmp(untouched.get_data_ptr(), "\0\0\0\0", 4) == 0);
}

TEST_CASE("A memory that would never be available is refused") {
  DramConfig config;
  config.refresh_cycle_ns = config.refresh_interval_ns;
  CHECK_THROWS_WITH(anda::Dram("dram", config), Catch::Contains("refresh_cycle_ns"));
}

TEST_CASE("A streaming burst starts again at its address after each streaming width, and moves those bursts once") {
  DramConfig config;
  config.store_data = true;
  DramBench bench(config);
  Transaction write(tlm::TLM_WRITE_COMMAND, 1000, 10);
  for (unsigned char i = 0; i < 10; ++i) write.data[i] = i;
  write.set_streaming_width(4);
  sc_core::sc_time delay;
  bench.socket->b_transport(write, delay);
  REQUIRE(write.get_response_status() == tlm::TLM_OK_RESPONSE);
  // 0 1 2 3, then 4 5 6 7, then 8 9 over the first two.
  Transaction read(tlm::TLM_READ_COMMAND, 1000, 5);
  bench.socket->b_transport(read, delay);
  CHECK(read.data == std::vector<unsigned char>{8, 9, 6, 7, 0});
  Transaction again(tlm::TLM_READ_COMMAND, 1001, 7);
  again.set_streaming_width(3);
  bench.socket->b_transport(again, delay);
  CHECK(again.data == std::vector<unsigned char>{9, 6, 7, 9, 6, 7, 9});
  // The last four bytes of the memory, over and over.
  Transaction last(tlm::TLM_READ_COMMAND, config.capacity_bytes - 4, 4096);
  last.set_streaming_width(4);
  bench.socket->b_transport(last, delay);
  CHECK(last.get_response_status() == tlm::TLM_OK_RESPONSE);
  const auto& counters = bench.dram.counters();
  CHECK(counters.values()[counters.index_of("dram.read_bytes")] == 5 + 7 + 4096);
  CHECK(counters.values()[counters.index_of("dram.read_bursts")] == 3);
}
