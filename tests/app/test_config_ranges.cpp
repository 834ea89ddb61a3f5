// SPDX-License-Identifier: Apache-2.0
#include <anda/base/describe.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <type_traits>

#include "app/config_test.h"
#include "config/catalogue.h"

using anda::join_key;
using anda::Range;
using anda::sim::RunConfig;

namespace {

/// The values around both ends of a range, as --set takes them.
struct NumberKey {
  std::string key;
  std::string below, min, max, above;
  std::string range;
};

template <class T>
std::string text_below(T min) {
  if constexpr (std::is_floating_point_v<T>) {
    return anda::sim::exact_text(std::nextafter(min, -std::numeric_limits<T>::infinity()));
  } else {
    return min == 0 ? "-1" : std::to_string(min - 1);
  }
}

template <class T>
std::string text_above(T max) {
  if constexpr (std::is_floating_point_v<T>) {
    return anda::sim::exact_text(std::nextafter(max, std::numeric_limits<T>::infinity()));
  } else {
    return std::to_string(std::uint64_t{max} + 1);
  }
}

class NumberCollector {
 public:
  template <class T>
  void number(const char* key, const T&, Range<T> range, const char*) {
    keys.push_back({join_key(path_, key), text_below(range.min), anda::sim::value_text(range.min),
                    anda::sim::value_text(range.max), text_above(range.max), anda::sim::exact_range_text(range)});
  }
  template <class T>
  void optional(const char* key, const std::optional<T>&, Range<T> range, const char* meaning) {
    number(key, T{}, range, meaning);
  }
  template <class... A>
  void flag(const A&...) {}
  template <class... A>
  void text(const A&...) {}
  template <class... A>
  void path(const A&...) {}
  template <class... A>
  void choice(const A&...) {}
  template <class... A>
  void choices(const A&...) {}
  template <class... A>
  void word_or_section(const A&...) {}
  template <class... A>
  void words_or_sections(const A&...) {}
  template <class S>
  void section(const char* key, const S& value, const char*) {
    const std::string outer = path_;
    path_ = join_key(outer, key);
    S::describe(value, *this);
    path_ = outer;
  }
  template <class S>
  void file_section(const char* key, const S& value, const char* meaning) {
    section(key, value, meaning);
  }
  template <class S>
  void numbered(const char* key, const std::map<std::uint32_t, S>&, Range<std::uint32_t>, const char* meaning) {
    const S defaults;
    section((std::string(key) + ".3").c_str(), defaults, meaning);
  }

  std::vector<NumberKey> keys;

 private:
  std::string path_;
};

std::string error_with(const std::string& set) {
  return error_of([&] { anda::sim::default_run_config({set}); });
}

}  // namespace

TEST_CASE("every range holds at both ends", "[config]") {
  NumberCollector collector;
  const RunConfig defaults;
  RunConfig::describe(defaults, collector);
  CHECK(collector.keys.size() > 60);
  std::size_t loaded = 0;
  for (const NumberKey& number : collector.keys) {
    INFO(number.key);
    for (const std::string& value : {number.below, number.above}) {
      const std::string set = number.key + "=" + value;
      CHECK(error_with(set) == "--set " + set + ": " + number.key + ": is " + value + ", must be " + number.range);
    }
    for (const std::string& value : {number.min, number.max}) {
      // Rules between keys may refuse the end of a range, but not as out of range.
      const std::string error = error_with(number.key + "=" + value);
      CHECK(error.find(", must be " + number.range) == std::string::npos);
      loaded += error.empty() ? 1u : 0u;
    }
  }
  CHECK(loaded > collector.keys.size() * 3 / 2);
}

TEST_CASE("C++ users get the same ranges and rules without a file", "[config]") {
  RunConfig config = anda::sim::default_run_config();
  CHECK(anda::problems_of(config).empty());
  config.precision.layers[7].a_u = 17;
  config.precision.layers[65536] = {};
  config.systems = {anda::PeKind::anda, anda::PeKind::anda};
  config.dram.channel_bits = 12;
  const anda::Problems problems = anda::problems_of(config);
  REQUIRE(problems.size() == 4);
  CHECK(problems[0].key == "precision.layers.7.A_u");
  CHECK(problems[1].key == "precision.layers.65536");
  CHECK(problems[2].key == "dram.channel_bits");
  CHECK(problems[3].message == "has anda twice");
  config.systems.clear();
  CHECK(anda::problems_of(config).back().message == "is empty, must have at least one word");
}
