// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_RESULT_PORT_H
#define ANDA_BUFFER_RESULT_PORT_H

#include <cstdint>
#include <systemc>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// Level cycle: the wires by which results come into the activation buffer: planes of groups from the compressor, or
/// values from the vector unit. Always ready.
class ResultPort : public virtual sc_core::sc_interface {
 public:
  /// The next block of results is the one that this tile begins.
  virtual void open(const ArrayTile& tile, const ActivationFormat& format) = 0;
  /// The plane of one row of a group; plane 0 is the sign plane, with which the exponent comes.
  virtual void plane(std::uint64_t block, std::uint64_t group, std::uint32_t plane) = 0;
  /// Values that follow those before them without gaps; `last`: the values after them begin a word of their own.
  virtual void values(std::uint64_t block, std::uint64_t count, bool last) = 0;
};

/// Passes results of a tile that are not compressed, from number `first` on, to the port.
inline void put_values(ResultPort& port, const ArrayTile& tile, std::uint64_t first, std::uint64_t count,
                       const ActivationFormat& format) {
  if (first == 0 && tile.column_of_block == 0) port.open(tile, format);
  // Partial sums of a step, and FP16 results of a row of tiles, follow each other without gaps.
  const bool end = first + count == tile.values();
  port.values(tile.block, count, end && (tile.partial_sums_out ? tile.last_of_step : tile.last_of_row));
}

/// Level cycle: the wires behind the vector unit, valid/ready: what takes its results.
class ResultSink : public virtual sc_core::sc_interface {
 public:
  /// A GeMM starts.
  virtual void begin(const StepPlan& plan) = 0;
  /// Offers results of a tile from number `first` on, row by row, `count` at most; returns how many were taken. Once a
  /// clock.
  virtual std::uint64_t accept(const ArrayTile& tile, std::uint64_t first, std::uint64_t count) = 0;
  /// One clock of what the sink does by itself.
  virtual void tick() = 0;
  /// Whether results are in it.
  virtual bool busy() const = 0;
};

}  // namespace anda

#endif
