// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_COMPRESSOR_BIT_PLANE_COMPRESSOR_H
#define ANDA_COMPRESSOR_BIT_PLANE_COMPRESSOR_H

#include <cstdint>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

#include <anda/base/activity.h>
#include <anda/base/clock.h>
#include <anda/base/clocked_port.h>
#include <anda/base/math.h>
#include <anda/compressor/compressor_block.h>
#include <anda/compressor/compressor_config.h>
#include <anda/compressor/compressor_lanes.h>
#include <anda/compressor/group_intake.h>
#include <anda/energy/counters.h>
#include <anda/numeric/activation_format.h>
#include <anda/numeric/fp16.h>
#include <anda/numeric/non_finite.h>
#include <anda/tlm/dataflow_access.h>

namespace anda {

/// The runtime bit-plane compressor (BPC): converts FP16 results to Anda groups. Each lane converts one group and
/// outputs one plane per cycle, the sign plane first.
///
/// Timing: values_per_cycle values per cycle enter the group registers of two blocks, once a lane has taken the
/// registers' previous groups. A complete group waits for a free lane, which it occupies for one cycle per plane. A
/// block is in the buffer once its last plane is (GroupIntake).
///
/// `in` takes FP16 values of a tile with the dataflow extension. Those of a compressed tile are collected and leave
/// through `out` as a block of Anda groups once it is complete; others (partial sums, FP16 results) pass through
/// unchanged. Without an extension it takes whole blocks of Bridge::rows × group_size values, row by row, and writes
/// their compressed form to the block of the same number; reads, including debug reads, decompress it.
class BitPlaneCompressor : public CompressorBlock {
 public:
  /// Format of blocks of values that come without the dataflow extension.
  struct Bridge {
    ActivationFormat format{8, 64};
    std::uint32_t rows = 1;
  };

  tlm_utils::simple_target_socket<BitPlaneCompressor> in;
  tlm_utils::simple_initiator_socket<BitPlaneCompressor> out;
  sc_core::sc_export<ResultSink> sink;  ///< level cycle: from the vector unit
  ClockedPort<ResultPort> packager;     ///< level cycle: to the buffer

  /// `encodes`: results may be converted to operand formats; such values are counted.
  BitPlaneCompressor(sc_core::sc_module_name name, const CompressorConfig& config, const Clock& clock,
                     const Bridge& bridge, bool encodes = false);
  BitPlaneCompressor(sc_core::sc_module_name name, const CompressorConfig& config, const Clock& clock)
      : BitPlaneCompressor(name, config, clock, Bridge()) {}

  /// Cycles for which `values` results occupy it: its input takes values_per_cycle, each lane one plane of a group per
  /// cycle.
  std::uint64_t cycles(std::uint64_t values, const ActivationFormat& format) const;

  void count(std::uint64_t groups, const ActivationFormat& format) {
    groups_ += groups;
    planes_ += groups * (format.mantissa_bits + 1);
    if (format.is_encoded()) encoded_ += groups * format.group_size;
  }
  // Level cycle.
  void begin_clocks(const StepPlan& plan);
  /// One clock of the lanes.
  void tick();
  const CompressorLanes& lanes() const { return clocked_; }

  /// Groups counted so far.
  std::uint64_t groups() const { return groups_; }

  /// Losses of the last operation, in a functional simulation.
  const DataLosses& losses() const { return losses_; }
  void add_losses(DataLosses& losses) const override;

  /// Shows an observer the span of each step's groups; it must outlive the runs. None by default.
  void observe(ActivityObserver* observer) override { observer_ = observer; }

  const CompressorConfig& config() const { return config_; }
  const Counters& counters() const override { return counters_; }

  tlm::tlm_base_target_socket<>& in_socket() override { return in; }
  tlm::tlm_base_initiator_socket<>& out_socket() override { return out; }

  /// The counter table of a compressor with these counts.
  static Counters table(const std::uint64_t& groups, const std::uint64_t& planes);

 private:
  void begin(const DataflowExtension& said);
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void pass_through(tlm::tlm_generic_payload& payload, DataflowExtension& said);
  void take(tlm::tlm_generic_payload& payload, DataflowExtension& said);
  GroupIntake::Taken take_values(const DataflowExtension& said);
  void put_out_block(std::uint64_t address, DataflowExtension& said);
  void collect(const unsigned char* values, const ArrayTile& tile);
  std::uint8_t* compress(const ArrayTile& tile, const ActivationFormat& format);
  void bridge(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int debug(tlm::tlm_generic_payload& payload);
  template <class Move>
  std::uint64_t convert(tlm::tlm_generic_payload& payload, std::uint64_t blocks, Move move);
  std::uint64_t fp16_bytes() const { return std::uint64_t{bridge_.rows} * bridge_.format.group_size * 2; }

  CompressorConfig config_;
  const Clock& clock_;
  Bridge bridge_;
  DataflowAccess next_;
  std::uint64_t operation_ = 0;  // operation that the lanes work for
  GroupIntake intake_;
  CompressorLanes clocked_;
  ActivationFormat clocked_format_;
  std::vector<Fp16> registers_;  // one block: rows × columns
  std::vector<std::uint8_t> block_;
  DataLosses losses_;  // of the last operation
  ActivityObserver* observer_ = nullptr;
  StretchOfWork shown_;
  std::uint64_t groups_ = 0;
  std::uint64_t planes_ = 0;
  std::uint64_t encoded_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
