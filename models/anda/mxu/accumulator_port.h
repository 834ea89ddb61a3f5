// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_ACCUMULATOR_PORT_H
#define ANDA_MXU_ACCUMULATOR_PORT_H

#include <cstdint>
#include <systemc>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// Level cycle: the wires between the accumulators and the vector unit, which takes the sums of the oldest full bank.
class AccumulatorPort : public virtual sc_core::sc_interface {
 public:
  /// Valid: a bank holds the sums of a whole tile.
  virtual bool holds_results() const = 0;
  /// The tile that they are of, and how many are left.
  virtual const ArrayTile& tile() const = 0;
  virtual std::uint64_t left() const = 0;
  /// Ready: takes some of them in a cycle.
  virtual void take(std::uint64_t values, std::uint64_t cycle) = 0;
};

}  // namespace anda

#endif
