// SPDX-License-Identifier: Apache-2.0
#include <anda/base/describe.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <type_traits>

#include "app/config_test.h"
#include "config/writer.h"

using anda::Range;
using anda::sim::RunConfig;
using anda::sim::to_yaml;

namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t count) {
  return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
}

/// Visitor that gives every key a random legal value.
class Randomizer {
 public:
  Randomizer(Random& random, std::string file) : random_(random), file_(std::move(file)) {}

  template <class T>
  void number(const char*, T& value, Range<T> range, const char*) {
    const std::size_t kind = below(random_, 8);
    if (kind == 0) {
      value = range.min;
    } else if (kind == 1) {
      value = range.max;
    } else if constexpr (std::is_floating_point_v<T>) {
      value = kind < 5
                  ? std::uniform_real_distribution<T>(range.min, range.max)(random_)
                  : std::clamp(std::exp2(std::uniform_real_distribution<T>(-30, 40)(random_)), range.min, range.max);
    } else {
      value = std::uniform_int_distribution<T>(range.min, range.max)(random_);
    }
  }
  template <class T>
  void optional(const char* key, std::optional<T>& value, Range<T> range, const char* meaning) {
    if (below(random_, 2) == 0) return;
    value = T{};
    number(key, *value, range, meaning);
  }
  void flag(const char*, bool& value, const char*) { value = below(random_, 2) == 1; }
  void text(const char* key, std::string& value, const char*) {
    if (std::string(key) == "vcd") return;  // not every text is legal, nor any at every level
    const std::vector<std::string> pieces{
        "a",    "B",    "0", " ", ":", "#", "\"", "\\", "'", "{", "[", "-", "é", "…", "😀", "\xEF\xBB\xBF",
        "true", "null", "~", "%", "@", "&", "*",  "!",  "|", ">", ","};
    value.clear();
    for (std::size_t i = below(random_, 12); i > 0; --i) value += pieces[below(random_, pieces.size())];
  }
  void path(const char*, std::string& value, const char*, anda::PathKind = anda::PathKind::file) {
    value = below(random_, 2) == 0 ? "" : file_;
  }
  template <class E, std::size_t N>
  void choice(const char*, E& value, const anda::ChoiceTable<E, N>& table, const char*) {
    value = table[below(random_, N)].value;
  }
  template <class E, std::size_t N>
  void choices(const char*, std::vector<E>& values, const anda::ChoiceTable<E, N>& table, const char*) {
    values.clear();
    for (const auto& choice : table) values.push_back(choice.value);
    std::shuffle(values.begin(), values.end(), random_);
    values.resize(1 + below(random_, N));
  }
  template <class V>
  void word_or_section(const char*, V& value, const char*) {
    value = V(V::words[below(random_, V::words.size())].value);
  }
  /// Words without repetition, and now and then a section.
  template <class V>
  void words_or_sections(const char*, std::vector<V>& values, const char*) {
    values.clear();
    for (const auto& word : V::words) values.emplace_back(word.value);
    std::shuffle(values.begin(), values.end(), random_);
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(1 + below(random_, values.size())), values.end());
    if (below(random_, 2) == 0) return;
    typename V::Section section;
    V::Section::describe(section, *this);
    section.name = "own-" + std::to_string(below(random_, 100));
    section.derives = anda::ElementBase::serial_weights;
    section.weight_formats = "mxfp4  nf4";
    section.activation_formats = "own-7";
    values.emplace_back(section);
  }
  template <class S>
  void section(const char*, S& value, const char*) {
    S::describe(value, *this);
  }
  template <class S>
  void file_section(const char*, S& value, const char*) {
    S::describe(value, *this);
  }
  template <class S>
  void numbered(const char* key, std::map<std::uint32_t, S>& values, Range<std::uint32_t> range, const char* meaning) {
    values.clear();
    for (std::size_t i = below(random_, 5); i > 0; --i) {
      std::uint32_t index = 0;
      number(key, index, range, meaning);
      S::describe(values[index], *this);
    }
  }

 private:
  Random& random_;
  std::string file_;
};

RunConfig random_config(Random& random, const std::string& file) {
  RunConfig config;
  Randomizer randomizer(random, file);
  RunConfig::describe(config, randomizer);
  // The rules between keys.
  config.workload.config_json.clear();
  if (config.workload.trace.empty()) {
    config.workload.model = "OPT-30B";
  } else {
    config.workload.model.clear();
  }
  config.workload.batch = 1;
  config.workload.prompts = config.workload.prompts.empty() ? "" : "512*3 2048";
  config.workload.expert_load.clear();
  const bool is_inference = config.workload.trace.empty() && config.workload.scope != anda::sim::Scope::gemms;
  if (!is_inference) config.workload.scope = anda::sim::Scope::gemms;
  if (!is_inference && config.workload.phase == anda::sim::Phase::generate) {
    config.workload.phase = anda::sim::Phase::decode;
  }
  if (is_inference) config.functional.enabled = false;
  config.workload.head_weight_bits = below(random, 2) == 0 ? 4 : 16;
  config.kv_cache.k.bits = config.kv_cache.v.bits = static_cast<std::uint32_t>(2 + below(random, 7));
  config.kv_cache.k.group = 8u << below(random, 6);
  config.kv_cache.v.group = 8u << below(random, 6);
  anda::AcceleratorConfig& accelerator = config.accelerator;
  accelerator.format.group_size = 8u << below(random, 6);
  accelerator.format.weight_scale_group =
      accelerator.format.group_size * static_cast<std::uint32_t>(1 + below(random, 200));
  config.kv_cache.k.group = 8u << below(random, 6);
  config.kv_cache.v.group = 8u << below(random, 6);
  if (config.kv_cache.k.is_fp16() || config.kv_cache.v.is_fp16()) config.precision.schedule.clear();
  accelerator.mxu.lanes_per_pe = 8u << below(random, 6);
  accelerator.dma.max_burst_bytes = 4u << below(random, 23);
  config.dram.channel_bits = 8u << below(random, 8);
  config.dram.burst_length = 1u << below(random, 7);
  config.dram.refresh_cycle_ns = std::min(config.dram.refresh_cycle_ns, config.dram.refresh_interval_ns / 3);
  anda::DramConfig& dram = config.dram;
  dram.level = anda::DramLevel::fast;
  dram.organisation = {};
  dram.timing = {};
  dram.energy.model = anda::DramEnergyModel::flat;
  dram.request_trace = "requests" + dram.request_trace + ".stl";
  dram.policy.address_order = "bank column channel bank_group row";
  dram.policy.write_drain_start = static_cast<std::uint32_t>(1 + below(random, dram.policy.queue_requests));
  dram.policy.write_drain_stop = static_cast<std::uint32_t>(below(random, dram.policy.write_drain_start));
  config.precision.weight_bits = std::min(config.precision.weight_bits, accelerator.mxu.weight_bits);
  for (auto& [position, part] : config.precision.schedule) {
    if (part.k) part.k = std::min(*part.k, 8u);
    if (part.v) part.v = std::min(*part.v, 8u);
  }
  if (config.functional.enabled) {
    config.simulation.fold_layers = false;
  }
  if (config.functional.enabled || accelerator.controller.descriptors < 2) config.workload.prefetch_weights = false;
  return config;
}

}  // namespace

TEST_CASE("effective configurations read back as they are", "[config]") {
  TemporaryFolder folder;
  const std::string file = folder.write("a \"b\" é.csv", "");
  Random random(20250301);
  for (int i = 0; i < 300; ++i) {
    const RunConfig config = random_config(random, file);
    for (const anda::Problem& problem : anda::problems_of(config)) FAIL(problem.key << " " << problem.message);
    const std::string text = to_yaml(config);
    INFO(i << "\n" << text);
    const std::string error = error_in(text);
    REQUIRE(error.empty());
    REQUIRE(to_yaml(anda::sim::parse_run_config(text, "f.yaml")) == text);
  }
}

TEST_CASE("text files of any content give a configuration or an input error", "[config]") {
  const std::string valid = to_yaml(anda::sim::default_run_config({"precision.layers.3=[1, 2, 3, 4]"}));
  const std::string small =
      "base: x.yaml\nworkload: {model: OPT-30B, layers: 3}\nprecision: [7, 5, 6, 6] # c\nsystems: [fp-fp, anda]\n"
      "technology: {conversion: {source: >-\n      folded\n }}\ndram:\n  ? channels\n  : 8\nname: \"q\\x41\"\n";
  const std::vector<std::string> pieces{":",
                                        ": ",
                                        "\n",
                                        "  ",
                                        "- ",
                                        "[",
                                        "]",
                                        "{",
                                        "}",
                                        "\"",
                                        "'",
                                        "&a ",
                                        "*a",
                                        "!!str ",
                                        "#",
                                        "|",
                                        ">",
                                        "? ",
                                        "---\n",
                                        "...\n",
                                        "%YAML 1.2\n",
                                        "<<: ",
                                        "~",
                                        "\t",
                                        "\r",
                                        "\\",
                                        ",",
                                        "9",
                                        "-",
                                        "é",
                                        std::string(1, '\0')};
  Random random(7);
  int read = 0;
  const auto try_text = [&read](const std::string& text) {
    const std::string error = error_in(text);
    REQUIRE(error != "not an input error");
    read += error.empty() ? 1 : 0;
  };
  for (int i = 0; i < 1000; ++i) {
    std::string bytes;
    for (std::size_t n = below(random, 60); n > 0; --n) bytes += static_cast<char>(below(random, 256));
    try_text(bytes);
    std::string syntax;
    for (std::size_t n = below(random, 30); n > 0; --n) syntax += pieces[below(random, pieces.size())];
    try_text(syntax);
    for (std::string text : {valid, small}) {
      for (std::size_t n = 1 + below(random, 4); n > 0; --n) {
        const std::size_t at = below(random, text.size());
        switch (below(random, 4)) {
          case 0:
            text[at] = static_cast<char>(below(random, 128));
            break;
          case 1:
            text.erase(at, 1 + below(random, 20));
            break;
          case 2:
            text.insert(at, pieces[below(random, pieces.size())]);
            break;
          default:
            text.insert(at, text.substr(below(random, text.size()), below(random, 40)));
            break;
        }
        if (text.empty()) text = "a";
      }
      try_text(text);
    }
    error_of([&] { anda::sim::default_run_config({syntax, bytes, "name=" + syntax, "dram=" + bytes}); });
  }
  CHECK(read > 0);
}
