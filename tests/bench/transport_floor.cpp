// SPDX-License-Identifier: Apache-2.0
// What the SystemC kernel itself costs, for scripts/bench: plain b_transport calls and thread waits, and nothing else,
// a second of CPU time.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace {

constexpr std::uint64_t calls = 50'000'000;
constexpr std::uint64_t waits = 2'000'000;

double seconds_since(std::clock_t start) { return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; }

class Target : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Target> socket;

  explicit Target(sc_core::sc_module_name name) : sc_module(name), socket("socket") {
    socket.register_b_transport(this, &Target::b_transport);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    delay += latency_;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  sc_core::sc_time latency_{1, sc_core::SC_PS};
};

class Initiator : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Initiator> socket;

  SC_CTOR(Initiator) : socket("socket") { SC_THREAD(run); }

 private:
  void run() {
    unsigned char data[64] = {};
    tlm::tlm_generic_payload payload;
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_data_ptr(data);
    payload.set_data_length(sizeof data);
    payload.set_streaming_width(sizeof data);
    std::clock_t start = std::clock();
    for (std::uint64_t i = 0; i < calls; ++i) {
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      payload.set_address(i * sizeof data);
      payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
      socket->b_transport(payload, delay);
    }
    std::printf("transports_per_s %.0f\n", static_cast<double>(calls) / seconds_since(start));
    start = std::clock();
    for (std::uint64_t i = 0; i < waits; ++i) wait(1, sc_core::SC_NS);
    std::printf("waits_per_s %.0f\n", static_cast<double>(waits) / seconds_since(start));
  }
};

}  // namespace

int sc_main(int, char*[]) {
  Initiator initiator("initiator");
  Target target("target");
  initiator.socket.bind(target.socket);
  sc_core::sc_start();
  return EXIT_SUCCESS;
}
