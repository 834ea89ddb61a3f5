// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_VECTOR_PLAN_H
#define ANDA_DATAFLOW_VECTOR_PLAN_H

#include <cstdint>
#include <optional>
#include <vector>

#include <anda/dataflow/gemm_task.h>
#include <anda/dataflow/geometry.h>
#include <anda/dataflow/machine_shape.h>
#include <anda/dataflow/operand_layout.h>
#include <anda/dataflow/step_plan.h>
#include <anda/dataflow/vector_task.h>

namespace anda {

/// Part of a vector operation whose operands and results fill one half of the activation buffer.
struct VectorStep {
  std::uint64_t index = 0;
  std::uint32_t half = 0;
  std::vector<Transfer> loads;
  std::optional<Transfer> store;  ///< none if the part only reads, or if later parts add to its result
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;       ///< of the result, or of x in a part that only reads
  std::uint64_t first_row = 0;     ///< in the operation
  std::uint64_t first_column = 0;  ///< in the operation
  std::uint32_t reading = 0;  ///< index of this reading of the rows; reductions of rows that do not fit read repeatedly
  bool last_reading = true;
  std::uint64_t macs = 0;  ///< `multiply`
};

/// Everything that one vector operation transfers and computes, in order. Pure data.
///
/// Rows are processed in panels of the array's height. A panel that fits in half of the activation buffer together with
/// its results is read from memory once. A wider panel is divided into parts along its columns; an operation that
/// reduces rows then reads the panel once for each of its passes. `multiply` keeps the results of some columns
/// stationary while x and the second operand stream past in parts along k: it reads the second operand once per panel,
/// and x once per such group of columns.
class VectorPlan {
 public:
  /// `passes`: number of passes of the operation over its rows (vector_passes.h). Throws Error (input) unless fits().
  VectorPlan(const VectorTask& task, const GemmAddresses& addresses, const MachineShape& machine, std::uint32_t passes);

  /// Whether the narrowest part fits in half of the activation buffer.
  static bool fits(const VectorTask& task, const MachineShape& machine);

  /// Stores the next step in `step`; returns false after the last.
  bool next(VectorStep& step);

  const VectorTask& task() const { return task_; }
  /// Whether every part is read from memory in a single reading.
  bool rows_fit() const { return readings_ == 1; }
  std::uint64_t steps() const { return panels_ * readings_ * parts_; }
  /// Result columns of a step, and for `multiply` of a panel of the second operand in memory; the last may have fewer.
  std::uint64_t part_columns() const { return part_; }
  /// Columns of a result block, which the compressor processes together.
  std::uint64_t block_columns() const { return block_columns_; }
  /// Address of a step's results in the buffer, where they are stored as consecutive blocks.
  std::uint64_t result_address(const VectorStep& step) const;
  std::uint64_t result_bytes(std::uint64_t rows, std::uint64_t columns) const;
  BufferWords result_words(std::uint64_t rows, std::uint64_t columns) const;
  /// Buffer words of a step's operands, each counted once.
  BufferWords operand_words(const VectorStep& step) const;

  /// Bytes of x, the second operand and the result in external memory.
  static std::uint64_t input_bytes(const VectorTask& task);
  static std::uint64_t second_bytes(const VectorTask& task);
  static std::uint64_t output_bytes(const VectorTask& task, std::uint32_t panel);

 private:
  /// `multiply`: bytes of a row of x.
  std::uint64_t row_bytes() const { return std::uint64_t{task_.depth} * 2; }
  std::uint64_t bytes_of_part(std::uint64_t columns) const;
  std::uint64_t narrowest() const;
  void cut(std::uint64_t half_bytes);
  VectorPlan(const VectorTask& task, const MachineShape& machine);
  void add_loads(VectorStep& step) const;
  Transfer load(const VectorStep& step, MemoryRun run, std::uint64_t offset) const;
  Transfer store_of(const VectorStep& step) const;

  VectorTask task_;
  GemmAddresses addresses_;
  Geometry geometry_;
  std::uint64_t panels_ = 0;
  std::uint64_t part_ = 0;         // columns of a part
  std::uint64_t parts_ = 1;        // parts per panel
  std::uint64_t depth_parts_ = 1;  // `multiply`: parts along k per group of columns
  std::uint32_t passes_ = 1;
  std::uint32_t readings_ = 1;
  std::uint64_t block_columns_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace anda

#endif
