// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TLM_DATAFLOW_EXTENSION_H
#define ANDA_TLM_DATAFLOW_EXTENSION_H

#include <cstdint>
#include <tlm>
#include <vector>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// Results that come a beat a cycle: the beat (counted from 0 in its tile) that was taken so many cycles late, which
/// made all behind it as late.
struct HoldUp {
  std::uint64_t beat = 0;
  std::uint64_t cycles = 0;
};

/// Accesses that are alike.
struct Repeats {
  std::uint64_t times = 1;
  std::uint64_t period = 0;  ///< cycles from one to the next
  std::uint64_t stride = 0;  ///< bytes from one to the next
  std::uint64_t blocks = 0;  ///< of results from one to the next

  std::uint64_t cycles() const { return (times - 1) * period; }
  std::uint64_t later_blocks() const { return (times - 1) * blocks; }
};

/// What a block of the machine tells its neighbour beside the bytes of an access. Ignorable: a block that does not know
/// it sees plain reads and writes with annotated delays, and one that gets none works by address and length alone.
///
/// Instants are cycles of the operation (Clock). They can lie before sc_time_stamp(), which no annotated delay can
/// express, because the DMA runs ahead; that is why they travel here as well.
struct DataflowExtension : tlm::tlm_extension<DataflowExtension> {
  // Said by the initiator.
  std::uint64_t cycle = 0;                   ///< at which the access starts
  BufferWords words;                         ///< of the buffer that it touches, with all its repeats
  std::uint64_t first_words = 0;             ///< operand reads: data words that come before the array can start on them
  const ArrayTile* tile = nullptr;           ///< results: the tile that they are of …
  const ActivationFormat* format = nullptr;  ///< … and how they are stored
  std::uint64_t values_per_cycle = 0;        ///< results: how fast they come, a beat a cycle
  std::vector<HoldUp>* hold_ups = nullptr;   ///< results: where the target notes the beats that it holds up
  Repeats along_row;        ///< accesses that this one stands for, `cycle` the first: of tiles of a row …
  Repeats rows;             ///< … and of rows of such tiles
  bool moves_data = false;  ///< the data pointer is meant
  bool timed = true;        ///< the instants are meant
  bool counted = true;      ///< the words are meant

  // Answered by the target.
  bool answered = false;
  std::uint64_t arrived = 0;  ///< operand reads: cycle at which the bytes were in the buffer
  std::uint64_t done = 0;     ///< cycle at which the access is complete: first words read, all results taken
  std::uint64_t put_out = 0;  ///< results: cycle at which the vector unit would have put them out, never held up
  std::uint64_t stored = 0;   ///< results: cycle at which they are in the buffer
  bool sink_slower = false;   ///< results: what comes behind the vector unit held it up
  bool repeatable = true;     ///< the same access a period later would see the same state, a period later

  std::uint64_t accesses() const { return along_row.times * rows.times; }
  /// From the first of the accesses to the last.
  std::uint64_t repeat_cycles() const { return along_row.cycles() + rows.cycles(); }

  /// The number of the result block that the last of them is of.
  std::uint64_t last_block() const { return tile->block + along_row.later_blocks() + rows.later_blocks(); }

  tlm_extension_base* clone() const override { return new DataflowExtension(*this); }
  void copy_from(const tlm_extension_base& other) override { *this = static_cast<const DataflowExtension&>(other); }
};

}  // namespace anda

#endif
