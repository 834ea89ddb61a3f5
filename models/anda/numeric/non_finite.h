// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_NON_FINITE_H
#define ANDA_NUMERIC_NON_FINITE_H

#include <cstdint>
#include <string>

#include <anda/base/describe.h>
#include <anda/numeric/fp16.h>

namespace anda {

/// How to handle an infinity or NaN on conversion to a format that lacks them.
enum class NonFinite { refuse, saturate };

inline constexpr ChoiceTable<NonFinite, 2> non_finite_choices{
    {{"refuse", NonFinite::refuse}, {"saturate", NonFinite::saturate}}};

/// The origin of values, for the error: the tensor and the flat index of the first value.
struct ValueSource {
  std::string tensor;
  std::uint64_t index = 0;
};

/// Number of values that `saturate` replaced.
struct NonFiniteCounts {
  std::uint64_t infinities = 0;
  std::uint64_t nans = 0;
};

/// Returns a finite value unchanged. By policy, replaces an infinity by ±65504 and a NaN by +0 and counts it, or throws
/// Error::input naming the tensor and index `source.index + offset`.
Fp16 make_finite(Fp16 value, NonFinite policy, const ValueSource& source, std::uint64_t offset,
                 NonFiniteCounts& counts);

}  // namespace anda

#endif
