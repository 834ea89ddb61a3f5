// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_BLOCK_BENCH_H
#define ANDA_TESTS_MODELS_BLOCK_BENCH_H

#include <cstdint>
#include <functional>
#include <string>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

#include <anda/base/access.h>
#include <anda/base/clock.h>
#include <anda/dram/sparse_memory.h>
#include <anda/energy/counters.h>
#include <anda/tlm/dataflow_access.h>
#include <anda/tlm/protocol_checker.h>

namespace anda::test {

/// Clock frequency of a block tested alone: one cycle is a nanosecond.
inline constexpr double gigahertz = 1e9;

inline sc_core::sc_time ns(std::uint64_t count) { return {static_cast<double>(count), sc_core::SC_NS}; }

/// Elaborates the design, so that sockets can be called.
inline void elaborate() { sc_core::sc_start(sc_core::SC_ZERO_TIME); }

/// Current value of a block's counter.
template <class Block>
std::uint64_t counted(const Block& block, const std::string& name) {
  const Counters& counters = block.counters();
  return *counters.list().at(counters.index_of(name)).value;
}

/// Drives a target socket of a block from the test, through a protocol checker.
class Driver : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Driver> socket;
  ProtocolChecker<> checker;

  template <class Target>
  Driver(sc_core::sc_module_name name, const Clock& clock, Target& target)
      : sc_module(name), socket("socket"), checker("checker"), block_(clock) {
    socket.bind(checker.target);
    checker.initiator.bind(target);
  }

  /// Calls like a neighbouring block; returns the extension with the answer of the block under test.
  DataflowExtension call(tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes,
                         const DataflowExtension& said, void* data = nullptr) {
    block_.said = said;
    block_(socket, command, address, bytes, data);
    return block_.said;
  }

  /// Calls like a foreign initiator, with a payload without an extension. Adds to `delay`.
  tlm::tlm_response_status plain(tlm::tlm_command command, std::uint64_t address, void* data, std::uint64_t bytes,
                                 sc_core::sc_time& delay) {
    return access(socket, command, address, data, bytes, delay);
  }
  tlm::tlm_response_status plain(tlm::tlm_command command, std::uint64_t address, void* data, std::uint64_t bytes) {
    sc_core::sc_time delay;
    return plain(command, address, data, bytes, delay);
  }

  /// Sends a payload that may be illegal.
  tlm::tlm_response_status send(tlm::tlm_generic_payload& payload) {
    checker.collect();
    sc_core::sc_time delay;
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    socket->b_transport(payload, delay);
    return payload.get_response_status();
  }

 private:
  DataflowAccess block_;
};

/// The target of a block's initiator socket: a memory that records each access and responds as set by the test, as a
/// plain TLM target or, with `answer`, as a block that supports the dataflow extension.
class Neighbour : public sc_core::sc_module {
 public:
  struct Access {
    tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
    sc_core::sc_time at;  ///< simulated time plus the annotated delay
    DataflowExtension said;
  };

  ProtocolChecker<> checker;
  tlm_utils::simple_target_socket<Neighbour> socket;
  SparseMemory memory;
  std::vector<Access> accesses;
  sc_core::sc_time latency;                                ///< of accesses without `answer`
  tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;  ///< of every access
  std::function<void(const Access&, DataflowExtension&)> answer;

  explicit Neighbour(sc_core::sc_module_name name) : sc_module(name), checker("checker"), socket("socket") {
    socket.register_b_transport(this, &Neighbour::b_transport);
    socket.register_transport_dbg(this, &Neighbour::debug);
    checker.initiator.bind(socket);
  }

  template <class Initiator>
  void behind(Initiator& initiator) {
    initiator.bind(checker.target);
  }

  std::vector<std::uint8_t> contents(std::uint64_t address, std::uint64_t bytes) const {
    std::vector<std::uint8_t> data(bytes);
    memory.read(address, data.data(), bytes);
    return data;
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    Access access;
    access.command = payload.get_command();
    access.address = payload.get_address();
    access.bytes = payload.get_data_length();
    access.at = sc_core::sc_time_stamp() + delay;
    auto* const said = payload.get_extension<DataflowExtension>();
    if (said != nullptr) access.said = *said;
    accesses.push_back(access);
    debug(payload);
    if (said != nullptr && answer) {
      said->answered = true;
      answer(access, *said);
    } else {
      delay += latency;
    }
    payload.set_response_status(status);
  }

  unsigned int debug(tlm::tlm_generic_payload& payload) {
    if (payload.is_read()) {
      memory.read(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
    } else {
      memory.write(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
    }
    return payload.get_data_length();
  }
};

/// Responses of a block to accesses that every target of the library refuses. Apart from the error under test, accesses
/// have `legal` bytes.
struct IllegalAccesses {
  tlm::tlm_response_status no_data;
  tlm::tlm_response_status no_length;
  tlm::tlm_response_status streaming;
  tlm::tlm_response_status no_command;

  IllegalAccesses(Driver& driver, std::uint32_t legal) {
    std::vector<unsigned char> data(legal);
    const auto response = [&](tlm::tlm_command command, void* bytes, std::uint32_t length, std::uint32_t width) {
      tlm::tlm_generic_payload payload;
      set_access(payload, command, 0, bytes, length);
      payload.set_streaming_width(width);
      return driver.send(payload);
    };
    no_data = response(tlm::TLM_WRITE_COMMAND, nullptr, legal, legal);
    no_length = response(tlm::TLM_WRITE_COMMAND, data.data(), 0, legal);
    streaming = response(tlm::TLM_WRITE_COMMAND, data.data(), legal, legal - 1);
    no_command = response(tlm::TLM_IGNORE_COMMAND, data.data(), legal, legal);
  }

  bool all_refused() const {
    return no_data == tlm::TLM_GENERIC_ERROR_RESPONSE && no_length == tlm::TLM_BURST_ERROR_RESPONSE &&
           streaming == tlm::TLM_BURST_ERROR_RESPONSE && no_command == tlm::TLM_COMMAND_ERROR_RESPONSE;
  }
};

}  // namespace anda::test

#endif
