// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "serving/block_pool.h"
#include "serving/quantiles.h"
#include "serving/request_generator.h"
#include "serving/scheduler.h"
#include "serving/trace_time.h"
#include "workload/inference.h"

using namespace anda;
using namespace anda::sim;

namespace {

Request request(std::uint64_t number, std::uint64_t prompt, std::uint64_t output) {
  Request made;
  made.number = number;
  made.prompt = prompt;
  made.output = output;
  return made;
}

ServingConfig config_of(std::uint32_t max_tokens, std::uint32_t block_tokens) {
  ServingConfig config;
  config.scheduler.max_tokens = max_tokens;
  config.cache.block_tokens = block_tokens;
  config.cache.watermark = 0;
  return config;
}

/// (request, start, tokens, emits) of each share.
using Shares = std::vector<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, bool>>;
Shares shares_of(const Iteration& iteration) {
  Shares shares;
  for (const Share& share : iteration.shares) {
    shares.emplace_back(share.sequence->request.number, share.start, share.tokens, share.emits);
  }
  return shares;
}

Shares step(Scheduler& scheduler) {
  const Iteration iteration = scheduler.form(0);
  Shares shares = shares_of(iteration);
  scheduler.finish(iteration, 1);
  return shares;
}

}  // namespace

TEST_CASE("answers go before prompts, and a prompt is cut to the tokens that are left") {
  Scheduler scheduler(config_of(8, 4), 100);
  scheduler.arrive(request(0, 5, 3));
  scheduler.arrive(request(1, 9, 1));
  CHECK(step(scheduler) == Shares{{0, 0, 5, true}, {1, 0, 3, false}});
  CHECK(step(scheduler) == Shares{{0, 5, 1, true}, {1, 3, 6, true}});
  CHECK(step(scheduler) == Shares{{0, 6, 1, true}});
  CHECK(step(scheduler).empty());
  CHECK(scheduler.blocks().used() == 0);
}

TEST_CASE("without chunks a prompt waits for an iteration with room, and one that never fits runs beside answers") {
  ServingConfig config = config_of(8, 4);
  config.scheduler.chunked_prefill = false;
  Scheduler scheduler(config, 100);
  scheduler.arrive(request(0, 5, 3));
  scheduler.arrive(request(1, 7, 1));
  scheduler.arrive(request(2, 20, 1));
  CHECK(step(scheduler) == Shares{{0, 0, 5, true}});
  CHECK(step(scheduler) == Shares{{0, 5, 1, true}, {1, 0, 7, true}});
  CHECK(step(scheduler) == Shares{{0, 6, 1, true}, {2, 0, 20, true}});
}

TEST_CASE("the last sequence gives way when the cache is full, and computes its tokens again") {
  // Two blocks each at first; the fourth token of either needs a third block, of which there is none.
  Scheduler scheduler(config_of(8, 2), 4);
  scheduler.arrive(request(0, 3, 4));
  scheduler.arrive(request(1, 3, 2));
  CHECK(step(scheduler) == Shares{{0, 0, 3, true}, {1, 0, 3, true}});
  CHECK(step(scheduler) == Shares{{0, 3, 1, true}, {1, 3, 1, true}});
  // Request 1 is done, so that request 0 has its third block.
  CHECK(step(scheduler) == Shares{{0, 4, 1, true}});

  Scheduler tight(config_of(8, 2), 4);
  tight.arrive(request(0, 4, 3));
  tight.arrive(request(1, 4, 3));
  CHECK(step(tight) == Shares{{0, 0, 4, true}, {1, 0, 4, true}});
  const Iteration iteration = tight.form(0);
  CHECK(shares_of(iteration) == Shares{{0, 4, 1, true}});
  CHECK(iteration.preempted == 1);
  tight.finish(iteration, 1);
  CHECK(step(tight) == Shares{{0, 5, 1, true}});
  CHECK(step(tight) == Shares{{1, 0, 5, true}});
}

TEST_CASE("a swapped sequence goes on where it was") {
  ServingConfig config = config_of(8, 2);
  config.scheduler.preemption = Preemption::swap;
  Scheduler scheduler(config, 4);
  scheduler.arrive(request(0, 4, 3));
  scheduler.arrive(request(1, 4, 3));
  step(scheduler);
  const Iteration out = scheduler.form(0);
  CHECK(out.swapped_tokens == 4);
  scheduler.finish(out, 1);
  step(scheduler);
  const Iteration in = scheduler.form(0);
  CHECK(in.swapped_tokens == 4);
  CHECK(shares_of(in) == Shares{{1, 4, 1, true}});
}

TEST_CASE("a prompt that starts as an earlier one reuses its blocks, but for its last token") {
  ServingConfig config = config_of(4096, 64);
  Scheduler scheduler(config, 1000);
  Request first = request(0, 1100, 1);
  first.hashes = {7, 8, 9};
  Request second = request(1, 1024, 1);
  second.hashes = {7, 8};
  scheduler.arrive(first);
  CHECK(step(scheduler) == Shares{{0, 0, 1100, true}});
  CHECK(scheduler.blocks().used() == 0);
  scheduler.arrive(second);
  // All 1024 tokens are there, but the last one gives the output: its block of hash_tokens is computed again.
  CHECK(step(scheduler) == Shares{{1, 512, 512, true}});
}

TEST_CASE("unused prefixes go when their room is needed, the least recently used first") {
  BlockPool pool(10, 4);
  REQUIRE(pool.take(8));
  REQUIRE(pool.share(1));
  REQUIRE(pool.share(2));
  CHECK_FALSE(pool.share(2));
  CHECK(pool.used() == 8);
  pool.leave(2);
  pool.leave(1);
  CHECK(pool.available() == 10);
  CHECK_FALSE(pool.take(11));
  REQUIRE(pool.take(3));
  CHECK(pool.known({1}, 1) == 1);
  CHECK(pool.known({2}, 1) == 0);
  pool.use(1);
  CHECK(pool.available() == 3);
  BlockPool single(10, 1);
  REQUIRE(single.take(1));
  CHECK(single.share(1));
}

TEST_CASE("percentiles are those of the sorted values") {
  std::mt19937_64 random(3);
  for (const std::size_t count : std::vector<std::size_t>{1, 2, 3, 1000}) {
    Quantiles quantiles;
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
      // Many equal ones, and sizes from 1e-6 to 1e6.
      values.push_back(random() % 3 == 0 ? 2.0 : std::pow(10.0, static_cast<double>(random() % 1200) / 100 - 6));
      quantiles.add(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double share : {0.0, 0.25, 0.5, 0.9, 0.99, 1.0}) {
      const double place = share * static_cast<double>(count - 1);
      const auto low = static_cast<std::size_t>(place);
      const double next = values[std::min(low + 1, count - 1)];
      CHECK(quantiles.at(share) == values[low] + (next - values[low]) * (place - static_cast<double>(low)));
    }
    CHECK(quantiles.most() == values.back());
  }
}

TEST_CASE("dates of traces are read to 100 nanoseconds") {
  const auto ns_of = [](const char* text) {
    std::int64_t ns = -1;
    const std::string problem = parse_date(text, ns);
    return problem.empty() ? ns : -1;
  };
  CHECK(ns_of("2023-11-16 18:17:03.9799600") == 1700158623979960000);
  CHECK(ns_of("2024-02-29T23:59:59+00:00") == 1709251199000000000);
  CHECK(ns_of("1970-01-01 00:00:00.5Z") == 500000000);
  for (const char* wrong :
       {"", "2023-02-29 00:00:00", "2023-13-01 00:00:00", "2023-11-16", "2023-11-16 24:00:00", "2023-11-16 18:17:03 ",
        "2023-11-16 18:17:", "2023-11-16 18:17:03+01:00", "16.11.2023 18:17:03"}) {
    CHECK(ns_of(wrong) == -1);
  }
}

TEST_CASE("generated requests have the mean and the spread that they are to have") {
  RequestsConfig config;
  config.count = 20000;
  config.rate_per_s = 4;
  config.arrivals = Arrivals::gamma;
  config.cv = 2;
  config.prompt = {Lengths::log_normal, 500, 0.5, 1, 1u << 24};
  config.output = {Lengths::uniform, 1, 1, 10, 20};
  RequestGenerator generator(config);
  double before = 0;
  double gaps = 0;
  double squares = 0;
  double prompts = 0;
  std::map<std::uint64_t, int> outputs;
  for (Request made; generator.next(made);) {
    const double gap = made.arrival_s - before;
    before = made.arrival_s;
    gaps += gap;
    squares += gap * gap;
    prompts += static_cast<double>(made.prompt);
    ++outputs[made.output];
  }
  const double mean = gaps / 20000;
  // Three standard errors: cv / sqrt(n) of the mean is 1.4 %, and 0.35 % of the prompts'.
  CHECK(mean == Approx(0.25).epsilon(0.043));
  CHECK(std::sqrt(squares / 20000 - mean * mean) / mean == Approx(2).epsilon(0.1));
  CHECK(prompts / 20000 == Approx(500).epsilon(0.011));
  CHECK(outputs.begin()->first == 10);
  CHECK(outputs.rbegin()->first == 20);
}

TEST_CASE("operations of tokens and of slices are those of the layer") {
  ModelShape shape = find_model("LLaMA-3-8B");
  for (const bool has_experts : {false, true}) {
    if (has_experts) shape = find_model("Mixtral-8x7B");
    InferenceOptions options;
    options.keys = {CacheNumber::anda, 4, 64, CacheAxis::token};
    options.values = {CacheNumber::anda, 4, 64, CacheAxis::channel};
    LayerOperations operations(shape, options);
    const std::vector<Slice> slices{{0, 300, 1, true}, {100, 1, 1, true}, {127, 1, 1, true}};
    using Key = std::tuple<std::string, std::uint64_t, std::uint64_t, std::uint64_t>;
    std::map<Key, std::uint64_t> whole;
    std::map<Key, std::uint64_t> parts;
    const auto count = [](std::map<Key, std::uint64_t>& into, const std::vector<Gemm>& list) {
      for (const Gemm& gemm : list) into[{gemm.name, gemm.m, gemm.n, gemm.k}] += gemm.count;
    };
    count(whole, operations.of(3, slices));
    count(parts, operations.of_tokens(3, 302));
    for (const Slice& slice : slices) count(parts, operations.of_slice(3, slice));
    CHECK(whole == parts);
  }
}
