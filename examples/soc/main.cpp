// SPDX-License-Identifier: Apache-2.0
// A small system on chip: a processor that runs the C driver, a bus with an address map, a memory, and two accelerators
// with different configurations. Each accelerator runs a GeMM alone, then both run at once. The report shows the cost
// of sharing the memory. With the argument `at`, the accelerators access memory in the four phases instead of
// b_transport.
#include <anda/accelerator/accelerator.h>
#include <anda/base/access.h>
#include <anda/dataflow/tensor_image.h>
#include <anda/dram/dram.h>
#include <anda_driver.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdio>
#include <string>
#include <vector>

#include "bus.h"

namespace {

constexpr std::uint64_t memory_bytes = std::uint64_t{1} << 30;
constexpr std::uint64_t accelerator_base[] = {0x4000'0000, 0x4010'0000};
constexpr std::uint64_t accelerator_bytes = 0x10'0000;

/// Measurements of one accelerator by the processor's program.
struct Measured {
  double microseconds[2] = {};  // alone, and together with the other accelerator
  std::uint64_t stalls[2] = {};
  std::uint64_t bytes = 0;
  int wrong = 0;
};

/// The processor. Its thread is the program; the driver accesses registers through `bus` and waits for `interrupt`.
class Processor : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Processor> bus;
  sc_core::sc_vector<sc_core::sc_in<bool>> interrupt;

  Measured measured[2];
  bool finished = false;

  SC_CTOR(Processor) : bus("bus"), interrupt("interrupt", 2) { SC_THREAD(program); }

 private:
  /// The driver's context: the accelerator that it drives.
  struct Port {
    Processor* processor;
    std::size_t number;
  };

  static std::uint32_t read(void* context, std::uint32_t offset) {
    const Port& port = *static_cast<Port*>(context);
    std::uint32_t value = 0;
    port.processor->access(tlm::TLM_READ_COMMAND, accelerator_base[port.number] + offset, &value, 4);
    return value;
  }

  static void write(void* context, std::uint32_t offset, std::uint32_t value) {
    const Port& port = *static_cast<Port*>(context);
    port.processor->access(tlm::TLM_WRITE_COMMAND, accelerator_base[port.number] + offset, &value, 4);
  }

  static int wait_for_interrupt(void* context, std::uint32_t timeout_us) {
    const Port& port = *static_cast<Port*>(context);
    const sc_core::sc_in<bool>& line = port.processor->interrupt[port.number];
    sc_core::wait(sc_core::SC_ZERO_TIME);
    if (!line.read()) sc_core::wait(sc_core::sc_time(timeout_us, sc_core::SC_US), line.posedge_event());
    return line.read() ? 0 : 1;
  }

  void access(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes) {
    sc_core::sc_time delay;
    if (anda::access(bus, command, address, data, bytes, delay) != tlm::TLM_OK_RESPONSE) {
      SC_REPORT_ERROR("/soc/processor", "the bus refused an access");
    }
    if (delay != sc_core::SC_ZERO_TIME) sc_core::wait(delay);
  }

  /// One GeMM of small integers, so that its results are exact. Weights differ between the accelerators.
  struct Job {
    anda_gemm gemm{};
    int seed = 0;

    int activation(std::uint64_t i) const { return static_cast<int>(i * 7 % 11) - 5; }
    int weight(std::uint64_t i) const { return static_cast<int>((i * 5 + static_cast<unsigned>(seed)) % 15) - 7; }
  };

  void place(const Job& job, const anda_device& device) {
    const anda_gemm& gemm = job.gemm;
    std::vector<anda::Fp16> activations;
    for (std::uint64_t i = 0; i < std::uint64_t{gemm.m} * gemm.k; ++i) {
      activations.push_back(anda::to_fp16(job.activation(i)));
    }
    anda::WeightTensor weights{gemm.k, gemm.n, {gemm.weight_bits, device.scale_group}, {}, {}};
    for (std::uint64_t i = 0; i < std::uint64_t{gemm.k} * gemm.n; ++i) {
      weights.codes.push_back(static_cast<std::int8_t>(job.weight(i)));
    }
    weights.scales.assign(gemm.k / device.scale_group * gemm.n, anda::to_fp16(1));
    anda::EncodingLoss loss;
    auto image = anda::pack_activation_tensor(activations, gemm.m, gemm.k, {gemm.input_bits, device.group_size},
                                              device.array_rows, loss);
    anda::debug_access(bus, tlm::TLM_WRITE_COMMAND, gemm.activations, image.data(), image.size());
    image = anda::pack_weight_tensor(weights, device.array_columns);
    anda::debug_access(bus, tlm::TLM_WRITE_COMMAND, gemm.weights, image.data(), image.size());
  }

  int wrong_results(const Job& job, const anda_device& device) {
    const anda_gemm& gemm = job.gemm;
    const anda::ActivationFormat format{gemm.output_bits, device.group_size};
    std::vector<std::uint8_t> image(anda_activation_bytes(&device, gemm.m, gemm.n, gemm.output_bits));
    anda::debug_access(bus, tlm::TLM_READ_COMMAND, gemm.outputs, image.data(), image.size());
    const auto results = anda::unpack_activation_tensor(image, gemm.m, gemm.n, format, device.array_rows);
    int wrong = 0;
    for (std::uint64_t row = 0; row < gemm.m; ++row) {
      for (std::uint64_t column = 0; column < gemm.n; ++column) {
        int sum = 0;
        for (std::uint64_t k = 0; k < gemm.k; ++k) {
          sum += job.activation(row * gemm.k + k) * job.weight(k * gemm.n + column);
        }
        // Sums are rounded to FP16 once, at the end.
        if (results[row * gemm.n + column] != anda::to_fp16(sum)) ++wrong;
      }
    }
    return wrong;
  }

  void check(anda_result result, const anda_device& device) {
    if (result == ANDA_OK) return;
    std::printf("the driver says %d, error %u at %#llx\n", static_cast<int>(result), device.failure.code,
                static_cast<unsigned long long>(device.failure.address));
    SC_REPORT_ERROR("/soc/processor", "the program could not go on");
  }

  void program() {
    constexpr std::uint32_t timeout_us = 100000;
    Port ports[2] = {{this, 0}, {this, 1}};
    anda_device devices[2];
    Job jobs[2];
    for (std::size_t i = 0; i < 2; ++i) {
      const anda_io io{read, write, wait_for_interrupt, &ports[i]};
      check(anda_open(&devices[i], &io), devices[i]);
      const anda_device& device = devices[i];
      Job& job = jobs[i];
      job.seed = static_cast<int>(i);
      job.gemm.m = 16;
      job.gemm.n = 512;
      job.gemm.k = 1024;
      job.gemm.input_bits = device.takes_groups ? 6 : 0;
      job.gemm.weight_bits = 4;
      job.gemm.activations = i * (memory_bytes / 2);
      job.gemm.weights = job.gemm.activations + (64 << 20);
      job.gemm.outputs = job.gemm.activations + (128 << 20);
      job.gemm.partial_sums = job.gemm.activations + (192 << 20);
      check(anda_choose_step(&device, &job.gemm), device);
      check(anda_write_gemm(&device, 0, &job.gemm), device);
      place(job, device);
    }

    // Counters accumulate over runs. An interrupt may be noticed late, after that of the other accelerator.
    std::uint64_t cycles[2] = {};
    std::uint64_t stalls[2] = {};
    const auto finish = [&](std::size_t i, std::size_t run) {
      check(anda_wait(&devices[i], timeout_us), devices[i]);
      const std::uint64_t cycle = anda_counter(&devices[i], ANDA_COUNTER_CYCLES);
      const std::uint64_t stall = anda_counter(&devices[i], ANDA_COUNTER_STALL_DRAM);
      measured[i].microseconds[run] = static_cast<double>(cycle - cycles[i]) / devices[i].clock_khz * 1e3;
      measured[i].stalls[run] = stall - stalls[i];
      measured[i].wrong += wrong_results(jobs[i], devices[i]);
      cycles[i] = cycle;
      stalls[i] = stall;
    };
    for (std::size_t i = 0; i < 2; ++i) {
      check(anda_start(&devices[i], 1), devices[i]);
      finish(i, 0);
      measured[i].bytes =
          anda_counter(&devices[i], ANDA_COUNTER_READ_BYTES) + anda_counter(&devices[i], ANDA_COUNTER_WRITE_BYTES);
    }
    for (std::size_t i = 0; i < 2; ++i) check(anda_start(&devices[i], 1), devices[i]);
    for (std::size_t i = 0; i < 2; ++i) finish(i, 1);
    finished = true;
  }
};

}  // namespace

int sc_main(int argc, char** argv) {
  const bool four_phases = argc == 2 && std::string(argv[1]) == "at";
  if (argc > 1 && !four_phases) {
    std::fprintf(stderr, "usage: anda_soc [at]\n");
    return 2;
  }
  anda::DramConfig memory_config;  // 2 of the 16 channels: enough for either accelerator, hardly for both
  memory_config.capacity_bytes = memory_bytes;
  memory_config.channels = 2;
  memory_config.store_data = true;
  anda::AcceleratorConfig configs[2];
  configs[1].mxu.processing_element = anda::PeKind::fp_fp;
  configs[1].mxu.columns = 32;
  configs[1].clock_hz = 400e6;
  for (anda::AcceleratorConfig& config : configs) {
    config.functional.enabled = true;
    config.dma.max_burst_bytes = 4096;
    if (four_phases) config.dma.protocol = anda::MemoryProtocol::at;
  }

  Processor processor("processor");
  soc::Bus bus("bus",
               {{0, memory_bytes}, {accelerator_base[0], accelerator_bytes}, {accelerator_base[1], accelerator_bytes}},
               sc_core::sc_time(5, sc_core::SC_NS));
  anda::Dram memory("memory", memory_config);
  anda::Accelerator anda_one("accelerator_0", configs[0]);
  anda::Accelerator fp_fp_one("accelerator_1", configs[1]);
  sc_core::sc_vector<sc_core::sc_signal<bool>> lines("interrupt", 2);

  processor.bus.bind(bus.in);
  anda_one.memory.bind(bus.in);
  fp_fp_one.memory.bind(bus.in);
  bus.out.bind(memory.socket);
  bus.out.bind(anda_one.control);
  bus.out.bind(fp_fp_one.control);
  anda_one.interrupt.bind(lines[0]);
  fp_fp_one.interrupt.bind(lines[1]);
  processor.interrupt.bind(lines);
  sc_core::sc_start();

  if (!processor.finished) return 1;
  std::printf("%-14s %12s %12s %12s %12s %12s %10s %6s\n", "accelerator", "alone", "both", "slower", "waits alone",
              "waits both", "moved", "wrong");
  int wrong = 0;
  bool slower = true;
  const char* const names[] = {"anda 16 x 16", "fp-fp 16 x 32"};
  for (std::size_t i = 0; i < 2; ++i) {
    const Measured& of = processor.measured[i];
    std::printf("%-14s %9.2f us %9.2f us %10.1f %% %5llu cycles %5llu cycles %6.1f KiB %6d\n", names[i],
                of.microseconds[0], of.microseconds[1], 100 * (of.microseconds[1] / of.microseconds[0] - 1),
                static_cast<unsigned long long>(of.stalls[0]), static_cast<unsigned long long>(of.stalls[1]),
                static_cast<double>(of.bytes) / 1024, of.wrong);
    wrong += of.wrong;
    slower = slower && of.stalls[1] > of.stalls[0];
  }
  return wrong == 0 && slower ? 0 : 1;
}
