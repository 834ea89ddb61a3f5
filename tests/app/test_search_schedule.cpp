// SPDX-License-Identifier: Apache-2.0
// Lengths by position in a precision search; tests/python/test_search_schedule.py has the command as a whole.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "config/load.h"
#include "search/bit_operations.h"
#include "search/schedule_search.h"
#include "search/search_log.h"
#include "trace_test_files.h"

using namespace anda::sim;

TEST_CASE("A schedule is never dearer than what it starts from, and no part loses more than it may") {
  // Each part loses what its own lengths lose, by weights that differ.
  const auto lengths_at = [](const Precisions& precisions, std::uint32_t position) {
    const auto after = precisions.schedule.upper_bound(position);
    return after == precisions.schedule.begin() ? precisions.all : std::prev(after)->second.all;
  };
  const std::vector<std::uint32_t> positions{10, 30};
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const auto weight = [&](std::uint32_t part, std::size_t type) {
      return 0.05 + 0.01 * ((seed * 7919 + part * 104729 + static_cast<std::uint32_t>(type) * 1299709) % 97);
    };
    ScheduleHooks hooks;
    hooks.cost = [&](const Precisions& precisions) {
      double cost = 0;
      for (const auto& [position, tokens] : {std::pair(0U, 10U), {10U, 20U}, {30U, 5U}}) {
        for (const std::uint32_t bits : lengths_at(precisions, position)) cost += tokens * bits;
      }
      return cost;
    };
    hooks.loss = [&](const Precisions& precisions) {
      ScheduleLoss loss;
      for (std::uint32_t part = 0; part < 3; ++part) {
        const Combination lengths = lengths_at(precisions, part == 0 ? 0 : positions[part - 1]);
        double lost = 0;
        for (std::size_t type = 0; type < 4; ++type) lost += weight(part, type) * std::exp2(-1.0 * lengths[type]);
        loss.segments.push_back(lost);
        loss.all += lost / 3;
      }
      return loss;
    };
    std::uint32_t visits = 0;
    hooks.visited = [&](const Visit& visit) { CHECK(visit.iteration == ++visits); };
    const Candidate start{{{6, 6, 6, 6}, {}}, 0, 0, {}};
    const ScheduleLoss before = hooks.loss(start.precisions);
    const double tolerance = before.all * 1.02;
    const SearchOutcome outcome = search_schedule(start, positions, tolerance, 1000, hooks);
    REQUIRE(outcome.meets);
    CHECK(outcome.best.cost <= hooks.cost(start.precisions));
    CHECK(outcome.best.loss <= tolerance);
    const ScheduleLoss after = hooks.loss(outcome.best.precisions);
    for (std::size_t part = 0; part < 3; ++part) {
      CHECK(after.segments[part] <= std::max(tolerance, before.segments[part]));
      CHECK(outcome.best.segment_losses[part] == after.segments[part]);
    }
    visits = 0;
    const SearchOutcome one = search_schedule(start, positions, tolerance, 1, hooks);
    CHECK(one.best.cost == hooks.cost(start.precisions));
    CHECK(one.best.precisions.schedule.empty());
  }
}

TEST_CASE("Bit operations of a schedule are those of its parts") {
  const RunConfig config = default_run_config({"workload.model=OPT-1.3B", "workload.tokens=10"});
  const BitOperations operations(config, std::nullopt);
  Precisions precisions{{8, 6, 5, 4}, {}};
  const std::uint64_t all = operations.total(precisions);
  precisions.schedule[6] = {{7, 6, 5, 4}, {}};
  CHECK(operations.total(precisions) == all - 24ULL * 4 * 4 * 3 * 2048 * 2048);
  precisions.schedule[6] = {{8, 6, 5, 4}, {}};
  CHECK(operations.total(precisions) == all);
  // With an attention, whatever the table says.
  const RunConfig whole =
      default_run_config({"workload.model=OPT-1.3B", "workload.tokens=10", "workload.scope=model",
                          "workload.phase=generate", "workload.output_tokens=3", "kv_cache.k.format=anda",
                          "kv_cache.v.format=int", "precision.A_p=6", "workload.layers=2"});
  const BitOperations with(whole, AttentionOperations(whole.precision, whole.kv_cache));
  const Precisions attended{{8, 6, 5, 4}, {}, {5, 0, 3, 4}};
  RunConfig run = whole;
  set_precisions(run, whole, attended);
  CHECK(with.total(attended) == bit_operations_of_run(run));
}

TEST_CASE("Precisions with a schedule go through JSON, logs and configurations") {
  const Precisions precisions{{4, 5, 6, 7}, {}, {3, 0, 0, 2}, {{512, {{3, 5, 6, 7}, {2, 0, 0, 2}}}}};
  const nlohmann::ordered_json json = precisions_json(precisions);
  CHECK(json["schedule"].dump() == R"({"512":{"combination":[3,5,6,7],"attention":{"A_q":2,"V":2}}})");
  const std::optional<Precisions> back = precisions_of(json);
  REQUIRE(back);
  const PrecisionsOrder less;
  CHECK_FALSE(less(*back, precisions));
  CHECK_FALSE(less(precisions, *back));
  CHECK(less({{4, 5, 6, 7}, {}, {3, 0, 0, 2}}, precisions));
  CHECK(lengths_text(precisions) == "[4, 5, 6, 7], A_q 3, V 2; from 512 [3, 5, 6, 7], A_q 2, V 2");
  for (const char* wrong : {R"({})", R"([])", R"({"0":{"combination":[3,5,6,7]}})", R"({"9":{"combination":[3,5,6]}})",
                            R"({"9":[3,5,6,7]})", R"({"x":{"combination":[3,5,6,7]}})"}) {
    nlohmann::ordered_json other = json;
    other["schedule"] = nlohmann::ordered_json::parse(wrong);
    CHECK_FALSE(precisions_of(other));
  }
  const PrecisionConfig config = precision_config({}, precisions);
  CHECK(config.mantissa_bits(0, "A_qkv", 511) == 4);
  CHECK(config.mantissa_bits(0, "A_qkv", 512) == 3);
  CHECK(config.given_bits(0, "A_q", 600) == 2U);
  CHECK(config.scheduled_cache_bits("V", 512) == 2U);
  CHECK_FALSE(config.scheduled_cache_bits("K", 512));

  const trace_test::Folder folder;
  const std::vector<std::uint32_t> positions{512};
  {
    SearchLog log(folder.path("log.jsonl"), {{"evaluator", "e"}});
    log.set_baseline(5);
    log.set_baseline(positions, {4.5, 5.5});
    nlohmann::ordered_json line = json;
    line.update({{"perplexity", 5.5}, {"positions", positions}, {"perplexities", {5.25, 5.75}}});
    log.add(line);
  }
  const SearchLog log(folder.path("log.jsonl"), {{"evaluator", "e"}});
  CHECK(log.by_position(nullptr, positions)->parts == std::vector<double>{4.5, 5.5});
  CHECK(log.by_position(&precisions, positions)->parts == std::vector<double>{5.25, 5.75});
  CHECK(log.by_position(&precisions, positions)->all == 5.5);
  CHECK_FALSE(log.by_position(&precisions, {256}));
  CHECK_FALSE(log.by_position(nullptr, {256}));
}
