// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_ODD_INITIATOR_H
#define ANDA_TESTS_MODELS_ODD_INITIATOR_H

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <systemc>
#include <tlm>
#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

#include <anda/base/process.h>
#include <anda/dram/dram.h>
#include <anda/tlm/protocol_checker.h>

#include "models/payload_pool.h"

namespace anda::test {

/// A reference memory, a plain array of bytes. Its responses follow the standard, independently of the model.
class ArrayMemory {
 public:
  explicit ArrayMemory(std::uint64_t capacity) : bytes_(capacity, 0) {}

  tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t address, unsigned char* data,
                                     unsigned int length, const std::vector<unsigned char>& enables,
                                     unsigned int streaming_width) {
    if (command != tlm::TLM_READ_COMMAND && command != tlm::TLM_WRITE_COMMAND) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    if (length == 0 || streaming_width == 0) return tlm::TLM_BURST_ERROR_RESPONSE;
    if (data == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;
    for (unsigned int i = 0; i < length; ++i) {
      const std::uint64_t at = address + i % streaming_width;
      if (at < address || at >= bytes_.size()) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    }
    for (unsigned int i = 0; i < length; ++i) {
      if (!enables.empty() && enables[i % enables.size()] != 0xff) continue;
      unsigned char& byte = bytes_[address + i % streaming_width];
      (command == tlm::TLM_READ_COMMAND ? data[i] : byte) = command == tlm::TLM_READ_COMMAND ? byte : data[i];
    }
    return tlm::TLM_OK_RESPONSE;
  }

  unsigned int debug(tlm::tlm_command command, std::uint64_t address, unsigned char* data, unsigned int length) {
    unsigned int done = 0;
    for (; done < length && address < bytes_.size() && done < bytes_.size() - address; ++done) {
      unsigned char& byte = bytes_[address + done];
      (command == tlm::TLM_READ_COMMAND ? data[done] : byte) = command == tlm::TLM_READ_COMMAND ? byte : data[done];
    }
    return done;
  }

  unsigned char& operator[](std::uint64_t address) { return bytes_[address]; }
  std::uint64_t size() const { return bytes_.size(); }

 private:
  std::vector<unsigned char> bytes_;
};

/// Sends a memory legal but unusual transactions, and some illegal ones, with an ArrayMemory in lockstep: single bytes,
/// transactions across bursts, rows, channels and pages, ignore commands, addresses near, beyond and wrapping past the
/// end, empty and streaming transactions, byte enables shorter than the data, reused payloads and payloads with
/// extensions.
class OddInitiator : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<OddInitiator> socket{"socket"};
  ProtocolChecker<> checker{"checker"};
  Dram dram;

  std::uint64_t legal_bytes = 0;  // of reads and writes with an OK response
  std::uint64_t answered = 0;
  std::uint64_t crimes = 0;  // rules deliberately broken by this initiator

  OddInitiator(const DramConfig& config, std::uint32_t seed, std::uint64_t transactions, bool four_phases,
               sc_core::sc_module_name name = sc_core::sc_gen_unique_name("odd"))
      : sc_module(name),
        dram("dram", config),
        reference_(config.capacity_bytes),
        random_(seed),
        transactions_(transactions),
        ends_(this, &OddInitiator::end_response) {
    ANDA_HAS_PROCESS(OddInitiator);
    if (four_phases) {
      SC_THREAD(run_phases);
    } else {
      SC_THREAD(run_blocking);
    }
    socket.bind(checker.target);
    checker.initiator.bind(dram.socket);
    socket.register_nb_transport_bw(this, &OddInitiator::nb_transport_bw);
    socket.register_invalidate_direct_mem_ptr(this, &OddInitiator::invalidate);
    checker.collect();
  }

  bool payloads_back() const { return pool_.all_back(); }
  std::size_t payloads() const { return pool_.made(); }
  std::size_t most_under_way() const { return most_under_way_; }
  std::uint64_t invalidations() const { return invalidations_; }

 private:
  struct Extension : tlm::tlm_extension<Extension> {
    tlm_extension_base* clone() const override { return new Extension; }
    void copy_from(const tlm_extension_base&) override {}
  };

  /// A transaction with its data, and the reference's response.
  struct Transaction {
    tlm::tlm_command command = tlm::TLM_READ_COMMAND;
    std::uint64_t address = 0;
    unsigned int streaming_width = 0;
    bool no_data = false;
    std::vector<unsigned char> data;
    std::vector<unsigned char> enables;
    std::vector<unsigned char> expected;
    tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
    tlm::tlm_generic_payload* payload = nullptr;
  };

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  std::uint64_t address() {
    const std::uint64_t end = reference_.size();
    switch (below(12)) {
      case 0:
        return end - 1 - below(300);
      case 1:
        return end + below(300);
      case 2:
        return ~std::uint64_t{0} - below(300);
      case 3:
        return (1u << 16) * (1 + below(8)) - below(300);  // pages of the model
      case 4:
        return 1024 * below(64) + below(2);
      default:
        return below(1u << 14);  // small range, so that addresses repeat
    }
  }

  Transaction make() {
    Transaction made;
    made.command = one_in(20) ? tlm::TLM_IGNORE_COMMAND : one_in(2) ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND;
    made.address = address();
    made.data.resize(one_in(3) ? 1 : one_in(60) ? 0 : 1 + below(one_in(10) ? 5000 : 200));
    for (unsigned char& byte : made.data) byte = static_cast<unsigned char>(random_());
    if (one_in(4)) {
      made.enables.resize(1 + below(one_in(2) ? 7 : 300));
      for (unsigned char& enable : made.enables) enable = one_in(2) ? 0xff : 0;
    }
    const auto length = static_cast<unsigned int>(made.data.size());
    made.streaming_width = one_in(30) ? static_cast<unsigned int>(below(length + 1)) : length + (one_in(5) ? 9 : 0);
    made.no_data = one_in(60);
    if (made.command != tlm::TLM_IGNORE_COMMAND) {
      for (const bool crime : {made.no_data, length == 0, made.streaming_width == 0}) crimes += crime ? 1 : 0;
    }
    return made;
  }

  void fill(tlm::tlm_generic_payload& payload, Transaction& from) {
    if (from.data.empty() && !from.no_data) from.data.reserve(1);  // a non-null pointer without data
    payload.set_command(from.command);
    payload.set_address(from.address);
    payload.set_data_ptr(from.no_data ? nullptr : from.data.data());
    payload.set_data_length(static_cast<unsigned int>(from.data.size()));
    payload.set_streaming_width(from.streaming_width);
    payload.set_byte_enable_ptr(from.enables.empty() ? nullptr : from.enables.data());
    payload.set_byte_enable_length(static_cast<unsigned int>(from.enables.size()));
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    payload.set_dmi_allowed(false);
    from.payload = &payload;
  }

  /// Executes a transaction on the reference, in sending order.
  void expect(Transaction& of) {
    of.expected = of.data;
    of.status = reference_.transport(of.command, of.address, of.no_data ? nullptr : of.expected.data(),
                                     static_cast<unsigned int>(of.data.size()), of.enables, of.streaming_width);
  }

  void check(const Transaction& of) {
    CAPTURE(of.address, of.data.size(), of.streaming_width, of.enables.size(), answered);
    REQUIRE(of.payload->get_response_status() == of.status);
    REQUIRE(of.data == of.expected);
    if (of.status == tlm::TLM_OK_RESPONSE) legal_bytes += of.data.size();
    ++answered;
  }

  // One transaction after another, running ahead of simulated time, mixed with debug and direct access.

  void run_blocking() {
    tlm::tlm_generic_payload payload;
    sc_core::sc_time local;
    for (std::uint64_t i = 0; i < transactions_; ++i) {
      block(payload, local);
      if (one_in(4)) debug();
      if (one_in(4)) direct();
      if (one_in(100)) {
        sc_core::wait(local);
        local = sc_core::SC_ZERO_TIME;
      }
    }
  }

  void block(tlm::tlm_generic_payload& payload, sc_core::sc_time& local) {
    Transaction transaction = make();
    fill(payload, transaction);
    expect(transaction);
    const sc_core::sc_time before = local;
    socket->b_transport(payload, local);
    if (transaction.status == tlm::TLM_OK_RESPONSE) {
      REQUIRE(local >= before);
      REQUIRE(payload.is_dmi_allowed() == dram.config().dmi);
    } else {
      REQUIRE(local == before);
      REQUIRE_FALSE(payload.is_dmi_allowed());
    }
    check(transaction);
  }

  void debug() {
    const auto counts = dram.counters().values();
    tlm::tlm_generic_payload payload;
    std::vector<unsigned char> data(1 + below(400));
    for (unsigned char& byte : data) byte = static_cast<unsigned char>(random_());
    std::vector<unsigned char> expected = data;
    const auto length = static_cast<unsigned int>(data.size());
    const tlm::tlm_command command = one_in(2) ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND;
    payload.set_command(command);
    payload.set_address(address());
    payload.set_data_ptr(data.data());
    payload.set_data_length(length);
    payload.set_streaming_width(1);  // must have no effect here
    const unsigned int served = reference_.debug(command, payload.get_address(), expected.data(), length);
    REQUIRE(socket->transport_dbg(payload) == served);
    REQUIRE(data == expected);
    REQUIRE(dram.counters().values() == counts);
  }

  void direct() {
    tlm::tlm_generic_payload payload;
    payload.set_read();
    payload.set_address(address());
    tlm::tlm_dmi dmi;
    const bool granted = socket->get_direct_mem_ptr(payload, dmi);
    REQUIRE(granted == (dram.config().dmi && payload.get_address() < reference_.size()));
    if (!granted) return;
    REQUIRE(dmi.get_end_address() < reference_.size());
    REQUIRE(dmi.is_read_write_allowed());
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t offset = below(dmi.get_end_address() - dmi.get_start_address() + 1);
      REQUIRE(dmi.get_dmi_ptr()[offset] == reference_[dmi.get_start_address() + offset]);
      const auto byte = static_cast<unsigned char>(random_());
      dmi.get_dmi_ptr()[offset] = byte;
      reference_[dmi.get_start_address() + offset] = byte;
    }
  }

  // As many concurrent transactions as the memory accepts, with responses ended in different ways. Other calls come in
  // between only when all requests have been accepted and have thus taken effect.

  void run_phases() {
    tlm::tlm_generic_payload blocking;
    while (sent_ < transactions_) {
      if (under_way_.size() >= 40) {
        wait(ended_);
        continue;
      }
      ++sent_;
      under_way_.push_back(std::make_unique<Transaction>(make()));
      most_under_way_ = std::max(most_under_way_, under_way_.size());
      Transaction& transaction = *under_way_.back();
      tlm::tlm_generic_payload& payload = pool_.make();
      fill(payload, transaction);
      expect(transaction);
      if (one_in(3)) payload.set_auto_extension(new Extension);
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_core::sc_time delay(static_cast<double>(one_in(4) ? below(20) : 0), sc_core::SC_NS);
      requesting_ = &payload;
      const tlm::tlm_sync_enum status = socket->nb_transport_fw(payload, phase, delay);
      if (status == tlm::TLM_UPDATED) {
        REQUIRE(phase == tlm::END_REQ);
        requesting_ = nullptr;
        if (delay != sc_core::SC_ZERO_TIME) wait(delay);
      } else {
        REQUIRE(status == tlm::TLM_ACCEPTED);
        while (requesting_ != nullptr) wait(taken_);
      }
      if (sent_ < transactions_ && one_in(8)) {
        sc_core::sc_time local(static_cast<double>(one_in(3) ? below(500) : 0), sc_core::SC_NS);
        ++sent_;
        block(blocking, local);
        if (one_in(3)) wait(local);
      }
      if (one_in(8)) debug();
      if (one_in(8)) direct();
      if (one_in(50)) wait(static_cast<double>(below(3000)), sc_core::SC_NS);
    }
  }

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    if (requesting_ == &payload) {
      requesting_ = nullptr;
      taken_.notify(delay);
    }
    if (phase == tlm::END_REQ) return tlm::TLM_ACCEPTED;
    const auto found = std::find_if(under_way_.begin(), under_way_.end(),
                                    [&](const auto& transaction) { return transaction->payload == &payload; });
    REQUIRE(found != under_way_.end());
    check(**found);
    under_way_.erase(found);
    const sc_core::sc_time later(static_cast<double>(below(5)), sc_core::SC_NS);
    const std::uint64_t way = below(3);
    if (way == 0) {  // END_RESP in a separate call
      ends_.notify(payload, tlm::END_RESP, later);
      return tlm::TLM_ACCEPTED;
    }
    delay += later;
    ended_.notify(sc_core::SC_ZERO_TIME);
    payload.release();
    if (way == 1) return tlm::TLM_COMPLETED;
    phase = tlm::END_RESP;
    return tlm::TLM_UPDATED;
  }

  void end_response(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& ended) {
    tlm::tlm_phase phase = ended;
    sc_core::sc_time delay(static_cast<double>(below(3)), sc_core::SC_NS);
    socket->nb_transport_fw(payload, phase, delay);
    payload.release();
    ended_.notify(sc_core::SC_ZERO_TIME);
  }

  void invalidate(sc_dt::uint64 start, sc_dt::uint64 end) {
    REQUIRE(start == 0);
    REQUIRE(end >= reference_.size() - 1);
    ++invalidations_;
  }

  ArrayMemory reference_;
  std::mt19937 random_;
  std::uint64_t transactions_;
  std::uint64_t sent_ = 0;
  std::uint64_t invalidations_ = 0;
  PayloadPool pool_;
  std::vector<std::unique_ptr<Transaction>> under_way_;
  std::size_t most_under_way_ = 0;
  tlm::tlm_generic_payload* requesting_ = nullptr;
  sc_core::sc_event taken_;
  sc_core::sc_event ended_;
  tlm_utils::peq_with_cb_and_phase<OddInitiator> ends_;
};

}  // namespace anda::test

#endif
