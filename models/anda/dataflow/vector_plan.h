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

/// A part of a vector operation whose operands and results fill one half of the activation buffer.
struct VectorStep {
  std::uint64_t index = 0;
  std::uint32_t half = 0;
  std::vector<Transfer> loads;
  std::optional<Transfer> store;  ///< none where further parts add to the result
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;       ///< of the result or, of a part that only reads, of x
  std::uint64_t first_row = 0;     ///< in the operation
  std::uint64_t first_column = 0;  ///< in the operation
  std::uint32_t reading = 0;       ///< of the rows from memory, from 0: reductions of rows that do not fit read again
  bool last_reading = true;
  std::uint64_t macs = 0;  ///< `multiply`
};

/// Everything that one vector operation moves and computes, in order. Pure data.
///
/// Rows are taken a panel of the array's height at a time. A panel that fits into half of the activation buffer with
/// its results is read from memory once. The columns of a wider one are cut; an operation that reduces rows then reads
/// it once for each of its passes. A product keeps the results of some columns, while x and the second operand pass by
/// in parts along k: the second operand comes again for every panel, x for every such group of columns.
class VectorPlan {
 public:
  /// `passes`: of the operation over its rows (vector_passes.h). Throws Error (input) unless it fits().
  VectorPlan(const VectorTask& task, const GemmAddresses& addresses, const MachineShape& machine, std::uint32_t passes);

  /// Whether half of the activation buffer holds the narrowest part.
  static bool fits(const VectorTask& task, const MachineShape& machine);

  /// Puts the next step into `step`; false after the last.
  bool next(VectorStep& step);

  const VectorTask& task() const { return task_; }
  /// Whether whole rows stay in the buffer, so that memory is read once.
  bool rows_fit() const { return readings_ == 1; }
  std::uint64_t steps() const { return panels_ * readings_ * parts_; }
  /// Columns of the result that a step holds; of a product, also of a panel of the second operand in memory. The last
  /// may have fewer.
  std::uint64_t part_columns() const { return part_; }
  /// Columns of a block of results, which the compressor takes together.
  std::uint64_t block_columns() const { return block_columns_; }
  /// Where the results of a step lie in the buffer, in blocks one after another.
  std::uint64_t result_address(const VectorStep& step) const;
  std::uint64_t result_bytes(std::uint64_t rows, std::uint64_t columns) const;
  BufferWords result_words(std::uint64_t rows, std::uint64_t columns) const;
  /// Words of the operands of a step in the buffer, read once.
  BufferWords operand_words(const VectorStep& step) const;

  /// Bytes of the operation in external memory: x, second operand, result.
  static std::uint64_t input_bytes(const VectorTask& task);
  static std::uint64_t second_bytes(const VectorTask& task);
  static std::uint64_t output_bytes(const VectorTask& task, std::uint32_t panel);

 private:
  /// `multiply`: of a row of x.
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
  std::uint64_t parts_ = 1;        // of a panel
  std::uint64_t depth_parts_ = 1;  // `multiply`: of the columns of a part, along k
  std::uint32_t passes_ = 1;
  std::uint32_t readings_ = 1;
  std::uint64_t block_columns_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace anda

#endif
