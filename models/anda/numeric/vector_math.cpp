// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/vector_math.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace anda {
namespace {

constexpr float log2_e = 1.44269504F;
constexpr float gelu_linear = -2.30220818F;  // −2 · √(2 / π) · log2 e
constexpr float gelu_cubic = -0.10294324F;   // gelu_linear · 0.044715

constexpr std::size_t exp_segments = 32;
constexpr std::size_t reciprocal_segments = 128;
constexpr std::size_t root_segments = 192;  // over 1 … 4, 64 per unit

constexpr int least_exponent = -126;  // of a normal number

/// The table entries, each rounded once to FP32. Division and square root of doubles are correctly rounded everywhere.
struct Tables {
  std::array<float, exp_segments + 1> exp{};  ///< 2^(i / 32); the last one for fractions that round to 1
  std::array<float, reciprocal_segments + 1> reciprocal{};
  std::array<float, root_segments + 1> root{};

  Tables() {
    std::array<double, 5> roots{};  // 2^(1/2), 2^(1/4) … 2^(1/32)
    double power = 2;
    for (double& root_of_two : roots) root_of_two = power = std::sqrt(power);
    for (std::size_t i = 0; i < exp_segments; ++i) {
      double product = 1;
      for (std::size_t bit = 0; bit < roots.size(); ++bit) {
        if ((i >> (roots.size() - 1 - bit) & 1) != 0) product *= roots[bit];
      }
      exp[i] = static_cast<float>(product);
    }
    exp[exp_segments] = 2;
    for (std::size_t i = 0; i <= reciprocal_segments; ++i) {
      reciprocal[i] = static_cast<float>(1 / (1 + static_cast<double>(i) / reciprocal_segments));
    }
    for (std::size_t i = 0; i <= root_segments; ++i) {
      root[i] = static_cast<float>(1 / std::sqrt(1 + static_cast<double>(i) / 64));
    }
  }
};

const Tables& tables() {
  static const Tables made;
  return made;
}

/// Returns 2^n as a normal number.
float power_of_two(int n) {
  const std::uint32_t bits = static_cast<std::uint32_t>(n + 127) << 23;
  float power = 0;
  std::memcpy(&power, &bits, sizeof power);
  return power;
}

std::uint32_t bits_of(float x) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

/// Returns the exponent of a normal number.
int exponent_of(float x) { return static_cast<int>(bits_of(x) >> 23 & 0xFF) - 127; }

/// Returns the significand of a normal number, 1 … 2.
float significand_of(float x) {
  const std::uint32_t bits = (bits_of(x) & 0x007FFFFFu) | 0x3F800000u;
  float significand = 0;
  std::memcpy(&significand, &bits, sizeof significand);
  return significand;
}

bool vanishes(float x) { return std::abs(x) < std::numeric_limits<float>::min(); }

/// Interpolates linearly within a table segment: `at` counts segments from the first entry.
template <std::size_t Size>
float on_chord(const std::array<float, Size>& table, float at) {
  const auto segment = static_cast<std::size_t>(at);
  const float rest = at - static_cast<float>(segment);
  return table[segment] + rest * (table[segment + 1] - table[segment]);
}

}  // namespace

float vector_exp2(float t) {
  if (std::isnan(t)) return t;
  if (t >= 128) return std::numeric_limits<float>::infinity();
  if (t < static_cast<float>(least_exponent)) return 0;
  const float whole = std::floor(t);
  const float part = (t - whole) * static_cast<float>(exp_segments);
  const auto segment = static_cast<std::size_t>(part);
  const float r = (part - static_cast<float>(segment)) / static_cast<float>(exp_segments);
  // 2^r = 1 + r · (ln 2 + r · (ln² 2 / 2 + r · ln³ 2 / 6)), to 2^−26 below 1 / 32.
  const float polynomial = 1 + r * (0.693147182F + r * (0.240226507F + r * 0.0555041087F));
  return tables().exp[segment] * polynomial * power_of_two(static_cast<int>(whole));
}

float vector_exp(float x) { return vector_exp2(x * log2_e); }

float vector_reciprocal(float x) {
  if (std::isnan(x)) return x;
  if (std::isinf(x)) return std::copysign(0.0F, x);
  if (vanishes(x)) return std::copysign(std::numeric_limits<float>::infinity(), x);
  const float m = significand_of(x);
  const float y = on_chord(tables().reciprocal, (m - 1) * static_cast<float>(reciprocal_segments));
  const float better = y + y * (1 - m * y);
  const int exponent = -exponent_of(x);
  const float result =
      exponent < least_exponent ? better * 0.5F * power_of_two(exponent + 1) : better * power_of_two(exponent);
  return vanishes(result) ? std::copysign(0.0F, x) : std::copysign(result, x);
}

float vector_reciprocal_root(float x) {
  if (std::isnan(x)) return x;
  if (vanishes(x)) return std::numeric_limits<float>::infinity();
  if (x < 0) return std::numeric_limits<float>::quiet_NaN();
  if (std::isinf(x)) return 0;
  const int exponent = exponent_of(x);
  const int half = exponent >> 1;  // towards −∞
  const float m = (exponent & 1) != 0 ? 2 * significand_of(x) : significand_of(x);
  const float y = on_chord(tables().root, (m - 1) * 64);
  const float better = y * (1.5F - 0.5F * m * y * y);
  return better * power_of_two(-half);
}

float vector_sigmoid(float x) { return vector_reciprocal(1 + vector_exp2(x * -log2_e)); }

float vector_silu(float x) { return x * vector_sigmoid(x); }

float vector_gelu(float x) {
  const float exponent = x * (gelu_linear + gelu_cubic * (x * x));
  return x * vector_reciprocal(1 + vector_exp2(exponent));
}

float vector_max(float a, float b) {
  if (std::isnan(a)) return a;
  return std::isnan(b) || b > a ? b : a;
}

float VectorSum::total() const {
  std::array<float, parts> left = parts_;
  for (std::size_t half = parts / 2; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) left[i] += left[i + half];
  }
  return left[0];
}

}  // namespace anda
