// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_RTL_RTL_TEST_H
#define ANDA_TESTS_RTL_RTL_TEST_H

#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <anda/numeric/fp16.h>

namespace rtl_test {

inline std::uint32_t bits_of(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline float float_of(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline bool is_nan(std::uint32_t bits) { return (bits & 0x7FFFFFFFu) > 0x7F800000u; }

/// The bits of a NaN are the processor's; the hardware has one.
inline bool same_single(std::uint32_t hardware, float expected) {
  return std::isnan(expected) ? hardware == 0x7FC00000u : hardware == bits_of(expected);
}

/// Comparisons, counted by what was compared; the first mismatches are printed.
class Checks {
 public:
  class Count {
   public:
    explicit Count(std::string name) : name_(std::move(name)) {}

    /// `finite`: whether the expected value is a finite number; infinities prove little.
    void check(bool same, bool finite, const std::string& what) {
      ++rows_;
      finite_ += finite ? 1 : 0;
      if (same) return;
      if (++mismatches_ <= 3) std::printf("%s, row %" PRIu64 ": %s\n", name_.c_str(), rows_, what.c_str());
    }

   private:
    friend class Checks;
    std::string name_;
    std::uint64_t rows_ = 0;
    std::uint64_t finite_ = 0;
    std::uint64_t mismatches_ = 0;
  };

  Count& of(const std::string& name) {
    for (Count& count : counts_) {
      if (count.name_ == name) return count;
    }
    counts_.emplace_back(name);
    return counts_.back();
  }

  /// Exit status: 0 if each had `rows` at least, mostly finite, and none mismatched.
  int finish(std::uint64_t rows) const {
    bool good = !counts_.empty();
    for (const Count& count : counts_) {
      std::printf("%-24s %9" PRIu64 " rows, %5.1f %% finite, %" PRIu64 " mismatches\n", count.name_.c_str(),
                  count.rows_, 100.0 * static_cast<double>(count.finite_) / static_cast<double>(count.rows_),
                  count.mismatches_);
      good = good && count.mismatches_ == 0 && count.rows_ >= rows && count.finite_ * 10 >= count.rows_ * 8;
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  std::vector<Count> counts_;
};

inline std::string hex(std::uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "%" PRIx64, value);
  return text;
}

/// Random numbers in the shapes that go wrong: whole ranges, narrow ones, ends, subnormals, a wide spread of exponents.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : random_(seed) {}

  std::uint64_t bits() { return random_(); }
  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

  /// A finite FP16 number of exponent field `low` … `high`.
  anda::Fp16 half(std::uint32_t low, std::uint32_t high) {
    const std::uint32_t exponent = low + below(high - low + 1);
    return {static_cast<std::uint16_t>((below(2) << 15) | (exponent << 10) | below(1024))};
  }

  enum Kind { anything, like_activations, subnormal, largest, one_sign, spread, short_fractions, kinds };

  /// `count` activations. Most rows stay below 2^5, where sums of 64 products of theirs are finite in FP16 as well.
  std::vector<anda::Fp16> row(Kind kind, std::size_t count) {
    std::vector<anda::Fp16> values(count);
    const std::uint32_t high = one_in(8) ? 30 : 19;
    const std::uint32_t low = below(high);
    const auto one = static_cast<std::uint16_t>(below(2) << 15);
    for (anda::Fp16& value : values) {
      switch (kind) {
        case anything:
          value = half(0, high);
          break;
        case like_activations:
          value = half(9, 16);
          break;
        case subnormal:
          value = half(0, 1 + below(2));
          break;
        case largest:
          value = {static_cast<std::uint16_t>(below(2) << 15 | high << 10 | 0x3FF)};
          break;
        case one_sign:
          value = {static_cast<std::uint16_t>(one | (low << 10) | (1020 + below(4)))};
          break;
        case spread:
          value = one_in(16) ? half(low, std::min(low + 3, high)) : half(0, low);
          break;
        case short_fractions:
          value = {static_cast<std::uint16_t>(half(low / 2, low).bits & 0xFF80)};
          break;
        case kinds:
          break;
      }
      if (one_in(16)) value = {static_cast<std::uint16_t>(value.bits & 0x8000)};  // ±0
    }
    return values;
  }

 private:
  std::mt19937_64 random_;
};

/// Number of random rows: ROWS=... in the environment for a longer run.
inline std::uint64_t rows(std::uint64_t usual) {
  const char* const text = std::getenv("ROWS");
  return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

}  // namespace rtl_test

#endif
