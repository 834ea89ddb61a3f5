// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_KV_CACHE_CONFIG_H
#define ANDA_SIM_CONFIG_KV_CACHE_CONFIG_H

#include <anda/base/describe.h>
#include <anda/numeric/cache_format.h>

#include <cstdint>
#include <string>

#include "config/precision_config.h"

namespace anda::sim {

/// Maximum bits of an element in format int.
inline constexpr std::uint32_t widest_cache_integer = 8;

/// The format of keys or values.
struct CacheOperandConfig : CacheFormat {
  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.word_or_section(
        "format", self.number,
        "fp16; int: integers with an FP16 scale for each group; anda: mantissas with a shared exponent; others have "
        "bits and group of their own");
    visit.number("bits", self.bits, cache_bits_range, "bits of an element, sign included; of int and anda");
    visit.number("group", self.group, Range<std::uint32_t>{8, 256},
                 "elements that share a scale or an exponent; a power of two; of int and anda");
    visit.choice("axis", self.axis, cache_axes,
                 "index common to a group's elements; token: groups run along the head; channel: along the tokens, "
                 "with the last group FP16 until it is complete");
  }

  void check(const std::string& path, Problems& problems) const {
    if (number == CacheNumber::integer && bits > widest_cache_integer) {
      problems.push_back({join_key(path, "bits"), "is " + number_text(bits) + ", must be at most " +
                                                      number_text(widest_cache_integer) + " with format int"});
    }
    if (operand() != nullptr && axis == CacheAxis::channel && group_elements() == whole_row && shared_bits() != 0) {
      problems.push_back({join_key(path, "axis"), std::string("is channel, must be token: groups of ") + number.name() +
                                                      " are whole rows, which are never complete along the tokens"});
    }
    if ((group & (group - 1)) != 0) {
      problems.push_back({join_key(path, "group"), "is " + number_text(group) + ", must be a power of two"});
    }
  }
};

/// The key/value cache in external memory. By default, groups run along k of the GeMM that reads them: along the head
/// for keys, along the tokens for values.
struct KvCacheConfig {
  CacheOperandConfig k;
  CacheOperandConfig v{{CacheNumber::fp16, 4, 64, CacheAxis::channel}};

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.section("k", self.k, "keys");
    visit.section("v", self.v, "values");
  }
};

}  // namespace anda::sim

#endif
