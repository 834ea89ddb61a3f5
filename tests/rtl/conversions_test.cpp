// SPDX-License-Identifier: Apache-2.0
// The roundings, products and conversions of the RTL against the numeric library, bit for bit.
#include <Vconversions_bench.h>
#include <anda/numeric/group_format.h>
#include <anda/numeric/non_finite.h>
#include <anda/numeric/reference/weight_column.h>
#include <anda/numeric/rounding.h>

#include <algorithm>

#include "rtl_test.h"

using namespace rtl_test;

namespace {

/// FP32 bits: any, near one exponent (so that sums cancel), subnormal, or one of the special values.
std::uint32_t any_single(Numbers& random, std::uint32_t near) {
  const auto bits = static_cast<std::uint32_t>(random.bits());
  switch (random.below(8)) {
    case 0:
      return bits;
    case 1:
      return (bits & 0x807FFFFFu) | (random.below(3) << 23);
    case 2:
      return (bits & 0x80000000u) | 0x7F000000u | random.below(1u << 24);
    case 3:
      return (bits & 0x80000000u) | (near << 23) | (random.below(8) << 20);
    case 4:
      return (bits & 0x80000000u) | ((near + random.below(27)) % 255 << 23);
    default:
      return (bits & 0x807FFFFFu) | ((near + random.below(3)) % 255 << 23);
  }
}

/// Near FP16's roundings: its numbers, halfway between two, and next to that.
std::uint32_t near_half(Numbers& random) {
  const anda::Fp16 half{static_cast<std::uint16_t>(random.bits())};
  const std::uint32_t bits = bits_of(anda::to_float(half));
  const std::uint32_t middle = random.one_in(2) ? 0x1000u : 0u;
  return bits + middle + random.below(3) - 1;
}

struct Bench {
  Vconversions_bench dut;
  Checks checks;
  Numbers random{20240711};

  void single(const char* name, std::uint32_t got, float expected) {
    checks.of(name).check(same_single(got, expected), std::isfinite(expected),
                          "a " + hex(dut.a) + " b " + hex(dut.b) + ": " + hex(got) + ", not " + hex(bits_of(expected)));
  }
  void half(const char* name, std::uint32_t got, anda::Fp16 expected) {
    checks.of(name).check(got == expected.bits, expected.is_finite(),
                          "a " + hex(dut.a) + " b " + hex(dut.b) + " dot " + hex(dut.dot) + " E* " + hex(dut.shared) +
                              " M " + hex(dut.mantissa_bits) + ": " + hex(got) + ", not " + hex(expected.bits));
  }

  void sums() {
    const std::uint32_t near = random.below(255);
    dut.a = any_single(random, near);
    dut.b = any_single(random, near);
    if (random.one_in(64)) dut.b = dut.a ^ 0x80000000u;
    if (random.one_in(64)) {  // infinities of both signs meet
      dut.a = 0x7F800000u | random.below(2) << 31;
      dut.b = 0x7F800000u | random.below(2) << 31;
    }
    dut.eval();
    const float expected = float_of(dut.a) + float_of(dut.b);
    single("fp32_add", dut.sum, expected);
  }

  void roundings() {
    anda::OverflowCounts overflows;
    dut.a = random.one_in(4) ? any_single(random, 100 + random.below(46)) : near_half(random);
    dut.eval();
    const float value = float_of(dut.a);
    half("fp32_to_fp16", dut.half, anda::round_output(value, overflows));
  }

  /// Short dot products, so that ties come about, and long ones, at exponents at which v is finite more often than not.
  void dots() {
    const std::uint32_t kept = 1 + random.below(34);
    const std::int64_t sign = random.one_in(2) ? 1 : -1;
    const auto size =
        static_cast<std::int64_t>((random.bits() & ((std::uint64_t{1} << kept) - 1)) << random.below(35 - kept));
    dut.mantissa_bits = 1 + random.below(24);
    dut.shared = 1 + random.below(30);
    // |v| < 2^(digits + E* − 14 − M), which is finite up to 2^16.
    const auto digits = static_cast<std::uint32_t>(std::ilogb(static_cast<double>(size) + 0.5) + 1);
    if (!random.one_in(8)) {
      const std::uint32_t room = 30u + dut.mantissa_bits - std::min(digits, 29u + dut.mantissa_bits);
      dut.shared = std::min<std::uint32_t>(dut.shared, room);
    }
    const auto check = [&](const char* name, std::int64_t dot, const std::uint16_t& got) {
      anda::OverflowCounts overflows;
      dut.dot = static_cast<std::uint64_t>(dot);
      dut.eval();
      const float v = anda::scaled_dot(dot, dut.shared, dut.mantissa_bits, anda::DotFormat::fp16, overflows);
      half(name, got, anda::to_fp16(v));
    };
    check("int_to_fp16, 26 bits", sign * (size % (1 << 25)), dut.half_of_dot);
    check("int_to_fp16, 34 bits", sign * (size % (std::int64_t{1} << 33)), dut.half_of_long_dot);
  }

  /// Zeros and infinities often enough that they meet.
  anda::Fp16 any_half() {
    const auto sign = static_cast<std::uint16_t>(random.below(2) << 15);
    switch (random.below(64)) {
      case 0:
        return {static_cast<std::uint16_t>(random.bits() | 0x7C00)};
      case 1:
        return {static_cast<std::uint16_t>(sign | 0x7C00)};
      case 2:
      case 3:
        return {sign};
      default:
        return random.half(0, 30);
    }
  }

  void products() {
    const anda::Fp16 a = any_half();
    const anda::Fp16 b = any_half();
    dut.a = a.bits;
    dut.b = b.bits;
    dut.eval();
    single("fp16_multiply", dut.product, anda::to_float(a) * anda::to_float(b));
    const auto code = [&](std::uint32_t bits) {
      const auto top = static_cast<std::int32_t>(std::uint32_t{b.bits} << (32 - bits));
      return static_cast<std::int8_t>(top >> (32 - bits));
    };
    single("fp16_multiply_int, 4", dut.product_of_int4, anda::to_float(a) * static_cast<float>(code(4)));
    single("fp16_multiply_int, 8", dut.product_of_int8, anda::to_float(a) * static_cast<float>(code(8)));
    half("finite_fp16", dut.finite, finite(a));
    anda::WeightColumn column;
    column.format = {4, 8};
    column.values = {code(4)};
    column.scales = {anda::Fp16{static_cast<std::uint16_t>(finite(a).bits & 0xEFFF)}};  // so that q · scale is finite
    dut.a = column.scales[0].bits;
    dut.eval();
    half("weight_dequantiser", dut.dequantised, anda::dequantise(column)[0]);
  }

  /// A sum of products of FP16 numbers and integers is a multiple of 2^−24; the scale is any number.
  void scaled() {
    const std::uint32_t size = random.below(1u << (1 + random.below(24)));
    const float part = std::ldexp(static_cast<float>(size), static_cast<int>(random.below(40)) - 24);
    dut.a = bits_of(random.one_in(2) ? part : -part);
    if (random.one_in(64)) dut.a = 0x7F800000u | random.below(2);
    const anda::Fp16 scale = any_half();
    dut.b = scale.bits;
    dut.eval();
    single("fp32_multiply_fp16", dut.scaled, float_of(dut.a) * anda::to_float(scale));
  }

  static anda::Fp16 finite(anda::Fp16 value) {
    anda::NonFiniteCounts counts;
    return anda::make_finite(value, anda::NonFinite::saturate, {}, 0, counts);
  }

  /// Every FP16 pattern under a random shared exponent.
  void alignment(std::uint16_t pattern) {
    const anda::Fp16 value = finite(anda::Fp16{pattern});
    const std::uint32_t own = value.effective_exponent();
    dut.a = pattern;
    dut.shared = own + random.below(31 - own);
    dut.eval();
    const auto check = [&](const char* name, std::uint32_t bits, std::uint32_t got) {
      const std::uint32_t expected =
          (value.negative() ? 1u << bits : 0u) | anda::aligned_mantissa(value.significand(), bits, dut.shared - own);
      checks.of(name).check(got == expected, true, "value " + hex(value.bits) + " E* " + hex(dut.shared));
    };
    check("parallel_aligner, 24", 24, dut.aligned_24);
    check("parallel_aligner, 13", 13, dut.aligned_13);
    check("parallel_aligner, 11", 11, dut.aligned_11);
    check("parallel_aligner, 8", 8, dut.aligned_8);
  }

  void maximum() {
    const auto kind = static_cast<Numbers::Kind>(random.below(Numbers::kinds));
    const std::vector<anda::Fp16> row = random.row(kind, 64);
    dut.valid = random.one_in(2) ? ~std::uint64_t{0} : random.bits() & random.bits();
    std::vector<anda::Fp16> valid;
    for (std::size_t i = 0; i < 64; ++i) {
      dut.row[i / 2] = (i % 2 == 0 ? 0 : dut.row[i / 2]) | std::uint32_t{row[i].bits} << (i % 2 * 16);
      if ((dut.valid >> i & 1) != 0) valid.push_back(row[i]);
    }
    dut.eval();
    const std::uint32_t expected = anda::shared_exponent(valid.data(), valid.size());
    checks.of("max_exponent").check(dut.largest == expected, true, hex(dut.largest) + ", not " + hex(expected));
  }
};

}  // namespace

int main() {
  Bench bench;
  const std::uint64_t rows = rtl_test::rows(100'000);
  for (std::uint64_t i = 0; i < rows; ++i) {
    bench.sums();
    bench.roundings();
    bench.dots();
    bench.products();
    bench.scaled();
    bench.alignment(static_cast<std::uint16_t>(i));
    bench.maximum();
  }
  return bench.checks.finish(rows);
}
