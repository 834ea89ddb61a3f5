// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_SERIAL_ALIGNER_H
#define ANDA_NUMERIC_REFERENCE_SERIAL_ALIGNER_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/fp16.h>
#include <anda/numeric/reference/bit_plane.h>

namespace anda {

/// The aligner of one compressor lane, a plane a step: every element counts its exponent difference E* − E down
/// and puts out 0 meanwhile, then its significand MSB first, then 0s. No element is ever shifted by a variable
/// amount, which is why the hardware is small; the planes equal those of aligned_mantissa().
class SerialAligner {
 public:
  /// Loads a group of 8 … 256 finite values; Error::input otherwise.
  SerialAligner(const Fp16* values, std::size_t count);

  std::uint32_t shared_exponent() const { return exponent_; }
  const BitPlane& sign() const { return sign_; }

  /// The next mantissa plane, most significant first; all 0 once everything has left.
  BitPlane step();

  /// Sign plane and the next `mantissa_bits` planes, as step() gives them.
  PlaneGroup run(std::uint32_t mantissa_bits);

 private:
  struct Element {
    std::uint32_t wait;         // steps until the significand starts
    std::uint32_t significand;  // 11 bits, the next one on top
  };
  std::vector<Element> elements_;
  std::uint32_t exponent_ = 1;
  BitPlane sign_;
};

}  // namespace anda

#endif
