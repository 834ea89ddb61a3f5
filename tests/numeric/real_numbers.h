// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_NUMERIC_REAL_NUMBERS_H
#define ANDA_TESTS_NUMERIC_REAL_NUMBERS_H

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <anda/numeric/fp16.h>

// The arithmetic a second time, in real numbers (double, ldexp, floor) where the library shifts bits. Nothing here
// calls the library; only the type Fp16 is shared.

namespace reference {

/// Value of a finite FP16 pattern.
inline double value_of(unsigned pattern) {
  const int exponent = static_cast<int>(pattern / 1024 % 32);
  const double fraction = pattern % 1024 / 1024.0;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
  return pattern >= 0x8000 ? -magnitude : magnitude;
}

/// Nearest FP16 pattern of a number, by looking for its two neighbours among all patterns: the patterns of positive
/// numbers are in the order of their values, and 0x7C00 stands where 65536 would.
inline unsigned nearest_pattern(double value) {
  const unsigned sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::fabs(value);
  if (magnitude >= 65536) return sign + 0x7C00;
  unsigned low = 0, high = 0x7C00;  // value_of(low) <= magnitude < value_of(high)
  while (high - low > 1) {
    const unsigned middle = (low + high) / 2;
    (value_of(middle) <= magnitude ? low : high) = middle;
  }
  const double tie = (value_of(low) + (high == 0x7C00 ? 65536 : value_of(high))) / 2;
  if (magnitude < tie) return sign + low;
  if (magnitude > tie) return sign + high;
  return sign + (low % 2 == 0 ? low : high);
}

/// E: the exponent of 2^(E − 15) ≤ |value| < 2^(E − 14), at least 1.
inline int exponent_of(double value) {
  if (value == 0) return 1;
  const int exponent = std::ilogb(value) + 15;
  return exponent < 1 ? 1 : exponent;
}

/// How many units of 2^(exponent − 14 − bits) fit into |value|.
inline double mantissa_of(double value, int bits, int exponent) {
  return std::floor(std::ldexp(std::fabs(value), 14 + bits - exponent));
}

}  // namespace reference

/// Counts disagreements of a loop that is too long for one assertion a step, and keeps the first.
class Mismatches {
 public:
  void check(bool good, const char* what, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
    ++checks_;
    if (good) return;
    if (count_++ == 0) {
      first_ = std::string(what) + " " + std::to_string(a) + " " + std::to_string(b) + " " + std::to_string(c);
    }
  }
  std::uint64_t checks() const { return checks_; }
  /// "" when all were good, so that an assertion prints the first disagreement.
  std::string report() const { return count_ == 0 ? "" : std::to_string(count_) + " mismatches, first: " + first_; }

 private:
  std::uint64_t checks_ = 0;
  std::uint64_t count_ = 0;
  std::string first_;
};

/// Random numbers that are the same with every standard library (its distributions are not).
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t end) { return engine_() % end; }

  /// Any finite pattern.
  anda::Fp16 finite() { return with_exponent(below(31)); }

  /// A finite pattern whose exponent field is in `lowest` … `lowest + span − 1`, or an edge value one time in four.
  anda::Fp16 near(std::uint64_t lowest, std::uint64_t span) {
    static constexpr std::uint16_t edges[] = {0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x83FF, 0x0400, 0x8400,
                                              0x3C00, 0xBC00, 0x7BFF, 0xFBFF, 0x7800, 0x07FF, 0x3BFF, 0x5555};
    if (below(4) == 0) {
      const anda::Fp16 edge{edges[below(16)]};
      if (edge.exponent() < lowest + span) return edge;
    }
    return with_exponent(lowest + below(span));
  }

  std::vector<anda::Fp16> group(std::size_t size) {
    const std::uint64_t span = 1 + below(31);
    const std::uint64_t lowest = below(32 - span);
    std::vector<anda::Fp16> values(size);
    for (anda::Fp16& value : values) value = near(lowest, span);
    return values;
  }

  std::vector<std::int8_t> weights(std::size_t size, std::uint32_t bits) {
    std::vector<std::int8_t> values(size);
    const int end = 1 << (bits - 1);
    for (std::int8_t& value : values) {
      // One in four is the most negative code, which is where two's complement goes wrong.
      value = static_cast<std::int8_t>(below(4) == 0 ? -end : static_cast<int>(engine_() % (2u << (bits - 1))) - end);
    }
    return values;
  }

 private:
  anda::Fp16 with_exponent(std::uint64_t exponent) {
    return anda::Fp16{static_cast<std::uint16_t>((below(2) << 15) + (exponent << 10) + below(1024))};
  }

  std::mt19937_64 engine_;
};

#endif
