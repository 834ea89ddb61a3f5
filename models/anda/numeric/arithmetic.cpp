// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/arithmetic.h>

#include <algorithm>

namespace anda {

std::uint64_t Arithmetic::zeroed(const Fp16*, std::size_t) const { return 0; }

ActivationPanel PlaneArithmetic::activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                                             const ActivationFormat& format, NonFiniteCounts&) const {
  return {bytes, rows, k, format, simd()};
}

WeightPanel PlaneArithmetic::weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns,
                                     const WeightFormat& format) const {
  return {bytes, k, columns, format, WeightPanel::Kind::integer, group_size_};
}

ActivationPanel AlignedArithmetic::activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                                               const ActivationFormat&, NonFiniteCounts& replaced) const {
  return ActivationPanel::aligned(bytes, rows, k, format_, replaced, simd());
}

WeightPanel AlignedArithmetic::weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns,
                                       const WeightFormat& format) const {
  return {bytes, k, columns, format, WeightPanel::Kind::integer, format_.group_size};
}

std::uint64_t AlignedArithmetic::zeroed(const Fp16* values, std::size_t k) const {
  std::uint64_t count = 0;
  for (std::size_t first = 0; first < k; first += format_.group_size) {
    const std::size_t size = std::min<std::size_t>(format_.group_size, k - first);
    const std::uint32_t shared = shared_exponent(values + first, size);
    for (std::size_t i = first; i < first + size; ++i) {
      const std::uint32_t significand = values[i].significand();
      const std::uint32_t difference = shared - values[i].effective_exponent();
      if (significand != 0 && aligned_mantissa(significand, format_.mantissa_bits, difference) == 0) ++count;
    }
  }
  return count;
}

ActivationPanel FloatArithmetic::activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                                             const ActivationFormat& format, NonFiniteCounts&) const {
  return {bytes, rows, k, format, simd()};
}

WeightPanel FloatArithmetic::weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns,
                                     const WeightFormat& format) const {
  return {bytes, k, columns, format, kind_, 0};
}

}  // namespace anda
