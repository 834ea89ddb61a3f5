// SPDX-License-Identifier: Apache-2.0
#include <anda/dma/watchdog.h>

#include <utility>

#include <anda/base/process.h>
#include <anda/base/simulated_time.h>

namespace anda {

Watchdog::Watchdog(sc_core::sc_module_name name, std::uint64_t timeout_ticks, OwesSince owes_since, Owed owed)
    : sc_module(name),
      timeout_(timeout_ticks),
      owes_since_(std::move(owes_since)),
      owed_(std::move(owed)),
      due_("due") {
  ANDA_HAS_PROCESS(Watchdog);
  SC_METHOD(look);
  sensitive << due_;
  dont_initialize();
}

void Watchdog::begin() {
  watching_ = true;
  look_in(timeout_);
}

void Watchdog::look() {
  const std::uint64_t since = owes_since_();
  if (since == owes_nothing) {
    watching_ = false;  // until the next transaction
    return;
  }
  const std::uint64_t waited = sc_core::sc_time_stamp().value() - since;
  if (waited < timeout_) {
    look_in(timeout_ - waited);
    return;
  }
  const std::string text = std::string(name()) + ": memory has not answered for " +
                           sc_core::sc_time::from_value(waited).to_string() + ": " + owed_() +
                           ". If the memory expects END_RESP as a call, set accelerator.dma.end_response = called; if "
                           "it is slow, increase accelerator.dma.timeout_cycles (0: no limit)";
  SC_REPORT_ERROR("/anda/dma", text.c_str());
}

/// Schedules the next check, but none beyond the end of time: a process that waits until then reports it.
void Watchdog::look_in(std::uint64_t ticks) {
  const std::uint64_t at = later(sc_core::sc_time_stamp().value(), ticks);
  if (timeout_ > 0 && at < end_of_time) notify_at(due_, at);
}

}  // namespace anda
