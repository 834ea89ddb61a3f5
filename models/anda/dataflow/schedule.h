// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_SCHEDULE_H
#define ANDA_DATAFLOW_SCHEDULE_H

#include <array>
#include <cstdint>

#include <anda/base/math.h>
#include <anda/dataflow/gemm_task.h>

namespace anda {

/// A dimension divided into steps of equal size, of which the last may be ragged.
struct TiledAxis {
  std::uint64_t size = 0;
  std::uint64_t step = 0;
  std::uint64_t count = 0;

  TiledAxis(std::uint64_t size_, std::uint64_t step_) : size(size_), step(step_), count(ceil_div(size_, step_)) {}

  /// Extent of the last step (last = true) or of any other.
  std::uint64_t extent(bool last) const { return last ? size - (count - 1) * step : step; }
};

/// Bytes transferred between external memory and the buffers.
struct Traffic {
  std::uint64_t activation_bytes = 0;
  std::uint64_t weight_bytes = 0;
  std::uint64_t partial_sum_read_bytes = 0;
  std::uint64_t partial_sum_write_bytes = 0;
  std::uint64_t output_bytes = 0;

  std::uint64_t read_bytes() const { return activation_bytes + weight_bytes + partial_sum_read_bytes; }
  std::uint64_t write_bytes() const { return partial_sum_write_bytes + output_bytes; }
  std::uint64_t total_bytes() const { return read_bytes() + write_bytes(); }
};

/// The steps of a GeMM in execution order. A step loads an operand only if it differs from that of the previous step.
/// Partial sums of a split k leave the chip only if other steps run between two parts of a sum.
class Schedule {
 public:
  struct Step {
    std::uint32_t m = 0;  ///< index of the step along each axis
    std::uint32_t n = 0;
    std::uint32_t k = 0;
    bool last_m = false;
    bool last_n = false;
    bool last_k = false;
    bool load_activations = false;
    bool load_weights = false;
    bool load_partial_sums = false;
    bool store_partial_sums = false;
    bool store_outputs = false;
  };

  Schedule(const GemmTask& task, const StepShape& shape);

  /// Stores the next step in `step`; returns false after the last.
  bool next(Step& step);

  /// Whether partial sums are stored to memory and loaded again.
  bool spills() const { return spills_; }

  std::uint64_t steps() const { return m_.count * n_.count * k_.count; }
  const TiledAxis& m() const { return m_; }
  const TiledAxis& n() const { return n_; }
  const TiledAxis& k() const { return k_; }

  /// Bytes that the whole schedule transfers, in closed form. `row_panel` and `column_panel` are the panel widths of
  /// activations and weights (rows and columns of the array).
  Traffic traffic(const GemmTask& task, std::uint32_t row_panel, std::uint32_t column_panel) const;

 private:
  bool advance();

  TiledAxis m_;
  TiledAxis n_;
  TiledAxis k_;
  LoopOrder order_;
  bool spills_ = false;
  bool started_ = false;
  bool ended_ = false;
  /// Position of the latest step along an axis.
  struct Place {
    std::uint32_t index = 0;
    std::uint32_t count = 1;
    bool moved = true;  ///< whether the index changed with the latest step
  };
  Place at_m_;
  Place at_n_;
  Place at_k_;
  std::array<Place Schedule::*, 3> loops_{};  // outermost first
};

}  // namespace anda

#endif
