// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_MACHINE_H
#define ANDA_TESTS_MODELS_MACHINE_H

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

#include <anda/accelerator/accelerator.h>
#include <anda/accelerator/tiling.h>
#include <anda/control/activation_bits.h>
#include <anda/control/descriptor.h>
#include <anda/control/register_map.h>
#include <anda/dram/dram.h>
#include <anda/tlm/protocol_checker.h>

namespace anda::test {

/// Protocol checkers on all bindings between the blocks of an accelerator.
class InnerCheckers {
 public:
  /// Returns a function that binds two sockets through a checker; the checker becomes part of the accelerator under
  /// construction.
  Connect connect() {
    return [this](tlm::tlm_base_initiator_socket<>& initiator, tlm::tlm_base_target_socket<>& target) {
      std::string name = initiator.name();  // "….mxu.sums": checker "mxu_sums"
      name = name.substr(name.rfind('.', name.rfind('.') - 1) + 1);
      name.replace(name.find('.'), 1, "_");
      checkers_.push_back(std::make_unique<ProtocolChecker<>>((name + "_checker").c_str()));
      initiator.bind(checkers_.back()->target);
      checkers_.back()->initiator.bind(target);
    };
  }

  /// The same blocks, bound through checkers.
  AcceleratorBlocks on(AcceleratorBlocks blocks) {
    blocks.connect = connect();
    return blocks;
  }

  /// Number of transactions seen by each checker, by its name.
  std::map<std::string, std::uint64_t> transactions() const {
    std::map<std::string, std::uint64_t> seen;
    for (const auto& checker : checkers_) seen[checker->basename()] = checker->transactions();
    return seen;
  }

 private:
  std::vector<std::unique_ptr<ProtocolChecker<>>> checkers_;
};

/// An accelerator driven from the test, with a protocol checker at both of its sockets and on each inner binding.
/// Derived classes bind a memory to memory_checker.initiator. A test must create all machines before the first run,
/// because the kernel elaborates once.
class AcceleratorBench : public sc_core::sc_module {
 public:
  using Result = std::map<std::string, std::uint64_t>;

  InnerCheckers inner_checkers;
  Accelerator accelerator;
  ProtocolChecker<> memory_checker;
  ProtocolChecker<> control_checker;
  tlm_utils::simple_initiator_socket<AcceleratorBench> control;
  sc_core::sc_signal<bool> interrupt;

  AcceleratorBench(sc_core::sc_module_name name, const AcceleratorConfig& config, AcceleratorBlocks blocks = {})
      : sc_module(name),
        accelerator("accelerator", config, inner_checkers.on(blocks)),
        memory_checker("memory_checker"),
        control_checker("control_checker"),
        control("control"),
        interrupt("interrupt") {
    accelerator.memory.bind(memory_checker.target);
    control.bind(control_checker.target);
    control_checker.initiator.bind(accelerator.control);
    accelerator.interrupt.bind(interrupt);
    counters_.add(accelerator.counters());
  }

  void write(std::uint64_t address, std::uint32_t word) { access(tlm::TLM_WRITE_COMMAND, address, &word, 4); }
  std::uint32_t read(std::uint64_t address) {
    std::uint32_t word = 0;
    access(tlm::TLM_READ_COMMAND, address, &word, 4);
    return word;
  }
  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t address, void* data, unsigned int length) {
    tlm::tlm_generic_payload payload;
    sc_core::sc_time delay;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    control->b_transport(payload, delay);
    return payload.get_response_status();
  }

  /// Writes or reads memory by debug access, in zero time.
  void place(std::uint64_t address, std::vector<std::uint8_t> bytes) { debug(tlm::TLM_WRITE_COMMAND, address, bytes); }
  std::vector<std::uint8_t> contents(std::uint64_t address, std::uint64_t bytes) {
    std::vector<std::uint8_t> data(bytes);
    debug(tlm::TLM_READ_COMMAND, address, data);
    return data;
  }

  /// A task in the formats of the machine's elements. FP16 systems ignore mantissa lengths.
  GemmTask task(std::uint32_t m, std::uint32_t n, std::uint32_t k, std::uint32_t input_bits,
                std::uint32_t output_bits) const {
    GemmTask task;
    task.m = m;
    task.n = n;
    task.k = k;
    task.input = accelerator.processing_element().activation_format(input_bits);
    task.output = accelerator.processing_element().activation_format(output_bits);
    task.weights = accelerator.config().format.integers_of(accelerator.config().mxu.weight_bits);
    return task;
  }

  GemmDescriptor descriptor(const GemmTask& task, const StepShape& step) const {
    GemmDescriptor descriptor;
    descriptor.m = task.m;
    descriptor.n = task.n;
    descriptor.k = task.k;
    descriptor.input_mantissa_bits = activation_bits(task.input);
    descriptor.output_mantissa_bits = activation_bits(task.output);
    descriptor.weight_bits = task.weights.bits;
    descriptor.zero_points = task.weights.has_zero_points();
    descriptor.step = step;
    descriptor.addresses = {0, 1u << 28, 1u << 29, 1u << 30};
    return descriptor;
  }

  VectorDescriptor descriptor(const VectorTask& task) const {
    VectorDescriptor descriptor;
    descriptor.operation = task.operation;
    descriptor.rows = task.rows;
    descriptor.columns = task.columns;
    descriptor.depth = task.depth;
    descriptor.output_mantissa_bits = activation_bits(task.output);
    if (task.operation == VectorOperation::multiply || task.operation == VectorOperation::quantise) {
      descriptor.weight_bits = task.weights.bits;
      descriptor.scale_bits = task.weights.scale_bits;
      descriptor.scale_group = task.weights.scale_group;
    }
    descriptor.second = 1u << 28;
    descriptor.output = 1u << 29;
    return descriptor;
  }

  using Words = std::array<std::uint32_t, GemmDescriptor::words>;

  /// Starts a program of descriptors; it runs with simulated time.
  void start(const std::vector<Words>& program) {
    std::uint64_t address = ANDA_INSTRUCTION_MEMORY;
    for (const Words& words : program) {
      for (const std::uint32_t word : words) {
        write(address, word);
        address += 4;
      }
    }
    write(ANDA_REG_DESCRIPTOR_COUNT, static_cast<std::uint32_t>(program.size()));
    write(ANDA_REG_CONTROL, ANDA_CONTROL_START);
  }
  template <class Descriptor>
  void start(const Descriptor& descriptor) {
    start(std::vector<Words>{descriptor.encode()});
  }

  /// Runs a program to its end; returns the increase of every counter.
  Result run(const std::vector<Words>& program) {
    const auto before = counters_.values();
    start(program);
    sc_core::sc_start();
    memory_checker.finish();
    const auto after = counters_.values();
    Result result;
    for (std::size_t i = 0; i < before.size(); ++i) result[counters_.list()[i].name] = after[i] - before[i];
    return result;
  }
  template <class Descriptor>
  Result run(const Descriptor& descriptor) {
    return run(std::vector<Words>{descriptor.encode()});
  }
  Result run(const VectorTask& task) { return run(descriptor(task)); }
  Result run(const GemmTask& task, const StepShape& step) { return run(descriptor(task, step)); }
  Result run(const GemmTask& task, Tiling tiling) { return run(task, choose_step(tiling, accelerator.config(), task)); }

 protected:
  Counters counters_;

 private:
  void debug(tlm::tlm_command command, std::uint64_t address, std::vector<std::uint8_t>& bytes) {
    const auto length = static_cast<unsigned int>(bytes.size());
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(bytes.data());
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    if (accelerator.memory->transport_dbg(payload) != length) throw Error::run("memory refused debug access");
  }
};

/// An accelerator with a DRAM.
class Machine : public AcceleratorBench {
 public:
  Dram dram;

  explicit Machine(const AcceleratorConfig& config, const DramConfig& memory = {},
                   sc_core::sc_module_name name = sc_core::sc_gen_unique_name("machine"),
                   const AcceleratorBlocks& blocks = {})
      : AcceleratorBench(name, config, blocks), dram("dram", memory) {
    memory_checker.initiator.bind(dram.socket);
    counters_.add(dram.counters());
  }
};

/// Total stall cycles of a result.
inline std::uint64_t stalls(const AcceleratorBench::Result& result) {
  std::uint64_t sum = 0;
  for (const auto& [name, value] : result) {
    if (name.rfind("stall.", 0) == 0) sum += value;
  }
  return sum;
}

inline AcceleratorConfig machine_of(PeKind kind) {
  AcceleratorConfig config;
  config.mxu.processing_element = kind;
  return config;
}

}  // namespace anda::test

#endif
