// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/mxu.h>

#include <anda/base/math.h>

namespace anda {

Mxu::Mxu(sc_core::sc_module_name name, const MxuConfig& config, const FormatConfig& format)
    : sc_module(name), config_(config), element_(make_processing_element(config, format)) {
  counters_.add("mxu.busy_cycles", "cycles", "cycles in which the array computed", total_.busy_cycles);
  counters_.add("mxu.pe_cycles", "cycles", "busy cycles summed over the processing elements that held a result",
                total_.pe_cycles);
  counters_.add("mxu.converted_values", "values",
                "FP16 activations that were converted to a shared exponent when the array read them",
                total_.converted_values);
  counters_.add("mxu.macs", "MACs", "multiply-accumulates of real data, without padding", total_.macs);
}

Mxu::Work Mxu::tile(std::uint64_t rows, std::uint64_t columns, std::uint64_t k, std::uint32_t mantissa_bits) const {
  Work work;
  work.busy_cycles = ceil_div(k, element_->group_elements()) * element_->group_cycles(mantissa_bits);
  work.pe_cycles = work.busy_cycles * rows * columns;
  work.converted_values = element_->converts_at_read() ? k * rows : 0;
  work.macs = k * rows * columns;
  return work;
}

}  // namespace anda
