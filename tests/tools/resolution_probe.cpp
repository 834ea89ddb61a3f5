// SPDX-License-Identifier: Apache-2.0
// resolution_probe FEMTOSECONDS [detailed]: sets the kernel's time resolution and prints the cycles of a GeMM on
// machines of both levels with long and short bursts, the simulated time of each in ns, or the error with exit
// status 2.
#include <anda/base/error.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "models/machine.h"

using namespace anda;
using anda::test::Machine;

int sc_main(int argc, char* argv[]) {
  if (argc < 2) return 1;
  sc_core::sc_set_time_resolution(std::atof(argv[1]), sc_core::SC_FS);
  DramConfig memory;
  if (argc > 2 && std::strcmp(argv[2], "detailed") == 0) memory.level = DramLevel::detailed;
  std::vector<std::unique_ptr<Machine>> machines;
  try {
    for (const Level level : {Level::fast, Level::cycle}) {
      for (const std::uint32_t burst : {1u << 20, 64u}) {
        AcceleratorConfig config;
        config.level = level;
        config.dma.max_burst_bytes = burst;
        config.dma.requests_in_flight = 64;
        machines.push_back(std::make_unique<Machine>(config, memory));
      }
    }
  } catch (const Error& error) {
    std::printf("%s\n", error.what());
    return 2;
  }
  for (const auto& machine : machines) {
    const sc_core::sc_time start = sc_core::sc_time_stamp();
    const auto result = machine->run(machine->task(100, 200, 1500, 7, 7), Tiling::automatic);
    std::printf("%llu %.3f\n", static_cast<unsigned long long>(result.at("controller.cycles")),
                (sc_core::sc_time_stamp() - start).to_seconds() * 1e9);
  }
  return 0;
}
