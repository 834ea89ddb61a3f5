// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/vector_math.h>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace anda;

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

/// |y − right| in units of the last place of FP16 at `right`; a result beyond FP16 must be so in both.
double error_in_fp16(float y, double right) {
  const Fp16 rounded = to_fp16(static_cast<double>(y));
  if (!rounded.is_finite() || std::abs(right) >= 65520) return rounded == to_fp16(right) ? 0 : 1e9;
  int power = 0;
  std::frexp(right, &power);
  return std::abs(static_cast<double>(to_float(rounded)) - right) / std::ldexp(1.0, std::max(power, -13) - 11);
}

/// The largest such error over all finite FP16 numbers that `takes` allows.
template <class Function, class Right, class Takes>
double largest_error(Function function, Right right, Takes takes) {
  double largest = 0;
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const Fp16 x{static_cast<std::uint16_t>(bits)};
    if (!x.is_finite() || !takes(to_float(x))) continue;
    largest = std::max(largest, error_in_fp16(function(to_float(x)), right(static_cast<double>(to_float(x)))));
  }
  return largest;
}

double ulp_of(double right) {
  int power = 0;
  std::frexp(right, &power);
  return std::ldexp(1.0, power - 24);
}

}  // namespace

TEST_CASE("Functions of the vector unit round to FP16 with an error of at most 0.5002 units in the last place") {
  const auto any = [](float) { return true; };
  CHECK(largest_error(
            vector_exp, [](double x) { return std::exp(x); }, any) < 0.5002);
  CHECK(largest_error(
            vector_silu, [](double x) { return x / (1 + std::exp(-x)); }, any) < 0.5002);
  const auto gelu = [](double x) { return x / (1 + std::exp(-2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); };
  CHECK(largest_error(vector_gelu, gelu, any) < 0.5002);
  CHECK(largest_error(
            vector_reciprocal, [](double x) { return 1 / x; }, [](float x) { return x != 0; }) < 0.5002);
  const auto root = [](double x) { return 1 / std::sqrt(x); };
  CHECK(largest_error(vector_reciprocal_root, root, [](float x) { return x > 0; }) < 0.5002);
}

TEST_CASE("In FP32 they are off by at most 2.2 (powers of two) and 1.5 (reciprocals) units in the last place") {
  std::mt19937 random(11);
  double power = 0;
  double reciprocal = 0;
  double root = 0;
  for (int i = 0; i < 300000; ++i) {
    const float x =
        std::ldexp(1 + static_cast<float>(random() & 0x7FFFFF) / 8388608, static_cast<int>(random() % 120) - 60);
    const double exact = static_cast<double>(x);
    reciprocal =
        std::max(reciprocal, std::abs(static_cast<double>(vector_reciprocal(x)) - 1 / exact) / ulp_of(1 / exact));
    const double right = 1 / std::sqrt(exact);
    root = std::max(root, std::abs(static_cast<double>(vector_reciprocal_root(x)) - right) / ulp_of(right));
    const float t = (static_cast<float>(random() % 2000001) - 1000000) / 10000;
    const double raised = std::exp2(static_cast<double>(t));
    power = std::max(power, std::abs(static_cast<double>(vector_exp2(t)) - raised) / ulp_of(raised));
  }
  CHECK(power < 2.2);
  CHECK(reciprocal < 1.5);
  CHECK(root < 1.5);
}

TEST_CASE("Powers of two are exact, and the ends of the numbers are as the header says") {
  for (int n = -126; n < 128; ++n) {
    CHECK(vector_exp2(static_cast<float>(n)) == std::ldexp(1.0F, n));
    CHECK(vector_reciprocal(std::ldexp(1.0F, n)) == (n == 127 ? 0 : std::ldexp(1.0F, -n)));
    if (n % 2 == 0) CHECK(vector_reciprocal_root(std::ldexp(1.0F, n)) == std::ldexp(1.0F, -n / 2));
  }
  CHECK(vector_exp2(128) == infinite);
  CHECK(vector_exp2(-126.5F) == 0);
  CHECK(vector_exp2(infinite) == infinite);
  CHECK(vector_exp2(-infinite) == 0);
  CHECK(std::isnan(vector_exp2(std::nanf(""))));
  CHECK(vector_reciprocal(0) == infinite);
  CHECK(vector_reciprocal(-0.0F) == -infinite);
  CHECK(vector_reciprocal(1e-40F) == infinite);
  CHECK(std::signbit(vector_reciprocal(-infinite)));
  CHECK(vector_reciprocal(3e38F) == 0);
  CHECK(vector_reciprocal_root(0) == infinite);
  CHECK(vector_reciprocal_root(infinite) == 0);
  CHECK(std::isnan(vector_reciprocal_root(-1)));
  CHECK(std::isnan(vector_max(std::nanf(""), 1)));
  CHECK(std::isnan(vector_max(1, std::nanf(""))));
  CHECK(vector_max(-1, -2) == -1);
}

TEST_CASE("A sum has sixteen parts, which are added in halves") {
  // 2^24 + 1 is no FP32 number: what a 1 beside 2^24 comes to shows which numbers meet.
  const float large = 16777216;
  VectorSum same;
  same.add(0, large);
  same.add(16, 1);  // the same part: lost
  same.add(32, 1);
  CHECK(same.total() == large);
  VectorSum apart;
  apart.add(0, large);
  apart.add(1, 1);
  apart.add(9, 1);  // part 9 meets part 1 first
  CHECK(apart.total() == large + 2);
  VectorSum late;
  late.add(0, large);
  late.add(8, 1);  // part 8 meets part 0 first
  late.add(4, 1);
  CHECK(late.total() == large);
  CHECK(VectorSum().total() == 0);
}
