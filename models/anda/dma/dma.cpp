// SPDX-License-Identifier: Apache-2.0
#include <anda/dma/dma.h>

#include <algorithm>

#include <anda/base/simulated_time.h>
#include <anda/control/register_map.h>
#include <anda/tlm/transaction_text.h>

namespace anda {

Dma::Dma(sc_core::sc_module_name name, const DmaConfig& config, const Clock& clock, bool moves_data)
    : sc_module(name),
      memory("memory"),
      activation_buffer("activation_buffer"),
      weight_buffer("weight_buffer"),
      activation_credits("activation_credits"),
      weight_credits("weight_credits"),
      config_(config),
      clock_(clock),
      moves_data_(moves_data),
      to_activations_(clock),
      to_weights_(clock),
      data_(config.max_burst_bytes),
      window_(config.requests_in_flight, 0),
      aborting_("aborting"),
      watchdog_(
          "watchdog", clock.ticks(config.timeout_cycles), [this] { return owes_since(); }, [this] { return owed(); }) {
  payload_.set_byte_enable_ptr(nullptr);
  counters_.add("dma.read_bytes", "bytes", "bytes requested from external memory", read_bytes_);
  counters_.add("dma.write_bytes", "bytes", "bytes sent to external memory", write_bytes_);
  counters_.add("dma.transactions", "transactions", "TLM transactions to external memory", transactions_);
  if (config.protocol != MemoryProtocol::at) return;
  bursts_ = std::make_unique<BurstInitiator>(
      "bursts", memory, config,
      [this](tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes) {
        count(command, address, bytes);
        watchdog_.watch();
      },
      [this](std::uint64_t ticks) { end(ticks); }, [this](std::uint64_t address) { refuse(address); });
  memory.register_nb_transport_bw(this, &Dma::nb_transport_bw);
}

void Dma::begin() {
  start_quantum();
  std::fill(window_.begin(), window_.end(), 0);
  slot_ = 0;
  issued_ = 0;
  idle_from_ = 0;
  loads_until_ = 0;
  results_from_ = 0;
  stored_from_ = 0;
  activation_credits->begin();
  weight_credits->begin();
  failed_ = false;
  aborted_ = false;
}

void Dma::finish(std::uint64_t cycle) {
  if (!stopped()) wait_until(cycle);
  if (stopped()) anda::wait_until(clock_.instant(idle_from_));
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
  anda::wait_until(clock_.instant(cycle), aborting_);
  start_quantum();
}

void Dma::start_quantum() {
  run_ahead_ = later(sc_core::sc_time_stamp(), tlm::tlm_global_quantum::instance().compute_local_quantum());
}

// --- transfers of steps ---

void Dma::load(const StepPlan& plan, const Step& step, Loads& loads) {
  std::uint64_t earliest = stored_from_;
  if (step.load_activations) earliest = std::max(earliest, activation_credits->free_from(step.activation_half));
  if (step.load_weights) earliest = std::max(earliest, weight_credits->free_from(step.weight_half));
  activation_credits->acquire(step.activation_half);
  weight_credits->acquire(step.weight_half);
  loads.earliest = earliest;
  if (observer_ != nullptr && step.load_activations) {
    observer_->load_half(Operand::activations, step.activation_half, plan.loaded_activation_bytes(step), earliest);
  }
  if (observer_ != nullptr && step.load_weights) {
    observer_->load_half(Operand::weights, step.weight_half, plan.loaded_weight_bytes(step), earliest);
  }
  plan.loads(step, [&](const Transfer& transfer) { load(transfer, earliest, nullptr); });
  loads.asked = asked_;
  loads.arrived = idle_from_;
}

void Dma::store(const StepPlan& plan, const Step& step) {
  stored_from_ = 0;
  plan.stores(step, [&](const Transfer& transfer) {
    store(transfer, 0);
    stored_from_ = results_from_;
  });
}

void Dma::load(const WeightsAhead& ahead) {
  const std::uint64_t earliest = std::max(stored_from_, weight_credits->free_from(ahead.half));
  weight_credits->acquire(ahead.half);
  if (observer_ != nullptr) observer_->load_half(Operand::weights, ahead.half, ahead.bytes(), earliest);
  ahead.each([&](const Transfer& transfer) { load(transfer, earliest, nullptr); });
}

void Dma::load(const VectorStep& step, Loads& loads) {
  loads.earliest = std::max(stored_from_, activation_credits->free_from(step.half));
  activation_credits->acquire(step.half);
  for (const Transfer& transfer : step.loads) load(transfer, loads.earliest, nullptr);
  loads.asked = asked_;
  loads.arrived = idle_from_;
}

void Dma::store_results(const Transfer& results) {
  store(results, 0);
  stored_from_ = results_from_;
}

// --- single transfers ---

void Dma::load(const Transfer& transfer, std::uint64_t earliest, std::uint64_t* arrival) {
  request_.transfer = transfer;
  request_.command = tlm::TLM_READ_COMMAND;
  request_.earliest = earliest;
  request_.arrival = arrival;
  if (moves_data_) request_.bytes.resize(transfer.memory.bytes);
  ask(request_);
}

void Dma::store(const Transfer& transfer, std::uint64_t earliest) {
  request_.transfer = transfer;
  request_.command = tlm::TLM_WRITE_COMMAND;
  request_.arrival = nullptr;
  if (moves_data_) request_.bytes.resize(transfer.memory.bytes);
  results_from_ = std::max(results_from_, take_results(transfer, moves_data_ ? request_.bytes.data() : nullptr));
  request_.earliest = std::max(earliest, results_from_);
  ask(request_);
}

void Dma::note_idle(std::uint64_t& cycle) {
  if (!bursts_) {
    cycle = idle_from_;
    return;
  }
  Request request;
  request.arrival = &cycle;
  ask(request);
}

void Dma::ask(Request& request) {
  if (!bursts_) {
    const std::uint64_t free = idle_from_;
    move(request.command, request.transfer.memory, request.earliest, moves_data_ ? request.bytes.data() : nullptr);
    arrive(request, free);
    return;
  }
  under_way_.push_back(request);
  ++asked_;
  if (request.command == tlm::TLM_READ_COMMAND) last_read_ = asked_;
  const MemoryRun& run = request.transfer.memory;
  bursts_->add({request.command, run.address, stopped() ? 0 : run.bytes,
                moves_data_ ? under_way_.back().bytes.data() : nullptr, clock_.instant(request.earliest)});
}

/// Reports the end of a transfer, idle_from_. `free`: end of the previous transfer.
inline void Dma::arrive(Request& request, std::uint64_t free) {
  if (request.arrival != nullptr) *request.arrival = idle_from_;
  if (request.command == tlm::TLM_READ_COMMAND) {
    loads_until_ = idle_from_;
    if (!stopped()) fill(request);
  }
  if (observer_ != nullptr && request.command != tlm::TLM_IGNORE_COMMAND && !stopped()) {
    observer_->transfer(request.transfer.operand, request.transfer.store, request.transfer.memory.bytes,
                        {std::max(request.earliest, free), idle_from_});
  }
}

// --- steps on the beat ---

void Dma::stream_out(const MemoryRun& run, std::uint64_t stored) {
  results_from_ = stored_from_ = stored;
  move(tlm::TLM_WRITE_COMMAND, run, stored, nullptr);
}

void Dma::stream_in(const MemoryRun& run, std::uint64_t free_from, Loads& loads) {
  loads.earliest = std::max(stored_from_, free_from);
  move(tlm::TLM_READ_COMMAND, run, loads.earliest, nullptr);
  loads.arrived = loads_until_ = idle_from_;
}

void Dma::streamed(const Transfer& like, std::uint64_t times) {
  DataflowAccess& buffer = access(like, 0);
  buffer.said.words = like.words * times;
  buffer.said.timed = false;
  buffer(activation_buffer, like.store ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND, like.address,
         like.memory.bytes, nullptr);
  buffer.said.timed = true;
}

void Dma::streamed(const Transfer& load, const Loads& loads) {
  DataflowAccess& buffer = access(load, loads.arrived);
  buffer.said.counted = false;
  buffer(activation_buffer, tlm::TLM_WRITE_COMMAND, load.address, load.memory.bytes, nullptr);
  buffer.said.counted = true;
}

// --- the buffers' side ---

DataflowAccess& Dma::access(const Transfer& transfer, std::uint64_t cycle) {
  DataflowAccess& access = transfer.operand == Operand::weights ? to_weights_ : to_activations_;
  access.said.cycle = cycle;
  access.said.words = transfer.words;
  access.said.moves_data = moves_data_;
  return access;
}

/// Writes the bytes of a completed load to its buffer.
inline void Dma::fill(Request& request) {
  const Transfer& transfer = request.transfer;
  auto& socket = transfer.operand == Operand::weights ? weight_buffer : activation_buffer;
  access(transfer, idle_from_)(socket, tlm::TLM_WRITE_COMMAND, transfer.address, transfer.memory.bytes,
                               moves_data_ ? request.bytes.data() : nullptr);
  buffers_understand_ = to_activations_.said.answered;
}

/// Reads a block of results, with its bytes into `to`; returns the cycle from which the block is in the buffer.
inline std::uint64_t Dma::take_results(const Transfer& transfer, unsigned char* to) {
  DataflowAccess& read = access(transfer, 0);
  read(activation_buffer, tlm::TLM_READ_COMMAND, transfer.address, transfer.memory.bytes, to);
  return read.said.done;
}

/// Counts a transaction to external memory; the local memory counts its own.
inline void Dma::count(tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes) {
  if (address >= ANDA_LOCAL_MEMORY) return;
  ++transactions_;
  (command == tlm::TLM_READ_COMMAND ? read_bytes_ : write_bytes_) += bytes;
}

// --- protocol b_transport ---

inline void Dma::move(tlm::tlm_command command, const MemoryRun& run, std::uint64_t earliest, unsigned char* bytes) {
  const std::uint64_t burst = config_.max_burst_bytes;
  std::uint64_t now = sc_core::sc_time_stamp().value();
  payload_.set_command(command);
  for (std::uint64_t moved = 0; moved < run.bytes && !stopped();) {
    // Naturally aligned bursts: the first ends at a burst boundary.
    const std::uint64_t address = run.address + moved;
    const std::uint64_t length = std::min(run.bytes - moved, burst - (address & (burst - 1)));
    issued_ = std::max({issued_, earliest, window_[slot_]});

    const std::uint64_t at = clock_.instant(issued_);
    if (at >= run_ahead_) {
      wait_until(issued_);
      if (aborted_) break;
      now = at;
    }
    sc_core::sc_time delay = sc_core::sc_time::from_value(at > now ? at - now : 0);

    payload_.set_address(address);
    payload_.set_data_ptr(bytes != nullptr ? bytes + moved : data_.data());
    payload_.set_data_length(static_cast<unsigned int>(length));
    payload_.set_streaming_width(static_cast<unsigned int>(length));
    payload_.set_dmi_allowed(false);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    watchdog_.watch();
    called_at_ = now;
    memory->b_transport(payload_, delay);
    called_at_ = Watchdog::owes_nothing;
    count(command, address, length);
    if (payload_.is_response_error()) {
      failed_ = true;
      failed_address_ = address;
    }

    now = sc_core::sc_time_stamp().value();  // the target may have waited
    const std::uint64_t arrived = clock_.cycles(later(now, delay.value()) - clock_.epoch());
    idle_from_ = std::max(idle_from_, arrived);
    window_[slot_] = arrived;
    slot_ = slot_ + 1 == window_.size() ? 0 : slot_ + 1;
    moved += length;
  }
}

// --- protocol at ---

void Dma::end(std::uint64_t ticks) {
  const std::uint64_t free = idle_from_;
  if (ticks > clock_.epoch()) idle_from_ = std::max(idle_from_, clock_.cycles(ticks - clock_.epoch()));
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
