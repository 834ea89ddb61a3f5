// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DMA_WATCHDOG_H
#define ANDA_DMA_WATCHDOG_H

#include <cstdint>
#include <functional>
#include <string>
#include <systemc>

namespace anda {

/// Ends the wait for a memory that has stopped answering: an SC_ERROR of type /anda/dma when a transaction is under way
/// and memory has given no sign of life for the timeout. It looks once in a timeout, which costs next to nothing, and a
/// simulation in which nothing else can happen any more goes on to the next look.
class Watchdog : public sc_core::sc_module {
 public:
  static constexpr std::uint64_t owes_nothing = ~std::uint64_t{0};

  /// The last sign of life of a memory that owes an answer, in ticks, or owes_nothing.
  using OwesSince = std::function<std::uint64_t()>;
  /// What is waited for, in words.
  using Owed = std::function<std::string()>;

  /// `timeout_ticks`: 0 for none.
  Watchdog(sc_core::sc_module_name name, std::uint64_t timeout_ticks, OwesSince owes_since, Owed owed);

  /// To be called with every transaction.
  void watch() {
    if (!watching_) begin();
  }
  /// Nothing is under way.
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
