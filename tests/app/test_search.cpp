// SPDX-License-Identifier: Apache-2.0
// The parts of a precision search one by one; tests/python/test_search_*.py have the command as a whole.
#include <unistd.h>

#include <anda/base/error.h>

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "config/load.h"
#include "search/bit_operations.h"
#include "search/combination_search.h"
#include "search/command_evaluator.h"
#include "search/search_log.h"
#include "search/search_report.h"
#include "system/survey.h"

using namespace anda::sim;

namespace {

/// Of a model of two layers.
double bits_of(const Precisions& precisions) {
  double sum = 0;
  if (precisions.layers.empty()) {
    for (const std::uint32_t bits : precisions.all) sum += 2 * bits;
  }
  for (const Combination& layer : precisions.layers) {
    for (const std::uint32_t bits : layer) sum += bits;
  }
  return sum;
}

/// 2^−bits of every tensor type, A_qkv ten times as heavy.
double loss_of(const Precisions& precisions) {
  const auto loss = [](const Combination& bits) {
    return 10 * std::exp2(-1.0 * bits[0]) + std::exp2(-1.0 * bits[1]) + std::exp2(-1.0 * bits[2]) +
           std::exp2(-1.0 * bits[3]);
  };
  if (precisions.layers.empty()) return loss(precisions.all);
  double sum = 0;
  for (const Combination& layer : precisions.layers) sum += loss(layer);
  return sum / static_cast<double>(precisions.layers.size());
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) : path_("search_test_" + std::to_string(::getpid())) {
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }
  std::string text() const {
    std::stringstream all;
    all << std::ifstream(path_).rdbuf();
    return all.str();
  }

 private:
  std::string path_;
};

template <class Do>
std::string message_of(Do todo) {
  try {
    todo();
  } catch (const anda::Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("A search starts from uniform combinations and relaxes what it accepts, earliest type first") {
  std::vector<Combination> taken;
  const SearchHooks hooks{bits_of, loss_of, [&](const Visit& visit) {
                            taken.push_back(visit.candidate.precisions.all);
                            CHECK(visit.iteration == taken.size());
                            CHECK(visit.accepted == (visit.candidate.loss <= 0.21));
                          }};
  // [6, 6, 6, 6] loses 13/64 = 0.203; one bit less of A_qkv 23/64; of another type 14/64 = 0.219.
  const SearchOutcome outcome = search_combinations(0.21, 32, hooks);
  const std::vector<Combination> expected{{4, 4, 4, 4}, {5, 5, 5, 5}, {6, 6, 6, 6}, {5, 6, 6, 6},
                                          {6, 5, 6, 6}, {6, 6, 5, 6}, {6, 6, 6, 5}};
  CHECK(taken == expected);  // what is left costs more
  CHECK(outcome.meets);
  CHECK(outcome.best.precisions.all == Combination{6, 6, 6, 6});
  CHECK(outcome.uniform->precisions.all == outcome.best.precisions.all);
}

TEST_CASE("A search that meets no tolerance ends with the smallest loss") {
  const SearchHooks hooks{bits_of, loss_of, [](const Visit&) {}};
  const SearchOutcome all = search_combinations(1e-9, 32, hooks);
  CHECK_FALSE(all.meets);
  CHECK(all.iterations == 10);
  CHECK(all.best.precisions.all == Combination{13, 13, 13, 13});
  const SearchOutcome three = search_combinations(1e-9, 3, hooks);
  CHECK(three.best.precisions.all == Combination{6, 6, 6, 6});
}

TEST_CASE("Layers trade bits until a round finds nothing") {
  std::uint32_t visits = 0;
  const SearchHooks hooks{bits_of, loss_of, [&](const Visit&) { ++visits; }};
  const SearchOutcome start = search_combinations(0.21, 32, hooks);
  // [6, 6, 6, 6] wastes bits on all but A_qkv: [7, 5, 5, 5] loses 10/128 + 3/32 = 0.172.
  visits = 0;
  const SearchOutcome none = refine_layers(start, 2, 0.21, 3, hooks);
  CHECK(visits == 3);
  CHECK(bits_of(none.best.precisions) == 48);
  const SearchOutcome all = refine_layers(start, 2, 0.21, 1000, hooks);
  CHECK(all.best.loss <= 0.21);
  CHECK(all.best.precisions.all == Combination{6, 6, 6, 6});
  CHECK(all.best.precisions.layers[0][0] > 6);
  CHECK(bits_of(all.best.precisions) <= 44);
  // Every combination of two layers with lengths of 3 … 8.
  double least = 1e9;
  std::array<Combination, 1296> every{};
  for (std::uint32_t i = 0; i < every.size(); ++i) every[i] = {3 + i % 6, 3 + i / 6 % 6, 3 + i / 36 % 6, 3 + i / 216};
  for (const Combination& one : every) {
    for (const Combination& two : every) {
      const Precisions precisions{{}, {one, two}};
      const double bits = bits_of(precisions);
      if (bits < least && loss_of(precisions) <= 0.21) least = bits;
    }
  }
  CHECK(bits_of(all.best.precisions) <= least + 1);
}

TEST_CASE("Types of one layer trade bits, too") {
  int best = 0;  // how often the search finds what trying every combination finds
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::mt19937 random(seed);
    std::array<double, 4> weight{};
    std::array<double, 4> price{};
    for (double& each : weight) each = static_cast<double>(1 + random() % 16);
    for (double& each : price) each = static_cast<double>(1 + random() % 7);
    const auto loss = [&](const Precisions& precisions) {
      double sum = 0;
      for (std::size_t i = 0; i < 4; ++i) sum += weight[i] * std::exp2(-1.0 * precisions.of(0)[i]);
      return sum;
    };
    const auto cost = [&](const Precisions& precisions) {
      double sum = 0;
      for (std::size_t i = 0; i < 4; ++i) sum += price[i] * precisions.of(0)[i];
      return sum;
    };
    const SearchHooks hooks{cost, loss, [](const Visit&) {}};
    const SearchOutcome found = refine_layers(search_combinations(0.4, 4, hooks), 1, 0.4, 1000, hooks);
    double least = 1e9;
    for (std::uint32_t i = 0; i < 10000; ++i) {
      const Precisions each{{1 + i % 10, 1 + i / 10 % 10, 1 + i / 100 % 10, 1 + i / 1000}, {}};
      if (loss(each) <= 0.4) least = std::min(least, cost(each));
    }
    best += found.best.cost == least;
  }
  CHECK(best >= 25);
}

TEST_CASE("Bit operations of a model are mantissa bits times weight bits for every multiplication") {
  const RunConfig config = default_run_config({"workload.model=OPT-1.3B", "workload.tokens=3"});
  const BitOperations operations(*open_workload(config), config.precision);
  const std::uint64_t d = 2048;
  const std::uint64_t f = 8192;
  REQUIRE(operations.layers() == 24);
  CHECK(operations.total({{8, 6, 5, 4}, {}}) == 24 * 3 * 4 * (3 * d * d * 8 + d * d * 6 + d * f * 5 + f * d * 4));
  CHECK(operations.fp16() == operations.total({{16, 16, 16, 16}, {}}));
  Precisions layers{{8, 6, 5, 4}, std::vector<Combination>(24, {8, 6, 5, 4})};
  CHECK(operations.total(layers) == operations.total({{8, 6, 5, 4}, {}}));
  layers.layers[7][0] = 5;
  CHECK(operations.total(layers) == operations.total({{8, 6, 5, 4}, {}}) - 3 * 4 * 3 * d * d * 3);
}

TEST_CASE("The attention's lengths are searched with the four, each only on request") {
  std::vector<Precisions> taken;
  const auto attention_loss = [](const Precisions& precisions) {
    return loss_of(precisions) + std::exp2(-1.0 * precisions.attention[0]) + std::exp2(-1.0 * precisions.attention[2]);
  };
  const auto attention_bits = [](const Precisions& precisions) {
    double bits = bits_of(precisions);
    for (const std::uint32_t length : precisions.attention) bits += 100.0 * length;
    return bits;
  };
  const SearchHooks hooks{attention_bits, attention_loss,
                          [&](const Visit& visit) { taken.push_back(visit.candidate.precisions); }};
  const SearchOutcome outcome = search_combinations(0.3, 100, hooks, {16, 0, 16, 0});
  CHECK(taken[0].attention == AttentionLengths{4, 0, 4, 0});
  CHECK(taken[1].attention == AttentionLengths{5, 0, 5, 0});
  REQUIRE(outcome.uniform);
  CHECK(outcome.uniform->precisions.attention == AttentionLengths{6, 0, 6, 0});
  CHECK(outcome.best.precisions.all == Combination{6, 6, 6, 6});
  CHECK(outcome.best.precisions.attention == AttentionLengths{4, 0, 5, 0});  // 13/64 + 1/16 + 1/32 = 0.297
  // K and V end at 2 bits, mantissas at 1.
  const SearchHooks free{attention_bits, [](const Precisions&) { return 0.0; }, [](const Visit&) {}};
  const SearchOutcome shortest = search_combinations(0, 1000, free, {16, 16, 16, 16});
  CHECK(shortest.best.precisions.all == Combination{1, 1, 1, 1});
  CHECK(shortest.best.precisions.attention == AttentionLengths{1, 1, 2, 2});
  // Layers keep them.
  const SearchOutcome layers = refine_layers(outcome, 2, 0.3, 10, hooks);
  CHECK(layers.best.precisions.attention == outcome.best.precisions.attention);
}

TEST_CASE("Bit operations of an attention are those of its causal multiplications") {
  const auto operations = [](const std::vector<std::string>& overrides) {
    const RunConfig config = default_run_config(overrides);
    return AttentionOperations(shape_of(config.workload), config.workload, config.precision, config.kv_cache);
  };
  // 24 layers, 32 heads of 64; 1 + 2 + 3 tokens attended to.
  const std::uint64_t products = 24 * 2048 * 6;
  const std::vector<std::string> model{"workload.model=OPT-1.3B", "workload.tokens=3"};
  CHECK(operations(model).fp16() == products * 2 * 256);
  CHECK(operations(model).total({}) == products * 2 * 256);
  CHECK(operations(model).total({5, 7, 3, 4}) == products * (5 * 3 + 7 * 4));
  std::vector<std::string> given = model;
  given.insert(given.end(), {"precision.A_q=6", "kv_cache.v.format=int", "kv_cache.v.bits=4", "workload.batch=2"});
  CHECK(operations(given).total({}) == 2 * products * (6 * 16 + 16 * 4));
  CHECK(operations(given).total({0, 3, 0, 0}) == 2 * products * (6 * 16 + 3 * 4));
  // One query after three tokens, its own among those it attends to.
  std::vector<std::string> decode = model;
  decode.emplace_back("workload.phase=decode");
  CHECK(operations(decode).fp16() == 24 * 2048 * 4 * 2 * 256);

  const RunConfig config = default_run_config(model);
  const BitOperations with(*open_workload(config), config.precision, operations(model));
  const BitOperations without(*open_workload(config), config.precision);
  const Precisions precisions{{8, 6, 5, 4}, {}, {5, 7, 3, 4}};
  CHECK(with.total(precisions) == without.total(precisions) + products * (5 * 3 + 7 * 4));
  CHECK(with.fp16() == without.fp16() + products * 2 * 256);
}

TEST_CASE("Precisions with lengths of the attention go through JSON, and differ from those without") {
  const Precisions precisions{{4, 5, 6, 7}, {}, {3, 0, 0, 2}};
  const nlohmann::ordered_json json = precisions_json(precisions);
  CHECK(json.dump() == R"({"combination":[4,5,6,7],"attention":{"A_q":3,"V":2}})");
  const std::optional<Precisions> back = precisions_of(json);
  REQUIRE(back);
  CHECK(back->attention == precisions.attention);
  CHECK(lengths_text(precisions) == "[4, 5, 6, 7], A_q 3, V 2");
  const PrecisionsOrder less;
  CHECK(less({{4, 5, 6, 7}, {}}, precisions) != less(precisions, {{4, 5, 6, 7}, {}}));
  for (const char* wrong : {R"({"V":1})", R"({"A_q":17})", R"({"A_x":4})", R"({})", R"([3])", R"({"K":"4"})"}) {
    nlohmann::ordered_json other = json;
    other["attention"] = nlohmann::ordered_json::parse(wrong);
    CHECK_FALSE(precisions_of(other));
  }
}

TEST_CASE("A log reads back what was written, whole lines only") {
  TemporaryFile file("");
  const nlohmann::ordered_json subject{{"evaluator", "e"}};
  const Precisions module{{4, 5, 6, 7}, {}};
  const Precisions layers{{4, 5, 6, 7}, {{4, 5, 6, 7}, {3, 5, 6, 7}}};
  const auto line = [](const Precisions& precisions, double perplexity) {
    nlohmann::ordered_json json = precisions_json(precisions);
    json["perplexity"] = perplexity;
    return json;
  };
  {
    SearchLog log(file.path(), subject);
    CHECK_FALSE(log.baseline());
    log.set_baseline(5.1);
    log.add(line(module, 1.0 / 3));
    log.add(line(layers, 7));
    log.add(line(module, 1.0 / 3));
  }
  const std::string whole = file.text();
  CHECK(std::count(whole.begin(), whole.end(), '\n') == 4);
  std::ofstream(file.path(), std::ios::app) << R"({"combination":[1,1,1,1],"perplexity":5)";
  {
    const SearchLog log(file.path(), subject);
    CHECK(log.baseline() == 5.1);
    CHECK(log.perplexity(module) == 1.0 / 3);
    CHECK(log.perplexity(layers) == 7.0);
    CHECK(log.perplexity({{9, 9, 9, 9}, {{4, 5, 6, 7}, {4, 5, 6, 7}}}) == 1.0 / 3);  // the same as module
    CHECK_FALSE(log.perplexity({{1, 1, 1, 1}, {}}));
  }
  CHECK(file.text() == whole);
  const std::string message = message_of([&] { SearchLog(file.path(), {{"evaluator", "f"}}); });
  CHECK(message.find("its evaluator is \"e\", now it is \"f\"") != std::string::npos);
}

TEST_CASE("A command evaluator answers, fails and ends") {
  const auto go_on = [] { return true; };
  CommandEvaluator good("while read line; do echo '{\"perplexity\": 5.5}'; done", 60, go_on);
  CHECK(good.baseline() == 5.5);
  CHECK(good.perplexity({{4, 5, 6, 7}, {{4, 5, 6, 7}}}) == 5.5);

  // What it is asked comes back in its error.
  CommandEvaluator echo(
      "read line; printf '{\"error\": %s}\\n' \"$(echo \"$line\" | sed 's/.*/\"&\"/; s/[{}]//g; s/\"//g; "
      "s/.*/\"&\"/')\"",
      60, go_on);
  const std::string asked = message_of([&] { echo.perplexity({{4, 5, 6, 7}, {}}); });
  CHECK(asked.find("reports an error: combination:A_qkv:4,A_o:5,A_u:6,A_d:7") != std::string::npos);
  CommandEvaluator attention(
      "read line; case $line in *'\"A_d\":7,\"A_p\":3,\"K\":4}'*) echo '{\"perplexity\": 6}';; esac", 60, go_on);
  CHECK(attention.perplexity({{4, 5, 6, 7}, {}, {0, 3, 4, 0}}) == 6);

  CommandEvaluator crash("read line; exit 4", 60, go_on);
  CHECK(message_of([&] { crash.baseline(); }).find("ended with exit status 4") != std::string::npos);
  CommandEvaluator silent("sleep 100", 0.05, go_on);
  CHECK(message_of([&] { silent.baseline(); }).find("gave no answer within 0.05 s") != std::string::npos);
  CommandEvaluator stopped("sleep 100", 60, [] { return false; });
  CHECK(message_of([&] { stopped.baseline(); }) == "interrupted");
}

TEST_CASE("Tolerances are percents in names, without the noise of binary fractions") {
  CHECK(config_file_name(0.001) == "loss-0.1.yaml");
  CHECK(config_file_name(0.007) == "loss-0.7.yaml");
  CHECK(config_file_name(0.05) == "loss-5.yaml");
  CHECK(config_file_name(0) == "loss-0.yaml");
}
