// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FP16_H
#define ANDA_NUMERIC_FP16_H

#include <cstdint>

namespace anda {

/// An IEEE 754 binary16 number, held as its bits: 1 sign, 5 exponent (bias 15), 10 fraction. A distinct type, so that
/// halves and integers cannot be mixed up.
struct Fp16 {
  std::uint16_t bits = 0;

  constexpr bool negative() const { return (bits & 0x8000u) != 0; }
  /// Biased exponent e, 0 … 31.
  constexpr std::uint32_t exponent() const { return (bits >> 10) & 0x1Fu; }
  /// Fraction f, 0 … 1023.
  constexpr std::uint32_t fraction() const { return bits & 0x3FFu; }
  /// S = f + 1024·[e ≠ 0], 11 bits; a finite number is (−1)^s · S · 2^(E − 25).
  constexpr std::uint32_t significand() const { return fraction() + (exponent() != 0 ? 1024u : 0u); }
  /// E = max(e, 1), which makes subnormals no special case.
  constexpr std::uint32_t effective_exponent() const { return exponent() != 0 ? exponent() : 1u; }

  constexpr bool is_finite() const { return exponent() != 31; }
  constexpr bool is_infinite() const { return exponent() == 31 && fraction() == 0; }
  constexpr bool is_nan() const { return exponent() == 31 && fraction() != 0; }
};

/// Compares bit patterns: +0 and −0 differ, and a NaN equals itself.
constexpr bool operator==(Fp16 a, Fp16 b) { return a.bits == b.bits; }
constexpr bool operator!=(Fp16 a, Fp16 b) { return !(a == b); }

inline constexpr Fp16 fp16_max{0x7BFF};  ///< 65504, the largest finite number
inline constexpr Fp16 fp16_infinity{0x7C00};
inline constexpr Fp16 fp16_nan{0x7E00};

/// Rounds to nearest, ties to even, in one step; keeps subnormals; 65520 and above become infinity. Floats are
/// accepted, as they convert to double exactly. Every NaN becomes `fp16_nan`, because the sign and payload of a
/// computed NaN differ between processors.
Fp16 to_fp16(double value);

/// Converts exactly, except that every NaN becomes the quiet NaN of float.
float to_float(Fp16 value);

}  // namespace anda

#endif
