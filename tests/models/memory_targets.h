// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_MEMORY_TARGETS_H
#define ANDA_TESTS_MODELS_MEMORY_TARGETS_H

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>
#include <utility>
#include <vector>

#include <anda/base/process.h>
#include <anda/dram/sparse_memory.h>

namespace anda::test {

/// Storage of a memory that is not part of the library.
class ForeignStore {
 public:
  std::uint64_t refuse_from = ~std::uint64_t{0};  ///< accesses at or above this address get `refusal`
  tlm::tlm_response_status refusal = tlm::TLM_ADDRESS_ERROR_RESPONSE;

  tlm::tlm_response_status move(tlm::tlm_generic_payload& payload) {
    if (payload.get_address() + payload.get_data_length() > refuse_from) return refusal;
    debug(payload);
    return tlm::TLM_OK_RESPONSE;
  }
  unsigned int debug(tlm::tlm_generic_payload& payload) {
    if (payload.is_read()) {
      bytes_.read(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
    } else {
      bytes_.write(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
    }
    return payload.get_data_length();
  }

 private:
  SparseMemory bytes_;
};

/// A memory that supports only b_transport, and waits in it.
class BlockingMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<BlockingMemory> socket{"socket"};
  ForeignStore store;
  std::uint64_t dies_after = ~std::uint64_t{0};  ///< number of calls after which the next does not return

  explicit BlockingMemory(sc_core::sc_module_name name) : sc_module(name) {
    socket.register_b_transport(this, &BlockingMemory::b_transport);
    socket.register_transport_dbg(this, &BlockingMemory::transport_dbg);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    if (calls_++ == dies_after) sc_core::wait(never_);
    sc_core::wait(delay + sc_core::sc_time(7, sc_core::SC_NS));
    delay = sc_core::sc_time(3, sc_core::SC_NS);
    payload.set_response_status(store.move(payload));
  }
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) { return store.debug(payload); }

  std::uint64_t calls_ = 0;
  sc_core::sc_event never_;
};

/// How a memory answers BEGIN_REQ.
enum class Manner {
  takes_at_once,  ///< TLM_UPDATED, END_REQ
  takes_later,    ///< TLM_ACCEPTED, then END_REQ in a call
  skips,          ///< TLM_ACCEPTED, then BEGIN_RESP without an END_REQ
  answers,        ///< TLM_UPDATED, BEGIN_RESP
  completes,      ///< TLM_COMPLETED
  any             ///< one of these, at random
};

/// How a memory accepts the end of a response. The standard requires `anything`; some memories support less.
enum class Heeds {
  anything,  ///< TLM_COMPLETED, TLM_UPDATED with END_RESP, or END_RESP in a call
  end_resp,  ///< END_RESP, returned or in a call; still waits for it after TLM_COMPLETED
  calls      ///< only END_RESP in a call
};

/// A memory that supports only the four phases and can do everything that the standard allows a target. It counts
/// transactions that are not naturally aligned or whose length in bytes is not a power of two.
template <unsigned int BUSWIDTH = 32>
class PhasesMemory : public sc_core::sc_module {
 public:
  struct Options {
    Manner manner = Manner::takes_at_once;
    bool annotates = false;                 ///< annotates random delays on calls and returns
    bool reorders = false;                  ///< answers after random times
    bool holds_payloads = false;            ///< keeps references longer than necessary
    std::size_t most_under_way = 1u << 20;  ///< withholds END_REQ above this number
    std::uint64_t latency_ns = 60;
    std::uint64_t gap_ns = 0;                ///< between responses
    std::optional<std::uint64_t> accept_ns;  ///< from BEGIN_REQ to END_REQ in a call; 0 … 3 at random if unset
    std::uint64_t annotated_accept_ns = 0;   ///< annotated delay of every END_REQ
    std::uint64_t annotated_answer_ns = 0;   ///< annotated delay of every BEGIN_RESP
    Heeds heeds = Heeds::anything;
    std::uint64_t dies_after = ~std::uint64_t{0};  ///< number of requests; later ones are accepted and never answered
    bool takes_before_dying = false;               ///< sends END_REQ for those
  };

  tlm_utils::simple_target_socket<PhasesMemory, BUSWIDTH> socket{"socket"};
  ForeignStore store;
  std::size_t most_seen = 0;                           ///< most transactions in flight
  std::uint64_t requests = 0;                          ///< total
  std::uint64_t bytes = 0;                             ///< total
  std::uint64_t misaligned = 0;                        ///< requests of illegal length or alignment
  std::uint64_t longest = 0;                           ///< longest request in bytes
  std::uint64_t held_up = 0;                           ///< requests for which END_REQ was withheld
  std::set<const tlm::tlm_generic_payload*> payloads;  ///< all payloads seen
  std::vector<std::uint64_t> refused;                  ///< addresses of error responses, in response order

  PhasesMemory(sc_core::sc_module_name name, const Options& options) : sc_module(name), options_(options) {
    ANDA_HAS_PROCESS(PhasesMemory);
    SC_METHOD(run);
    sensitive << wake_;
    dont_initialize();
    socket.register_nb_transport_fw(this, &PhasesMemory::nb_transport_fw);
    socket.register_transport_dbg(this, &PhasesMemory::transport_dbg);
  }

  const Options& options() const { return options_; }

 private:
  using Payload = tlm::tlm_generic_payload;

  sc_core::sc_time now() const { return sc_core::sc_time_stamp(); }
  sc_core::sc_time ns(std::uint64_t count) const { return {static_cast<double>(count), sc_core::SC_NS}; }
  sc_core::sc_time some_delay(std::uint64_t otherwise_ns) {
    return ns(options_.annotates ? random_() % 9 : otherwise_ns);
  }
  sc_core::sc_time accept_delay() { return some_delay(options_.annotated_accept_ns); }
  sc_core::sc_time answer_delay() { return some_delay(options_.annotated_answer_ns); }
  sc_core::sc_time latency() {
    return ns(options_.reorders ? random_() % (2 * options_.latency_ns) : options_.latency_ns);
  }

  void at(const sc_core::sc_time& time, std::function<void()> action) {
    actions_.emplace(time, std::move(action));
    wake_.notify(actions_.begin()->first - now());
  }

  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    if (phase == tlm::END_RESP) {
      answering_ = false;
      at(now() + delay, [this] { answer(); });
      return tlm::TLM_COMPLETED;
    }
    const std::uint64_t length = payload.get_data_length();
    ++requests;
    if ((length & (length - 1)) != 0 || payload.get_address() % length != 0) ++misaligned;
    bytes += length;
    longest = std::max(longest, length);
    payload.acquire();
    payloads.insert(&payload);
    most_seen = std::max(most_seen, ++under_way_);
    payload.set_response_status(store.move(payload));

    if (requests > options_.dies_after) {
      if (!options_.takes_before_dying) return tlm::TLM_ACCEPTED;
      phase = tlm::END_REQ;
      return tlm::TLM_UPDATED;
    }
    if (under_way_ > options_.most_under_way) {
      ++held_up;
      waiting_ = &payload;
      return tlm::TLM_ACCEPTED;
    }
    Manner manner = options_.manner;
    if (manner == Manner::any) manner = static_cast<Manner>(random_() % 5);
    if (manner == Manner::answers && (answering_ || !ready_.empty())) manner = Manner::takes_at_once;
    switch (manner) {
      case Manner::completes:
        delay += answer_delay();
        forget(payload);
        return tlm::TLM_COMPLETED;
      case Manner::answers:
        delay += answer_delay();
        phase = tlm::BEGIN_RESP;
        answering_ = true;
        forget(payload);
        return tlm::TLM_UPDATED;
      case Manner::takes_at_once:
        delay += accept_delay();
        phase = tlm::END_REQ;
        answer_later(payload, delay);
        return tlm::TLM_UPDATED;
      case Manner::skips:
        answer_later(payload, delay);
        return tlm::TLM_ACCEPTED;
      default:
        at(now() + delay + ns(options_.accept_ns.value_or(random_() % 4)), [this, &payload] { take(payload); });
        return tlm::TLM_ACCEPTED;
    }
  }

  void take(Payload& payload) {
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = accept_delay();
    const sc_core::sc_time taken = delay;
    socket->nb_transport_bw(payload, phase, delay);
    answer_later(payload, taken);
  }

  void answer_later(Payload& payload, const sc_core::sc_time& delay) {
    at(now() + delay + latency(), [this, &payload] {
      ready_.push_back(&payload);
      answer();
    });
  }

  void answer() {
    if (answering_ || ready_.empty() || now() < next_answer_) return;
    Payload& payload = *ready_.front();
    ready_.erase(ready_.begin());
    answering_ = true;
    next_answer_ = now() + ns(options_.gap_ns);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = answer_delay();
    const tlm::tlm_sync_enum status = socket->nb_transport_bw(payload, phase, delay);
    forget(payload);
    if (!ends_response(status, phase)) return;
    answering_ = false;
    at(std::max(now() + delay, next_answer_), [this] { answer(); });
  }

  bool ends_response(tlm::tlm_sync_enum status, const tlm::tlm_phase& phase) const {
    if (options_.heeds == Heeds::calls || status == tlm::TLM_ACCEPTED) return false;
    return options_.heeds == Heeds::anything || (status == tlm::TLM_UPDATED && phase == tlm::END_RESP);
  }

  void forget(Payload& payload) {
    --under_way_;
    if (payload.is_response_error()) refused.push_back(payload.get_address());
    if (options_.holds_payloads) {
      at(now() + ns(500), [&payload] { payload.release(); });
    } else {
      payload.release();
    }
    if (waiting_ == nullptr) return;
    Payload* const next = std::exchange(waiting_, nullptr);
    at(now(), [this, next] { take(*next); });
  }

  unsigned int transport_dbg(Payload& payload) { return store.debug(payload); }

  void run() {
    while (!actions_.empty() && actions_.begin()->first <= now()) {
      const std::function<void()> action = std::move(actions_.begin()->second);
      actions_.erase(actions_.begin());
      action();
    }
    if (!actions_.empty()) wake_.notify(actions_.begin()->first - now());
  }

  Options options_;
  std::mt19937 random_{1};
  std::multimap<sc_core::sc_time, std::function<void()>> actions_;
  sc_core::sc_event wake_;
  std::vector<Payload*> ready_;
  std::size_t under_way_ = 0;
  Payload* waiting_ = nullptr;
  bool answering_ = false;
  sc_core::sc_time next_answer_;
};

}  // namespace anda::test

#endif
