// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_FOREIGN_MACHINE_H
#define ANDA_TESTS_MODELS_FOREIGN_MACHINE_H

#include <memory>
#include <systemc>

#include "models/machine.h"

namespace anda::test {

/// An accelerator with a memory that is not part of the library.
template <class Memory>
class ForeignMachine : public AcceleratorBench {
 public:
  Memory memory;

  template <class... Options>
  ForeignMachine(sc_core::sc_module_name name, const AcceleratorConfig& config, const Options&... options)
      : AcceleratorBench(name, config), memory("memory", options...) {
    memory_checker.initiator.bind(memory.socket);
  }
};

template <class Memory, class... Options>
std::unique_ptr<ForeignMachine<Memory>> make_foreign(const AcceleratorConfig& config, const Options&... options) {
  return std::make_unique<ForeignMachine<Memory>>(sc_core::sc_gen_unique_name("foreign"), config, options...);
}

}  // namespace anda::test

#endif
