// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DMA_WATCHDOG_H
#define ANDA_DMA_WATCHDOG_H

#include <cstdint>
#include <functional>
#include <string>
#include <systemc>

namespace anda {

/// Detects a memory that has stopped responding: reports an SC_ERROR of type /anda/dma when a transaction is in
/// progress and memory has shown no sign of life for the timeout. It checks about once per timeout, at negligible cost.
/// Its pending event keeps a simulation in which nothing else can happen running until the next check.
class Watchdog : public sc_core::sc_module {
 public:
  static constexpr std::uint64_t owes_nothing = ~std::uint64_t{0};

  /// Returns the instant, in ticks, of the last sign of life of a memory that owes a response, or owes_nothing.
  using OwesSince = std::function<std::uint64_t()>;
  /// Describes the response that memory owes.
  using Owed = std::function<std::string()>;

  /// `timeout_ticks`: 0: no timeout.
  Watchdog(sc_core::sc_module_name name, std::uint64_t timeout_ticks, OwesSince owes_since, Owed owed);

  /// Starts watching; to be called for every transaction.
  void watch() {
    if (!watching_) begin();
  }
  /// Stops watching: no transaction is in progress.
  void end() {
    due_.cancel();
    watching_ = false;
  }

 private:
  void begin();
  void look();
  void look_in(std::uint64_t ticks);

  std::uint64_t timeout_;
  OwesSince owes_since_;
  Owed owed_;
  sc_core::sc_event due_;
  bool watching_ = false;
};

}  // namespace anda

#endif
