// SPDX-License-Identifier: Apache-2.0
#include <anda/dma/dma.h>

#include <algorithm>

#include <anda/base/simulated_time.h>
#include <anda/tlm/transaction_text.h>

namespace anda {

Dma::Dma(sc_core::sc_module_name name, const DmaConfig& config, const Clock& clock)
    : sc_module(name),
      memory("memory"),
      config_(config),
      clock_(clock),
      data_(config.max_burst_bytes),
      window_(config.requests_in_flight, 0),
      aborting_("aborting"),
      watchdog_(
          "watchdog", clock.ticks(config.timeout_cycles), [this] { return owes_since(); }, [this] { return owed(); }) {
  payload_.set_byte_enable_ptr(nullptr);
  counters_.add("dma.read_bytes", "bytes", "bytes asked of external memory", read_bytes_);
  counters_.add("dma.write_bytes", "bytes", "bytes sent to external memory", write_bytes_);
  counters_.add("dma.transactions", "transactions", "TLM transactions to external memory", transactions_);
  if (config.protocol != MemoryProtocol::at) return;
  bursts_ = std::make_unique<BurstInitiator>(
      "bursts", memory, config,
      [this](tlm::tlm_command command, std::uint64_t bytes) {
        ++transactions_;
        bytes_of(command) += bytes;
        watchdog_.watch();
      },
      [this](std::uint64_t ticks) { end(ticks); }, [this](std::uint64_t address) { refuse(address); });
  memory.register_nb_transport_bw(this, &Dma::nb_transport_bw);
}

void Dma::begin() {
  epoch_ = sc_core::sc_time_stamp();
  start_quantum();
  std::fill(window_.begin(), window_.end(), 0);
  slot_ = 0;
  issued_ = 0;
  idle_from_ = 0;
  loads_until_ = 0;
  failed_ = false;
  aborted_ = false;
}

void Dma::finish(std::uint64_t cycle) {
  if (!stopped()) wait_until(cycle);
  if (stopped()) anda::wait_until(later(epoch_, clock_.time(idle_from_)));
  watchdog_.end();
}

std::uint64_t Dma::owes_since() const {
  if (!bursts_) return called_at_;
  return bursts_->owed() ? bursts_->last_sign_of_life() : Watchdog::owes_nothing;
}

std::string Dma::owed() const {
  if (bursts_) return bursts_->owed_text();
  return "its b_transport has not returned from a " + text(payload_) + ", called at " +
         sc_core::sc_time::from_value(called_at_).to_string();
}

void Dma::abort() {
  aborted_ = true;
  if (bursts_) bursts_->drop_unsent();
  aborting_.notify(sc_core::SC_ZERO_TIME);
}

void Dma::wait_until(std::uint64_t cycle) {
  anda::wait_until(later(epoch_, clock_.time(cycle)), aborting_);
  start_quantum();
}

void Dma::start_quantum() {
  run_ahead_ = sc_core::sc_time::from_value(
      later(sc_core::sc_time_stamp(), tlm::tlm_global_quantum::instance().compute_local_quantum()));
}

void Dma::transfer(const Transfer& transfer) {
  if (bursts_) {
    ask(transfer);
    return;
  }
  const std::uint64_t free = idle_from_;
  move(transfer);
  arrive(transfer, free);
}

/// Passes on the end of a transfer, idle_from_. `free`: the end of the one before it.
inline void Dma::arrive(const Transfer& transfer, std::uint64_t free) {
  if (transfer.arrival != nullptr) *transfer.arrival = idle_from_;
  if (transfer.command == tlm::TLM_READ_COMMAND) loads_until_ = idle_from_;
  if (observer_ != nullptr && transfer.command != tlm::TLM_IGNORE_COMMAND && !stopped()) {
    observer_->transfer(transfer.operand, transfer.command == tlm::TLM_WRITE_COMMAND, transfer.bytes,
                        {std::max(transfer.earliest, free), idle_from_});
  }
}

inline void Dma::move(const Transfer& transfer) {
  const std::uint64_t burst = config_.max_burst_bytes;
  std::uint64_t& bytes_moved = bytes_of(transfer.command);
  sc_core::sc_time now = sc_core::sc_time_stamp();
  payload_.set_command(transfer.command);
  for (std::uint64_t moved = 0; moved < transfer.bytes && !stopped();) {
    // Naturally aligned bursts: the first ends where an aligned one would.
    const std::uint64_t address = transfer.address + moved;
    const std::uint64_t length = std::min(transfer.bytes - moved, burst - (address & (burst - 1)));
    issued_ = std::max({issued_, transfer.earliest, window_[slot_]});

    const sc_core::sc_time at = epoch_ + clock_.time(issued_);
    if (at >= run_ahead_) {
      wait_until(issued_);
      if (aborted_) break;
      now = at;
    }
    sc_core::sc_time delay = at > now ? at - now : sc_core::SC_ZERO_TIME;

    payload_.set_address(address);
    payload_.set_data_ptr(transfer.data != nullptr ? transfer.data + moved : data_.data());
    payload_.set_data_length(static_cast<unsigned int>(length));
    payload_.set_streaming_width(static_cast<unsigned int>(length));
    payload_.set_dmi_allowed(false);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    watchdog_.watch();
    called_at_ = now.value();
    memory->b_transport(payload_, delay);
    called_at_ = Watchdog::owes_nothing;
    ++transactions_;
    bytes_moved += length;
    if (payload_.is_response_error()) {
      failed_ = true;
      failed_address_ = address;
    }

    now = sc_core::sc_time_stamp();  // the target may have waited
    const std::uint64_t arrived = clock_.cycles(later(now, delay) - epoch_.value());
    idle_from_ = std::max(idle_from_, arrived);
    window_[slot_] = arrived;
    slot_ = slot_ + 1 == window_.size() ? 0 : slot_ + 1;
    moved += length;
  }
}

// --- protocol at ---

void Dma::ask(const Transfer& transfer) {
  under_way_.push_back(transfer);
  ++asked_;
  if (transfer.command == tlm::TLM_READ_COMMAND) last_read_ = asked_;
  bursts_->add({transfer.command, transfer.address, stopped() ? 0 : transfer.bytes, transfer.data,
                later(epoch_, clock_.time(transfer.earliest))});
}

void Dma::end(std::uint64_t ticks) {
  const std::uint64_t free = idle_from_;
  if (ticks > epoch_.value()) idle_from_ = std::max(idle_from_, clock_.cycles(ticks - epoch_.value()));
  arrive(under_way_.front(), free);
  under_way_.pop_front();
  ++ended_;
  one_ended_.notify(sc_core::SC_ZERO_TIME);
}

void Dma::refuse(std::uint64_t address) {
  if (failed_) return;
  failed_ = true;
  failed_address_ = address;
  bursts_->drop_unsent();
}

}  // namespace anda
