// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_ACCUMULATOR_PORT_H
#define ANDA_MXU_ACCUMULATOR_PORT_H

#include <cstdint>
#include <systemc>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// Level cycle: the wires between the accumulators and the vector unit, which drains the oldest full bank.
class AccumulatorPort : public virtual sc_core::sc_interface {
 public:
  /// Valid: a bank holds the sums of a complete tile.
  virtual bool holds_results() const = 0;
  /// The tile of these sums, and how many of them are left.
  virtual const ArrayTile& tile() const = 0;
  virtual std::uint64_t left() const = 0;
  /// Ready: the vector unit takes `values` sums in this cycle.
  virtual void take(std::uint64_t values, std::uint64_t cycle) = 0;
};

}  // namespace anda

#endif
