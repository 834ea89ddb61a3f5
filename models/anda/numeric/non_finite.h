// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_NON_FINITE_H
#define ANDA_NUMERIC_NON_FINITE_H

#include <cstdint>
#include <string>

#include <anda/base/describe.h>
#include <anda/numeric/fp16.h>

namespace anda {

/// What to do with an infinity or NaN where a format without them is made.
enum class NonFinite { refuse, saturate };

inline constexpr ChoiceTable<NonFinite, 2> non_finite_choices{
    {{"refuse", NonFinite::refuse}, {"saturate", NonFinite::saturate}}};

/// Where values come from, for the error: the tensor and the flat index of the first value given.
struct ValueSource {
  std::string tensor;
  std::uint64_t index = 0;
};

/// How many values `saturate` replaced.
struct NonFiniteCounts {
  std::uint64_t infinities = 0;
  std::uint64_t nans = 0;
};

/// A finite value as it is; else, by policy, ±65504 for an infinity and +0 for a NaN, counted, or
/// Error::input naming the tensor and index `source.index + offset`.
Fp16 make_finite(Fp16 value, NonFinite policy, const ValueSource& source, std::uint64_t offset,
                 NonFiniteCounts& counts);

}  // namespace anda

#endif
