// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_MXU_H
#define ANDA_MXU_MXU_H

#include <cstdint>
#include <memory>
#include <systemc>

#include <anda/energy/counters.h>
#include <anda/mxu/mxu_config.h>
#include <anda/mxu/processing_element/processing_element.h>

namespace anda {

/// The output-stationary array of processing elements. Each output tile of rows × columns passes over k one group
/// after another; a group takes the element's cycles, or as long as the buffers' ports need to bring in its operands.
class Mxu : public sc_core::sc_module {
 public:
  /// What a stretch of work does in the array.
  struct Work {
    std::uint64_t busy_cycles = 0;       ///< cycles in which elements compute
    std::uint64_t pe_cycles = 0;         ///< busy cycles summed over the elements that hold a result
    std::uint64_t converted_values = 0;  ///< activations aligned to a shared exponent on their way in
    std::uint64_t macs = 0;              ///< multiply-accumulates of real data, without padding

    Work& operator+=(const Work& other) {
      busy_cycles += other.busy_cycles;
      pe_cycles += other.pe_cycles;
      converted_values += other.converted_values;
      macs += other.macs;
      return *this;
    }
  };

  Mxu(sc_core::sc_module_name name, const MxuConfig& config, const FormatConfig& format);

  /// Work of one output tile of rows × columns over `k` elements.
  Work tile(std::uint64_t rows, std::uint64_t columns, std::uint64_t k, std::uint32_t mantissa_bits) const;

  void count(const Work& work) { total_ += work; }

  const MxuConfig& config() const { return config_; }
  const ProcessingElement& processing_element() const { return *element_; }
  const Counters& counters() const { return counters_; }

 private:
  MxuConfig config_;
  std::unique_ptr<ProcessingElement> element_;
  Work total_;
  Counters counters_;
};

}  // namespace anda

#endif
