// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "models/functional_gemm.h"
#include "models/machine.h"

using namespace anda;
using namespace anda::test;

TEST_CASE("All transactions between blocks follow the base protocol, at both levels, with data and without") {
  std::vector<std::unique_ptr<Machine>> machines;
  for (const PeKind kind : {PeKind::anda, PeKind::fp_fp, PeKind::figna}) {
    for (const Level level : {Level::fast, Level::cycle}) {
      for (const bool functional : {false, true}) {
        AcceleratorConfig config = machine_of(kind);
        config.level = level;
        config.functional.enabled = functional;
        DramConfig memory;
        memory.store_data = functional;
        machines.push_back(std::make_unique<Machine>(config, memory));
      }
    }
  }
  for (const auto& machine : machines) {
    const AcceleratorConfig& config = machine->accelerator.config();
    const GemmTask task = machine->task(40, 70, 300, 6, 8);
    // Several steps; k is split, so that partial sums leave and come back; the checkers throw at a violation.
    const GemmDescriptor descriptor = machine->descriptor(task, {16, 64, 128, LoopOrder::nkm});
    if (config.functional.enabled) FunctionalGemm(task, 1).place(*machine, descriptor.addresses);
    machine->run(descriptor);
    VectorTask softmax;
    softmax.operation = VectorOperation::softmax;
    softmax.rows = 40;
    softmax.columns = 100;
    machine->run(softmax);
    const auto seen = machine->inner_checkers.transactions();
    CHECK(seen.size() == (machine->accelerator.processing_element().compresses() ? 8 : 7));
    // Level cycle asks its blocks clock by clock; only data goes over their sockets.
    if (config.level == Level::cycle && !config.functional.enabled) continue;
    for (const auto& [name, transactions] : seen) {
      INFO(machine->name() << ": " << name);
      CHECK(transactions > 0);
    }
  }
}
