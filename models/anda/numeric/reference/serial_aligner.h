// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_SERIAL_ALIGNER_H
#define ANDA_NUMERIC_REFERENCE_SERIAL_ALIGNER_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/fp16.h>
#include <anda/numeric/reference/bit_plane.h>

namespace anda {

/// The aligner of one compressor lane, one plane per step: every element counts down its exponent difference E* − E
/// while emitting 0, then emits its significand MSB first, then 0s. No element is ever shifted by a variable amount,
/// which keeps the hardware small; the planes equal those of aligned_mantissa().
class SerialAligner {
 public:
  /// Loads a group of 8 … 256 finite values; throws Error::input otherwise.
  SerialAligner(const Fp16* values, std::size_t count);

  std::uint32_t shared_exponent() const { return exponent_; }
  const BitPlane& sign() const { return sign_; }

  /// Returns the next mantissa plane, most significant first; all 0 once every bit has been emitted.
  BitPlane step();

  /// Returns the sign plane and the next `mantissa_bits` planes of step().
  PlaneGroup run(std::uint32_t mantissa_bits);

 private:
  struct Element {
    std::uint32_t wait;         // steps until the significand starts
    std::uint32_t significand;  // 11 bits, next bit at the top
  };
  std::vector<Element> elements_;
  std::uint32_t exponent_ = 1;
  BitPlane sign_;
};

}  // namespace anda

#endif
