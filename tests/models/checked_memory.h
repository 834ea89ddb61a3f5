// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_CHECKED_MEMORY_H
#define ANDA_TESTS_MODELS_CHECKED_MEMORY_H

#include <anda/dram/detailed_memory.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "models/command_checker.h"

namespace anda::test {

inline DramConfig detailed() {
  DramConfig config;
  config.level = DramLevel::detailed;
  return config;
}

/// A memory whose commands are all checked against the timing rules; keeps the first thousand commands.
class Checked {
 public:
  explicit Checked(const DramConfig& config) : memory(config), checker(config) {
    memory.observe([this](const dram::CommandRecord& record) {
      checker.see(record);
      if (commands.size() < 1000) commands.push_back(record);
    });
  }
  ~Checked() {
    checker.finish();
    INFO(checker.first_failure());
    CHECK(checker.failures().empty());
  }
  Checked(const Checked&) = delete;
  Checked& operator=(const Checked&) = delete;

  /// Serves all pushed requests; returns the share of the peak bandwidth.
  double drain(std::uint64_t bytes) {
    memory.drain();
    const double seconds = static_cast<double>(memory.statistics().last_data) / memory.config().clock_hz();
    return static_cast<double>(bytes) / seconds / memory.config().peak_bytes_per_s();
  }

  dram::DetailedMemory memory;
  CommandChecker checker;
  std::vector<dram::CommandRecord> commands;
};

}  // namespace anda::test

#endif
