// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "models/machine.h"

using anda::ArrayState;
using anda::Level;
using anda::PeKind;
using anda::test::Machine;
using anda::test::machine_of;

namespace {

/// The changes of every variable of a waveform file, by its full name: time in ps and the value's bits.
struct Waveforms {
  std::string timescale;
  std::map<std::string, std::vector<std::pair<std::uint64_t, std::string>>> changes;

  explicit Waveforms(const std::string& path) {
    std::ifstream file(path);
    std::map<std::string, std::string> names;
    std::vector<std::string> scopes;
    std::uint64_t time = 0;
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::string word;
      words >> word;
      if (word == "$timescale") {
        std::getline(file, timescale);
      } else if (word == "$scope") {
        words >> word >> word;
        scopes.push_back(word);
      } else if (word == "$upscope") {
        scopes.pop_back();
      } else if (word == "$var") {
        std::string width;
        std::string id;
        std::string name;
        words >> word >> width >> id >> name;
        std::string full;
        for (std::size_t i = 1; i < scopes.size(); ++i) full += scopes[i] + ".";
        names[id] = full + name;
      } else if (word[0] == '#') {
        time = std::stoull(word.substr(1));
      } else if (word[0] == 'b') {
        std::string id;
        words >> id;
        changes[names[id]].emplace_back(time, word.substr(1));
      } else if ((word[0] == '0' || word[0] == '1') && names.count(word.substr(1)) > 0) {
        changes[names[word.substr(1)]].emplace_back(time, word.substr(0, 1));
      }
    }
  }

  /// Clocks for which a flag is set.
  double clocks(const std::string& name, double period_ps) const {
    double sum = 0;
    const auto& list = changes.at(name);
    for (std::size_t i = 0; i + 1 < list.size(); ++i) {
      if (list[i].second == "1") sum += static_cast<double>(list[i + 1].first - list[i].first) / period_ps;
    }
    return sum;
  }
};

}  // namespace

TEST_CASE("Waveforms show every block by a readable name, and clocks as counted") {
  anda::AcceleratorConfig config = machine_of(PeKind::anda);
  Machine fast(config);
  config.level = Level::cycle;
  Machine machine(config);
  const std::string path = "waveforms_of_test.vcd";
  sc_core::sc_trace_file* file = sc_core::sc_create_vcd_trace_file("waveforms_of_test");
  file->set_time_unit(1, sc_core::SC_PS);
  machine.accelerator.trace_blocks(*file, "anda");
  CHECK_THROWS_WITH(fast.accelerator.trace_blocks(*file, "fast"), Catch::Contains("waveforms need level cycle"));

  // The first GeMM of docs/timing.md: the array is busy from 17 to 49, four tiles of eight planes.
  const auto result = machine.run(machine.task(16, 64, 64, 7, 5), anda::StepShape{16, 64, 128, anda::LoopOrder::nkm});
  sc_core::sc_close_vcd_trace_file(file);
  REQUIRE(result.at("controller.cycles") == 72);
  const Waveforms waves(path);
  std::remove(path.c_str());

  CHECK(waves.timescale.find("1 ps") != std::string::npos);
  for (const char* name : {"anda.cycle", "anda.array.tile", "anda.array.group", "anda.array.plane", "anda.array.busy",
                           "anda.weight_port.busy", "anda.activation_port.busy", "anda.accumulators.full_0",
                           "anda.vector_unit.busy", "anda.compressor.lane_00.plane", "anda.compressor.lane_15.busy",
                           "anda.activation_buffer.half_used_1", "anda.weight_buffer.half_used_0", "anda.dma.busy"}) {
    INFO(name);
    CHECK(waves.changes.count(name) == 1);
  }

  const double period = 1e12 / config.clock_hz;
  const auto& busy = waves.changes.at("anda.array.busy");
  REQUIRE(busy.size() == 3);
  CHECK(busy[0].second == "0");
  CHECK(std::llround(static_cast<double>(busy[1].first) / period) == 17);
  CHECK(std::llround(static_cast<double>(busy[2].first) / period) == 49);
  for (const anda::StallCause& cause : anda::stall_causes) {
    INFO(cause.signal);
    CHECK(waves.changes.count(std::string("anda.array.") + cause.signal) == 1);
  }
  for (const ArrayState state : {ArrayState::weight_port, ArrayState::fill}) {
    const std::string name = name_of(state);
    CHECK(std::llround(waves.clocks("anda.array.stall_" + name, period)) ==
          static_cast<long long>(result.at("stall." + name)));
  }
  CHECK(std::llround(waves.clocks("anda.weight_port.busy", period)) ==
        static_cast<long long>(result.at("weight_buffer.words_read")));
  CHECK(waves.changes.at("anda.array.tile").back().second.find_last_of('1') != std::string::npos);
}
