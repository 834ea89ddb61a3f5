// SPDX-License-Identifier: Apache-2.0
#include <anda/vector_unit/vector_unit.h>

namespace anda {

VectorUnit::VectorUnit(sc_core::sc_module_name name, const VectorUnitConfig& config)
    : sc_module(name), config_(config) {
  counters_.add("vector_unit.values", "values", "results that left the accumulators through the vector unit", values_);
}

}  // namespace anda
