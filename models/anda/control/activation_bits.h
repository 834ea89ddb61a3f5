// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROL_ACTIVATION_BITS_H
#define ANDA_CONTROL_ACTIVATION_BITS_H

#include <cstdint>
#include <optional>

#include <anda/control/register_map.h>
#include <anda/mxu/processing_element/processing_element.h>

namespace anda {

// Encoding of activation and result formats in descriptors: INPUT_BITS and OUTPUT_BITS of register_map.h.

inline std::uint32_t activation_bits(const ActivationFormat& format) {
  return format.is_encoded() ? ANDA_OPERAND_FORMAT + format.code : format.mantissa_bits;
}

/// Activation format that INPUT_BITS = `bits` selects on a machine of these elements; std::nullopt if it is not
/// supported. Elements that work on Anda groups require a mantissa length, the others take FP16; both may also support
/// operand formats.
inline std::optional<ActivationFormat> input_format(const ProcessingElement& element, std::uint32_t bits) {
  if (bits > ANDA_OPERAND_FORMAT) {
    const ActivationFormat format = element.encoded_format(bits - ANDA_OPERAND_FORMAT);
    if (!format.is_encoded() || !element.takes(format)) return std::nullopt;
    return format;
  }
  if (element.takes_fp16() ? bits != 0 : bits < 1 || bits > 16) return std::nullopt;
  return element.activation_format(bits);
}

/// The same for OUTPUT_BITS: results can be FP16 (0) or any format that activations can have.
inline std::optional<ActivationFormat> output_format(const ProcessingElement& element, std::uint32_t bits) {
  return bits == 0 ? ActivationFormat{} : input_format(element, bits);
}

/// CAPABILITIES.FORMATS of a machine of these elements, shifted into its field.
inline std::uint32_t formats_capability(const ProcessingElement& element) {
  std::uint32_t bits = 0;
  for (std::uint32_t code = 1; code <= FormatConfig::activation_formats; ++code) {
    if (input_format(element, ANDA_OPERAND_FORMAT + code)) bits |= 1u << (code - 1);
  }
  constexpr auto field = static_cast<std::uint32_t>(ANDA_CAPABILITIES_FORMATS);
  return bits * (field & (~field + 1));
}

}  // namespace anda

#endif
