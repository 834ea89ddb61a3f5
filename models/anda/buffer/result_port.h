// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_RESULT_PORT_H
#define ANDA_BUFFER_RESULT_PORT_H

#include <cstdint>
#include <systemc>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// Level cycle: the wires that bring results into the activation buffer: planes of groups from the compressor, or
/// values from the vector unit. Always ready.
class ResultPort : public virtual sc_core::sc_interface {
 public:
  /// Opens the next block of results, which begins with this tile.
  virtual void open(const ArrayTile& tile, const ActivationFormat& format) = 0;
  /// Takes a plane of one row of a group; plane 0 is the sign plane, which comes with the exponent.
  virtual void plane(std::uint64_t block, std::uint64_t group, std::uint32_t plane) = 0;
  /// Takes values that follow the previous ones without a gap; `last`: later values begin a new word.
  virtual void values(std::uint64_t block, std::uint64_t count, bool last) = 0;
};

/// Passes uncompressed results of a tile, from number `first` on, to the port.
inline void put_values(ResultPort& port, const ArrayTile& tile, std::uint64_t first, std::uint64_t count,
                       const ActivationFormat& format) {
  if (first == 0 && tile.column_of_block == 0) port.open(tile, format);
  // Partial sums of a step, and FP16 results of a row of tiles, are stored without gaps.
  const bool end = first + count == tile.values();
  port.values(tile.block, count, end && (tile.partial_sums_out ? tile.last_of_step : tile.last_of_row));
}

/// Level cycle: the valid/ready wires behind the vector unit, to the block that takes its results.
class ResultSink : public virtual sc_core::sc_interface {
 public:
  /// Starts a GeMM.
  virtual void begin(const StepPlan& plan) = 0;
  /// Offers up to `count` results of a tile from number `first` on, row by row; returns how many were taken. Called
  /// once per clock.
  virtual std::uint64_t accept(const ArrayTile& tile, std::uint64_t first, std::uint64_t count) = 0;
  /// One clock of the sink's own work.
  virtual void tick() = 0;
  /// Whether it holds results.
  virtual bool busy() const = 0;
};

}  // namespace anda

#endif
