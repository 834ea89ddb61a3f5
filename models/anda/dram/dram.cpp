// SPDX-License-Identifier: Apache-2.0
#include <anda/base/clock.h>
#include <anda/base/process.h>
#include <anda/dram/dram.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <anda/base/simulated_time.h>

namespace anda {

namespace {

const DramConfig& checked(const DramConfig& config) {
  validate(config, "dram");
  return config;
}

std::uint32_t log2_of(std::uint32_t power_of_two) {
  std::uint32_t log2 = 0;
  while (power_of_two >> log2 > 1) ++log2;
  return log2;
}

double ticks_of(double seconds) { return seconds / sc_core::sc_get_time_resolution().to_seconds(); }

/// Time per burst with all channels in parallel, in ticks.
double ticks_of_burst(const DramConfig& config) {
  return ticks_of(config.burst_length / config.data_rate_bit_per_s) / config.channels / config.available();
}

std::uint64_t now_ticks() { return sc_core::sc_time_stamp().value(); }

}  // namespace

Dram::Dram(sc_core::sc_module_name name, const DramConfig& config)
    : sc_module(name),
      socket("socket"),
      config_(checked(config)),
      access_{config.capacity_bytes, 1, true, true},
      dmi_(config.dmi && config.store_data),
      burst_shift_(log2_of(config.burst_bytes())),
      burst_ticks_(static_cast<std::uint64_t>(ticks_of_burst(config))),
      burst_part_(rounded(std::ldexp(ticks_of_burst(config) - std::floor(ticks_of_burst(config)), part_bits))),
      latency_ticks_(static_cast<std::uint64_t>(std::llround(ticks_of(config.latency_ns * 1e-9)))),
      clock_(config.clock_hz()),
      phases_(this, &Dram::on_phase),
      wake_("wake") {
  ANDA_HAS_PROCESS(Dram);
  SC_METHOD(run);
  sensitive << wake_;
  dont_initialize();
  socket.bind(*this);

  counters_.add("dram.read_bytes", "bytes", "bytes read by initiators", read_bytes_);
  counters_.add("dram.write_bytes", "bytes", "bytes written by initiators", write_bytes_);
  counters_.add("dram.read_bursts", "bursts", "bursts touched by reads", read_bursts_);
  counters_.add("dram.write_bursts", "bursts", "bursts touched by writes", write_bursts_);
  if (!config_.request_trace.empty()) {
    request_trace_ = std::make_unique<dram::RequestTrace>(config_.request_trace, this->name(), config_);
  }
  if (config_.level == DramLevel::detailed || request_trace_) {
    clock_.require_resolution("the command clock of dram.data_rate_bit_per_s");
  }
  if (config_.level != DramLevel::detailed) return;

  channels_ = std::make_unique<dram::DetailedMemory>(config_);
  const std::uint64_t access = clock_.ticks(config_.access_cycles());
  controller_ticks_ = latency_ticks_ - std::min(latency_ticks_, access);
  const dram::Statistics& counts = channels_->statistics();
  counters_.add("dram.activates", "commands", "rows opened", counts.activates);
  counters_.add("dram.refreshes", "commands", "refreshes of all banks of a channel", counts.refreshes);
  counters_.add("dram.bank_refreshes", "commands", "refreshes of one bank", counts.bank_refreshes);
  counters_.add("dram.row_hits", "bursts", "bursts to an open row", counts.row_hits);
  counters_.add("dram.row_misses", "bursts", "bursts to a bank without an open row", counts.row_misses);
  counters_.add("dram.row_conflicts", "bursts", "bursts that had to close another row", counts.row_conflicts);
  counters_.add("dram.precharges", "commands", "banks closed by an explicit precharge", counts.precharges);
  counters_.add("dram.turnarounds", "changes", "changes between reading and writing", counts.turnarounds);
  counters_.add("dram.forwarded_reads", "bursts", "reads forwarded from a queued write", counts.forwarded);
  counters_.add("dram.data_cycles", "cycles", "command clock cycles in which channels moved data, summed over channels",
                counts.data_cycles);
  counters_.add("dram.queued_cycles", "cycles", "command clock cycles that bursts waited in queues, summed over bursts",
                counts.queued_cycles);
}

inline std::uint64_t Dram::bursts_of(const Payload& payload) const {
  const std::uint64_t address = payload.get_address();
  return ((address + span_of(payload) - 1) >> burst_shift_) - (address >> burst_shift_) + 1;
}

inline void Dram::take(const Payload& payload, std::uint64_t bursts, std::uint64_t arrival) {
  const std::uint64_t length = payload.get_data_length();
  if (payload.is_read()) {
    read_bytes_ += length;
    read_bursts_ += bursts;
  } else {
    write_bytes_ += length;
    write_bursts_ += bursts;
  }
  if (request_trace_) {
    request_trace_->add(payload.get_address(), span_of(payload), payload.is_write(), clock_.cycles(arrival));
  }
}

bool Dram::rests() const {
  if (channels_ || accepted_ > 0) return false;
  const std::uint64_t now = now_ticks();
  return free_at_ticks_ < now || (free_at_ticks_ == now && free_at_part_ == 0);
}

void Dram::finish_request_trace() {
  if (request_trace_) request_trace_->close();
}

void Dram::observe(dram::DataObserver observer) {
  observer_ = std::move(observer);
  if (!channels_) return;
  channels_->observe(!observer_ ? dram::CommandObserver() : [this](const dram::CommandRecord& record) {
    if (!dram::is_column(record.command)) return;
    const bool write = dram::is_write(record.command);
    const dram::Cycle first = record.cycle + (write ? config_.timing.cwl : config_.timing.cl);
    observer_({raw(record.channel), write, 1, clock_.ticks(first), clock_.ticks(first + config_.burst_cycles())});
  });
}

/// serve_fast() and serve_detailed() return the time at which the transaction is complete.
inline std::uint64_t Dram::serve_fast(const Payload& payload, std::uint64_t bursts, std::uint64_t arrival) {
  const std::uint64_t first = arrival + (payload.is_read() ? latency_ticks_ : 0);
  if (first > free_at_ticks_) {
    free_at_ticks_ = first;
    free_at_part_ = 0;
  }
  const std::uint64_t begin = free_at();
  // Fractions of a tick carry over, so that many small transactions take as long as one large one.
  const std::uint64_t part = free_at_part_ + bursts * burst_part_;
  free_at_ticks_ += bursts * burst_ticks_ + (part >> part_bits);
  free_at_part_ = part & ((std::uint64_t{1} << part_bits) - 1);
  const std::uint64_t end = free_at();
  if (observer_) observer_({0, payload.is_write(), bursts, begin, end});
  return end;
}

std::uint64_t Dram::serve_detailed(const Payload& payload, std::uint64_t arrival) {
  const dram::Cycle done =
      channels_->serve({payload.get_address(), span_of(payload), payload.is_write(), clock_.cycles(arrival), 0});
  return std::max(arrival, clock_.ticks(done) + (payload.is_read() ? controller_ticks_ : 0));
}

void Dram::b_transport(Payload& payload, sc_core::sc_time& delay) {
  const tlm::tlm_response_status status = refusal(payload, access_);
  if (status != tlm::TLM_OK_RESPONSE) {
    payload.set_response_status(status);
    return;
  }
  const std::uint64_t now = now_ticks();
  const std::uint64_t arrival = later(now, delay.value());
  const std::uint64_t bursts = bursts_of(payload);
  take(payload, bursts, arrival);
  const std::uint64_t done = channels_ ? serve_detailed(payload, arrival) : serve_fast(payload, bursts, arrival);
  delay = sc_core::sc_time::from_value(done - now);
  complete(payload);
}

void Dram::move_data(Payload& payload) {
  const std::uint64_t address = payload.get_address();
  unsigned char* const data = payload.get_data_ptr();
  const std::uint64_t width = payload.get_streaming_width();
  for_each_enabled(payload, [&](std::uint64_t offset, std::uint64_t bytes) {
    // A streaming burst returns to its address after each streaming width; of repeated writes there, the last one
    // stays.
    for (const std::uint64_t end = offset + bytes; offset < end;) {
      const std::uint64_t from = offset % width;
      const std::uint64_t run = std::min(end - offset, width - from);
      if (payload.is_read()) {
        contents_.read(address + from, data + offset, run);
      } else {
        contents_.write(address + from, data + offset, run);
      }
      offset += run;
    }
  });
}

unsigned int Dram::transport_dbg(Payload& payload) {
  const unsigned int bytes = config_.store_data ? debug_bytes(payload, access_) : 0;
  if (payload.is_read()) {
    contents_.read(payload.get_address(), payload.get_data_ptr(), bytes);
  } else if (bytes > 0) {
    contents_.write(payload.get_address(), payload.get_data_ptr(), bytes);
  }
  return bytes;
}

/// Grants the page of the address; a refusal covers all addresses for which DMI is never granted.
bool Dram::get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) {
  const std::uint64_t address = payload.get_address();
  if (!dmi_ || address >= config_.capacity_bytes) {
    dmi.allow_none();
    dmi.set_start_address(dmi_ ? config_.capacity_bytes : 0);
    dmi.set_end_address(~std::uint64_t{0});
    return false;
  }
  const std::uint64_t first = address - address % SparseMemory::page_bytes;
  dmi.set_dmi_ptr(contents_.page(address));
  dmi.set_start_address(first);
  dmi.set_end_address(std::min(first + SparseMemory::page_bytes, config_.capacity_bytes) - 1);
  dmi.allow_read_write();
  // The standard defines DMI latency per byte: a byte's share of the data path of level fast.
  const auto byte = sc_core::sc_time::from_value(rounded(ticks_of_burst(config_) / config_.burst_bytes()));
  dmi.set_read_latency(dmi.get_read_latency() + byte);
  dmi.set_write_latency(dmi.get_write_latency() + byte);
  return true;
}

void Dram::take_dmi_back() { socket->invalidate_direct_mem_ptr(0, ~std::uint64_t{0}); }

void Dram::allow_dmi(bool allowed) {
  const bool had = dmi_;
  dmi_ = allowed && config_.store_data;
  if (had && !dmi_) take_dmi_back();
}

void Dram::clear() {
  if (dmi_) take_dmi_back();
  contents_.clear();
}

// --- non-blocking ---

tlm::tlm_sync_enum Dram::nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) {
    if (!payload.has_mm()) {
      SC_REPORT_ERROR("/anda/dram", "a non-blocking transaction without a memory manager");
      return tlm::TLM_COMPLETED;
    }
    payload.acquire();
    if (delay == sc_core::SC_ZERO_TIME && !config_.end_request_by_call) {
      if (!begin(payload)) return tlm::TLM_ACCEPTED;
      phase = tlm::END_REQ;
      return tlm::TLM_UPDATED;
    }
  } else if (phase == tlm::END_RESP) {
    if (&payload != answering_) {
      SC_REPORT_ERROR("/anda/dram", "END_RESP for a transaction that is not being answered");
      return tlm::TLM_COMPLETED;
    }
    if (delay == sc_core::SC_ZERO_TIME) {
      end();
      return tlm::TLM_COMPLETED;
    }
  } else if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP || phase == tlm::UNINITIALIZED_PHASE) {
    SC_REPORT_ERROR("/anda/dram", "a phase that an initiator may not begin");
    return tlm::TLM_ACCEPTED;
  } else {
    return tlm::TLM_ACCEPTED;  // phases of extensions are ignored
  }
  phases_.notify(payload, phase, within_time(delay));
  return tlm::TLM_ACCEPTED;
}

void Dram::on_phase(Payload& payload, const tlm::tlm_phase& phase) {
  if (phase == tlm::END_RESP) {
    end();
    return;
  }
  if (!begin(payload)) return;
  tlm::tlm_phase accepted = tlm::END_REQ;
  sc_core::sc_time delay;
  socket->nb_transport_bw(payload, accepted, delay);
}

/// Accepts a request or queues it; returns whether it was accepted.
bool Dram::begin(Payload& payload) {
  if (accepted_ >= config_.policy.most_transactions || !unaccepted_.empty()) {
    unaccepted_.push_back(&payload);
    return false;
  }
  accept(payload);
  return true;
}

void Dram::accept(Payload& payload) {
  ++accepted_;
  const std::uint64_t now = now_ticks();
  const tlm::tlm_response_status status = refusal(payload, access_);
  if (status != tlm::TLM_OK_RESPONSE) {
    payload.set_response_status(status);
    answers_.push({now, next_order_++, &payload});
    wake_.notify(sc_core::SC_ZERO_TIME);
    return;
  }
  const std::uint64_t bursts = bursts_of(payload);
  take(payload, bursts, now);
  complete(payload);  // now, so that overlapping transactions take effect in order
  if (!channels_) {
    const std::uint64_t done = serve_fast(payload, bursts, now);
    answers_.push({done, next_order_++, &payload});
    wake_at(done);
    return;
  }
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(in_channels_.size()));
    in_channels_.push_back(nullptr);
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  in_channels_[slot] = &payload;
  channels_->push({payload.get_address(), span_of(payload), payload.is_write(), clock_.cycles(now), slot});
  wake_at(now + clock_.ticks(config_.timing.cl));
}

void Dram::wake_at(std::uint64_t ticks) { notify_at(wake_, ticks); }

/// Brings the channels up to date and sends the responses that are due. No data arrives sooner than tCL after its
/// command, so a run at least that often knows each response before it is due.
void Dram::run() {
  const std::uint64_t now = now_ticks();
  if (channels_) {
    // A b_transport that ran ahead of time may have completed all requests in the channels.
    if (!channels_->idle()) channels_->run_until(clock_.cycles(now));
    for (const dram::Completion& done : channels_->completions()) {
      const auto slot = static_cast<std::uint32_t>(done.token);
      Payload* const payload = in_channels_[slot];
      const std::uint64_t ticks = clock_.ticks(done.cycle) + (payload->is_read() ? controller_ticks_ : 0);
      answers_.push({std::max(now, ticks), next_order_++, payload});
      free_slots_.push_back(slot);
    }
    channels_->clear_completions();
  }
  accept_waiting();
  answer();
  if (channels_ && !channels_->idle()) wake_at(now + clock_.ticks(config_.timing.cl));
  if (!answers_.empty() && answering_ == nullptr) wake_at(answers_.top().ticks);
}

/// Sends one response at a time; the next begins when the initiator has ended the previous one.
void Dram::answer() {
  while (answering_ == nullptr && !answers_.empty() && answers_.top().ticks <= now_ticks()) {
    Payload& payload = *answers_.top().payload;
    answers_.pop();
    answering_ = &payload;
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    const tlm::tlm_sync_enum status = socket->nb_transport_bw(payload, phase, delay);
    if (status == tlm::TLM_ACCEPTED) return;
    if (delay == sc_core::SC_ZERO_TIME) {
      end();
    } else {
      phases_.notify(payload, tlm::END_RESP, within_time(delay));
    }
  }
}

/// The initiator has ended a response, which makes room for another request. run() does the rest, so that the initiator
/// is never called back within its own call.
void Dram::end() {
  if (answering_ == nullptr) return;  // the initiator ended it twice
  Payload& done = *answering_;
  answering_ = nullptr;
  --accepted_;
  done.release();
  if (!unaccepted_.empty() || !answers_.empty()) wake_.notify(sc_core::SC_ZERO_TIME);
}

void Dram::accept_waiting() {
  while (!unaccepted_.empty() && accepted_ < config_.policy.most_transactions) {
    Payload& payload = *unaccepted_.front();
    unaccepted_.pop_front();
    accept(payload);
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay;
    socket->nb_transport_bw(payload, phase, delay);
  }
}

}  // namespace anda
