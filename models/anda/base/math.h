// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_MATH_H
#define ANDA_BASE_MATH_H

#include <cstdint>

namespace anda {

/// Smallest integer not below a / b; b > 0.
constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

/// Smallest multiple of b not below a; b > 0.
constexpr std::uint64_t round_up(std::uint64_t a, std::uint64_t b) { return ceil_div(a, b) * b; }

}  // namespace anda

#endif
