// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TLM_DATAFLOW_EXTENSION_H
#define ANDA_TLM_DATAFLOW_EXTENSION_H

#include <cstdint>
#include <tlm>
#include <vector>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// A delay among results that come at one beat per cycle: number of the beat, counted from 0 in its tile, and cycles by
/// which it was taken late; all later beats are delayed by as much.
struct HoldUp {
  std::uint64_t beat = 0;
  std::uint64_t cycles = 0;
};

/// A series of equal accesses.
struct Repeats {
  std::uint64_t times = 1;
  std::uint64_t period = 0;  ///< cycles from one to the next
  std::uint64_t stride = 0;  ///< bytes from one to the next
  std::uint64_t blocks = 0;  ///< result blocks from one to the next

  std::uint64_t cycles() const { return (times - 1) * period; }
  std::uint64_t later_blocks() const { return (times - 1) * blocks; }
};

/// Information for a neighbouring block beyond the bytes of an access. Ignorable: a block that does not know the
/// extension sees plain reads and writes with annotated delays, and a block that receives none works from address and
/// length alone.
///
/// Times are cycles of the operation (Clock). Because the DMA runs ahead, they can precede sc_time_stamp(), which no
/// annotated delay can express; the extension therefore carries them as well.
struct DataflowExtension : tlm::tlm_extension<DataflowExtension> {
  // Set by the initiator.
  std::uint64_t cycle = 0;                   ///< cycle at which the access starts
  BufferWords words;                         ///< buffer words touched, including all repeats
  std::uint64_t first_words = 0;             ///< operand reads: data words needed before the array can start
  const ArrayTile* tile = nullptr;           ///< results: their tile …
  const ActivationFormat* format = nullptr;  ///< … and their storage format
  std::uint64_t values_per_cycle = 0;        ///< results: values per beat, one beat per cycle
  std::vector<HoldUp>* hold_ups = nullptr;   ///< results: list in which the target records the beats it holds up
  Repeats along_row;        ///< accesses that this one stands for, the first at `cycle`: tiles of a row …
  Repeats rows;             ///< … and rows of such tiles
  bool moves_data = false;  ///< whether the data pointer is valid
  bool timed = true;        ///< whether the times are valid
  bool counted = true;      ///< whether the words are valid

  // Set by the target.
  bool answered = false;
  std::uint64_t arrived = 0;  ///< operand reads: cycle at which the bytes were in the buffer
  std::uint64_t done = 0;     ///< cycle at which the access is complete: first words read, all results taken
  std::uint64_t put_out = 0;  ///< results: cycle at which the vector unit would have output them without hold-ups
  std::uint64_t stored = 0;   ///< results: cycle at which they are in the buffer
  bool sink_slower = false;   ///< results: the stage behind the vector unit held them up
  bool repeatable = true;     ///< the same access one period later would see the same state, one period later

  std::uint64_t accesses() const { return along_row.times * rows.times; }
  /// Cycles from the first of the accesses to the last.
  std::uint64_t repeat_cycles() const { return along_row.cycles() + rows.cycles(); }

  /// Number of the result block of the last access.
  std::uint64_t last_block() const { return tile->block + along_row.later_blocks() + rows.later_blocks(); }

  tlm_extension_base* clone() const override { return new DataflowExtension(*this); }
  void copy_from(const tlm_extension_base& other) override { *this = static_cast<const DataflowExtension&>(other); }
};

}  // namespace anda

#endif
