// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_RESULT_WRITER_H
#define ANDA_BUFFER_RESULT_WRITER_H

#include <cstdint>
#include <deque>
#include <vector>

#include <anda/buffer/buffer_config.h>
#include <anda/buffer/result_port.h>
#include <anda/dataflow/geometry.h>

namespace anda {

/// Level cycle: packs results into words of the activation buffer: bit planes of a row of tiles side by side, or FP16
/// and FP32 values one after another. The DMA may fetch a block of results once its last word is written.
class ResultWriter : public ResultPort, public ResultSink {
 public:
  /// `written`: incremented by the words written.
  ResultWriter(const ActivationBufferConfig& config, BufferWords& written) : config_(config), written_(written) {}

  void begin();

  // Wires from the compressor.
  void open(const ArrayTile& tile, const ActivationFormat& format) override;
  void plane(std::uint64_t block, std::uint64_t group, std::uint32_t plane) override;
  void values(std::uint64_t block, std::uint64_t count, bool last) override;

  // Wires from a vector unit without a compressor.
  void begin(const StepPlan& plan) override { format_ = plan.task().output; }
  std::uint64_t accept(const ArrayTile& tile, std::uint64_t first, std::uint64_t count) override {
    put_values(*this, tile, first, count, format_);
    return count;
  }
  void tick() override {}
  bool busy() const override { return false; }

  /// Number of complete blocks since the start of the GeMM.
  const std::uint64_t& complete() const { return complete_; }

 private:
  struct Block {
    std::uint64_t rows = 0;
    std::uint64_t left = 0;  ///< planes of a row, or values, still missing
    std::uint32_t planes = 0;
    std::uint32_t group_size = 0;
    std::uint32_t shared_bits = 0;
    bool packed = false;  ///< the elements of a group are written once all have arrived
    std::uint32_t value_bits = 0;
    std::vector<std::uint64_t> rows_of_plane;  ///< rows that have arrived, [group][plane]
  };

  void close();

  const ActivationBufferConfig& config_;
  BufferWords& written_;
  ActivationFormat format_;
  std::deque<Block> blocks_;
  std::uint64_t complete_ = 0;
  std::uint64_t bits_ = 0;  ///< bits in an incomplete word of values
};

}  // namespace anda

#endif
