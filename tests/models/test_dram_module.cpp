// SPDX-License-Identifier: Apache-2.0
#include <anda/base/error.h>
#include <anda/base/process.h>
#include <anda/dram/dram.h>
#include <anda/tlm/protocol_checker.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <systemc>
#include <tlm>
#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

#include "models/command_checker.h"
#include "models/payload_pool.h"

using anda::Dram;
using anda::DramConfig;
using anda::DramLevel;
using anda::test::CommandChecker;

namespace {

DramConfig of(DramLevel level) {
  DramConfig config;
  config.level = level;
  return config;
}

/// Sends a list of transactions through the four phases, each as soon as the one before is accepted, and notes when
/// each is answered. Keeps the rules of the base protocol and fails where the memory does not.
class Initiator : public sc_core::sc_module {
 public:
  struct Request {
    tlm::tlm_command command;
    std::uint64_t address;
    unsigned int bytes;
    double at_ns = 0;  // no earlier
    double done_ns = -1;
    tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
    std::vector<unsigned char> data;
  };

  tlm_utils::simple_initiator_socket<Initiator> socket;
  Dram dram;
  anda::ProtocolChecker<> checker;
  anda::test::PayloadPool pool;
  std::vector<Request> requests;
  bool takes_delays = false;  // answers END_RESP later, and sends BEGIN_REQ with a delay
  double takes_ns = 2;        // how much later
  bool calls = false;         // answers END_RESP by a call
  std::size_t waited = 0;     // requests that were not accepted at once

  explicit Initiator(const DramConfig& config, sc_core::sc_module_name name = sc_core::sc_gen_unique_name("initiator"))
      : sc_module(name), socket("socket"), dram("dram", config), checker("checker") {
    ANDA_HAS_PROCESS(Initiator);
    SC_THREAD(run);
    socket.bind(checker.target);
    checker.initiator.bind(dram.socket);
    socket.register_nb_transport_bw(this, &Initiator::nb_transport_bw);
  }

  std::size_t answered() const { return answered_; }

 private:
  void run() {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      Request& request = requests[i];
      const sc_core::sc_time at(request.at_ns, sc_core::SC_NS);
      if (at > sc_core::sc_time_stamp()) wait(at - sc_core::sc_time_stamp());
      request.data.resize(request.bytes, 0);
      tlm::tlm_generic_payload& payload = pool.make();
      payload.set_command(request.command);
      payload.set_address(request.address);
      payload.set_data_ptr(request.data.data());
      payload.set_data_length(request.bytes);
      payload.set_streaming_width(request.bytes);
      payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
      under_way_.push_back({&payload, i});
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_core::sc_time delay = takes_delays ? sc_core::sc_time(1, sc_core::SC_NS) : sc_core::SC_ZERO_TIME;
      requesting_ = &payload;
      const tlm::tlm_sync_enum status = socket->nb_transport_fw(payload, phase, delay);
      if (status == tlm::TLM_UPDATED) {
        REQUIRE(phase == tlm::END_REQ);
        requesting_ = nullptr;
      } else {
        REQUIRE(status == tlm::TLM_ACCEPTED);
        ++waited;
        if (requesting_ != nullptr) wait(accepted_);
      }
    }
  }

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    REQUIRE(delay == sc_core::SC_ZERO_TIME);
    if (phase == tlm::END_REQ) {
      REQUIRE(requesting_ == &payload);
      requesting_ = nullptr;
      accepted_.notify(sc_core::SC_ZERO_TIME);
      return tlm::TLM_ACCEPTED;
    }
    REQUIRE(phase == tlm::BEGIN_RESP);
    const auto found =
        std::find_if(under_way_.begin(), under_way_.end(), [&](const auto& entry) { return entry.first == &payload; });
    REQUIRE(found != under_way_.end());
    Request& request = requests[found->second];
    request.done_ns = sc_core::sc_time_stamp().to_seconds() * 1e9;
    request.status = payload.get_response_status();
    under_way_.erase(found);
    ++answered_;
    if (calls) {
      ends_.notify(payload, tlm::END_RESP, sc_core::SC_ZERO_TIME);
      return tlm::TLM_ACCEPTED;
    }
    payload.release();
    phase = tlm::END_RESP;
    if (takes_delays) delay = sc_core::sc_time(takes_ns, sc_core::SC_NS);
    return tlm::TLM_UPDATED;
  }

  void end_response(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& end) {
    tlm::tlm_phase phase = end;
    sc_core::sc_time delay(takes_delays ? takes_ns : 0, sc_core::SC_NS);
    socket->nb_transport_fw(payload, phase, delay);
    payload.release();
  }

  sc_core::sc_event accepted_;
  tlm_utils::peq_with_cb_and_phase<Initiator> ends_{this, &Initiator::end_response};
  tlm::tlm_generic_payload* requesting_ = nullptr;
  std::vector<std::pair<tlm::tlm_generic_payload*, std::size_t>> under_way_;
  std::size_t answered_ = 0;
};

}  // namespace

TEST_CASE("Detailed memory through b_transport: the same idle latency as at level fast") {
  struct Caller : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<Caller> socket{"socket"};
    explicit Caller(sc_core::sc_module_name name) : sc_module(name) {}
  } caller("caller");
  Dram dram("dram", of(DramLevel::detailed));
  anda::ProtocolChecker<> protocol("protocol");
  caller.socket.bind(protocol.target);
  protocol.initiator.bind(dram.socket);
  CommandChecker checker(dram.config());
  dram.channels()->observe([&](const anda::dram::CommandRecord& record) { checker.see(record); });
  const auto read = [&caller](std::uint64_t address, unsigned int bytes, double at_ns) {
    tlm::tlm_generic_payload payload;
    std::vector<unsigned char> data(bytes);
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_address(address);
    payload.set_data_ptr(data.data());
    payload.set_data_length(bytes);
    payload.set_streaming_width(bytes);
    sc_core::sc_time delay(at_ns, sc_core::SC_NS);
    caller.socket->b_transport(payload, delay);
    REQUIRE(payload.get_response_status() == tlm::TLM_OK_RESPONSE);
    return delay.to_seconds() * 1e9;
  };
  // Row and column access, the rest of latency_ns = 38, and the burst; the read's turn on its bus adds a cycle.
  CHECK(read(0, 32, 100) == Approx(100 + 38 + 1 + 2));
  CHECK(read(0, 32, 200) == Approx(200 + 38 - 15 + 2));
  // A MiB: 65536 bytes for each channel at 16 GB/s.
  const double start = 300;
  CHECK(read(1u << 20, 1u << 20, start) - start == Approx(38 + 4096 / (1 - 260.0 / 3900)).epsilon(0.08));
  const auto& counters = dram.counters();
  CHECK(counters.values()[counters.index_of("dram.read_bursts")] == 32770);
  CHECK(counters.values()[counters.index_of("dram.row_hits")] > 30000);
  CHECK(counters.values()[counters.index_of("dram.activates")] > 16 * 16);
  checker.finish();
  CHECK(checker.first_failure().empty());
}

TEST_CASE("Four phases at both levels: every transaction is answered once, none early, payloads come back") {
  std::vector<std::unique_ptr<Initiator>> initiators;
  for (const DramLevel level : {DramLevel::fast, DramLevel::detailed}) {
    for (const bool delays : {false, true}) {
      DramConfig config = of(level);
      config.policy.most_transactions = 8;
      initiators.push_back(std::make_unique<Initiator>(config));
      initiators.back()->takes_delays = delays;
      for (std::uint64_t i = 0; i < 500; ++i) {
        initiators.back()->requests.push_back({i % 3 == 0 ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND,
                                               i * 7919 * 64 % (1u << 26),
                                               static_cast<unsigned int>(1 + i % 200),
                                               i > 400 ? 60000.0 : 0.0,
                                               -1,
                                               tlm::TLM_INCOMPLETE_RESPONSE,
                                               {}});
      }
    }
  }
  sc_core::sc_start(200, sc_core::SC_US);
  for (const auto& initiator : initiators) {
    CHECK(initiator->answered() == 500);
    initiator->checker.finish();
    CHECK(initiator->pool.all_back());
    // One more than the memory accepts, and the one that is being answered.
    CHECK(initiator->pool.made() <= 10);
    CHECK(initiator->waited > 100);
    for (const auto& request : initiator->requests) {
      CHECK(request.status == tlm::TLM_OK_RESPONSE);
      if (request.command == tlm::TLM_READ_COMMAND) CHECK(request.done_ns > request.at_ns + 24);
    }
  }
}

TEST_CASE("An initiator that ends responses late delays those behind them, however it ends them") {
  std::vector<std::unique_ptr<Initiator>> initiators;
  for (const DramLevel level : {DramLevel::fast, DramLevel::detailed}) {
    for (const bool calls : {false, true}) {
      Initiator& initiator = *initiators.emplace_back(std::make_unique<Initiator>(of(level)));
      initiator.takes_delays = true;
      initiator.takes_ns = 25;
      initiator.calls = calls;
      for (std::uint64_t i = 0; i < 20; ++i) {
        initiator.requests.push_back({tlm::TLM_READ_COMMAND, 32 * i, 32, 0, -1, tlm::TLM_INCOMPLETE_RESPONSE, {}});
      }
    }
  }
  sc_core::sc_start(10, sc_core::SC_US);
  for (const auto& initiator : initiators) {
    REQUIRE(initiator->answered() == 20);
    std::vector<double> answers;
    for (const auto& request : initiator->requests) answers.push_back(request.done_ns);
    std::sort(answers.begin(), answers.end());
    for (std::size_t i = 1; i < answers.size(); ++i) CHECK(answers[i] - answers[i - 1] == Approx(25));
    CHECK(initiator->pool.all_back());
    initiator->checker.finish();
  }
}

TEST_CASE("If configured, BEGIN_REQ is answered by a call for initiators that ignore return values") {
  std::vector<std::unique_ptr<Initiator>> initiators;
  for (const DramLevel level : {DramLevel::fast, DramLevel::detailed}) {
    DramConfig config = of(level);
    config.end_request_by_call = true;
    Initiator& initiator = *initiators.emplace_back(std::make_unique<Initiator>(config));
    for (std::uint64_t i = 0; i < 20; ++i) {
      initiator.requests.push_back({tlm::TLM_READ_COMMAND, 32 * i, 32, 0, -1, tlm::TLM_INCOMPLETE_RESPONSE, {}});
    }
  }
  sc_core::sc_start(10, sc_core::SC_US);
  for (const auto& initiator : initiators) {
    CHECK(initiator->answered() == 20);
    CHECK(initiator->waited == 20);
    CHECK(initiator->pool.all_back());
    initiator->checker.finish();
  }
}

TEST_CASE("Through the four phases an idle memory takes as long as through b_transport") {
  Initiator initiator(of(DramLevel::detailed));
  initiator.requests.push_back({tlm::TLM_READ_COMMAND, 0, 32, 100, -1, tlm::TLM_INCOMPLETE_RESPONSE, {}});
  sc_core::sc_start(1, sc_core::SC_US);
  CHECK(initiator.requests[0].done_ns == Approx(100 + 38 + 1 + 2));
}

TEST_CASE("Through the four phases a stream of small reads reaches the bandwidth of the bulk interface") {
  Initiator initiator(of(DramLevel::detailed));
  for (std::uint64_t i = 0; i < 40000; ++i) {
    initiator.requests.push_back({tlm::TLM_READ_COMMAND, i * 256, 256, 0, -1, tlm::TLM_INCOMPLETE_RESPONSE, {}});
  }
  sc_core::sc_start(100, sc_core::SC_US);
  REQUIRE(initiator.answered() == 40000);
  const double bytes_per_ns = 40000 * 256 / initiator.requests.back().done_ns;
  CHECK(bytes_per_ns > 0.9 * 256 * (1 - 260.0 / 3900));
  CHECK(bytes_per_ns < 256);
}

TEST_CASE("The memory refuses unsupported transactions through the four phases; data reads back as written") {
  DramConfig config = of(DramLevel::detailed);
  config.store_data = true;
  Initiator initiator(config);
  initiator.requests.push_back({tlm::TLM_WRITE_COMMAND, 4096, 4, 0, -1, tlm::TLM_INCOMPLETE_RESPONSE, {1, 2, 3, 4}});
  initiator.requests.push_back({tlm::TLM_READ_COMMAND, 4096, 4, 0, -1, tlm::TLM_INCOMPLETE_RESPONSE, {}});
  initiator.requests.push_back(
      {tlm::TLM_READ_COMMAND, config.capacity_bytes, 4, 0, -1, tlm::TLM_INCOMPLETE_RESPONSE, {}});
  sc_core::sc_start(1, sc_core::SC_US);
  REQUIRE(initiator.answered() == 3);
  CHECK(initiator.requests[1].data == std::vector<unsigned char>{1, 2, 3, 4});
  CHECK(initiator.requests[2].status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_CASE("Requests can be written for DRAMSys, one file per channel, and for Ramulator, burst by burst") {
  const auto text = [](const std::string& path) {
    std::ostringstream all;
    all << std::ifstream(path).rdbuf();
    std::remove(path.c_str());
    return all.str();
  };
  const std::string folder = std::string(P_tmpdir) + "/anda_requests";
  for (const DramLevel level : {DramLevel::fast, DramLevel::detailed}) {
    DramConfig config = of(level);
    config.channels = 2;
    std::vector<std::string> paths[2];
    for (int i = 0; i < 2; ++i) {
      anda::dram::RequestTrace trace(folder + (i == 0 ? ".stl" : ".trace"), "memory", config);
      trace.add(100, 60, false, 31);
      trace.add(0x420, 32, true, 40);
      paths[i] = trace.paths();
    }
    REQUIRE(paths[0] == std::vector<std::string>{folder + ".memory.channel0.stl", folder + ".memory.channel1.stl"});
    const std::string head = "# cycle of the memory's command clock: read or write, address\n";
    CHECK(text(paths[0][0]) == head + "31: read 0x80\n");
    CHECK(text(paths[0][1]) == head + "31: read 0x60\n40: write 0x420\n");
    REQUIRE(paths[1] == std::vector<std::string>{folder + ".memory.trace"});
    CHECK(text(paths[1][0]) == "LD 0x60\nLD 0x80\nST 0x420\n");
  }
  DramConfig config;
  config.request_trace = "requests.txt";
  CHECK_THROWS_WITH(anda::validate(config, "dram"), Catch::Contains("must end in .stl or .trace"));
}
