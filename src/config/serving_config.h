// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_SERVING_CONFIG_H
#define ANDA_SIM_CONFIG_SERVING_CONFIG_H

#include <anda/base/describe.h>

#include <cstdint>
#include <string>

namespace anda::sim {

/// Distribution of the times between generated requests.
enum class Arrivals { poisson, gamma, even };

inline constexpr ChoiceTable<Arrivals, 3> arrival_kinds{
    {{"poisson", Arrivals::poisson}, {"gamma", Arrivals::gamma}, {"even", Arrivals::even}}};

/// Distribution of the lengths of generated requests.
enum class Lengths { fixed, uniform, log_normal };

inline constexpr ChoiceTable<Lengths, 3> length_kinds{
    {{"fixed", Lengths::fixed}, {"uniform", Lengths::uniform}, {"log_normal", Lengths::log_normal}}};

/// Column layout of a request file.
enum class RequestFormat { automatic, azure, burstgpt, mooncake };

inline constexpr ChoiceTable<RequestFormat, 4> request_formats{{{"auto", RequestFormat::automatic},
                                                                {"azure", RequestFormat::azure},
                                                                {"burstgpt", RequestFormat::burstgpt},
                                                                {"mooncake", RequestFormat::mooncake}}};

/// Order in which waiting requests are admitted.
enum class Order { first_come, shortest_prompt, priority };

inline constexpr ChoiceTable<Order, 3> orders{
    {{"first_come", Order::first_come}, {"shortest_prompt", Order::shortest_prompt}, {"priority", Order::priority}}};

/// How much of the cache must be free to admit a request.
enum class Admission { prompt, whole_sequence };

inline constexpr ChoiceTable<Admission, 2> admissions{
    {{"prompt", Admission::prompt}, {"whole_sequence", Admission::whole_sequence}}};

/// What happens to the cache of a preempted request.
enum class Preemption { recompute, swap };

inline constexpr ChoiceTable<Preemption, 2> preemptions{
    {{"recompute", Preemption::recompute}, {"swap", Preemption::swap}}};

/// Lengths of generated prompts or answers, in tokens.
struct LengthConfig {
  Lengths distribution = Lengths::log_normal;
  double mean = 1024;
  double cv = 1;
  std::uint32_t least = 1;
  std::uint32_t most = 4096;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.choice("distribution", self.distribution, length_kinds,
                 "fixed: all have the mean; uniform: least … most; log_normal: mean and cv, cut to least … most");
    visit.number("mean", self.mean, Range<double>{1, 1e7}, "mean length in tokens, before cutting; not of uniform");
    visit.number("cv", self.cv, Range<double>{0, 100}, "standard deviation / mean of log_normal");
    visit.number("least", self.least, Range<std::uint32_t>{1, 1u << 24}, "shortest length");
    visit.number("most", self.most, Range<std::uint32_t>{1, 1u << 24}, "longest length");
  }
  void check(const std::string& path, Problems& problems) const {
    if (most < least) {
      problems.push_back({join_key(path, "most"), "is " + number_text(most) + ", must be at least " +
                                                      join_key(path, "least") + " = " + number_text(least)});
    }
  }
};

/// Source of requests: a file or a generator.
struct RequestsConfig {
  std::string trace;
  RequestFormat format = RequestFormat::automatic;
  double rate_scale = 1;
  std::uint64_t limit = 0;
  std::uint64_t count = 1000;
  double rate_per_s = 1;
  Arrivals arrivals = Arrivals::poisson;
  double cv = 1;
  LengthConfig prompt;
  LengthConfig output{Lengths::log_normal, 200, 1, 1, 1024};
  std::uint32_t priorities = 1;
  std::uint64_t seed = 1;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.path("trace", self.trace, "a file of requests, see `format`; empty: they are generated");
    visit.choice(
        "format", self.format, request_formats,
        "azure: CSV TIMESTAMP,ContextTokens,GeneratedTokens; burstgpt: CSV Timestamp,…,Request tokens,Response "
        "tokens,…; mooncake: JSON lines with timestamp, input_length, output_length, hash_ids; auto: by the "
        "first line");
    visit.number("rate_scale", self.rate_scale, Range<double>{1e-6, 1e6},
                 "a trace's arrivals are so many times as fast");
    visit.number("limit", self.limit, Range<std::uint64_t>{0, std::uint64_t{1} << 40},
                 "requests of a trace that are read, from the first; 0: all");
    visit.number("count", self.count, Range<std::uint64_t>{1, std::uint64_t{1} << 40}, "requests to generate");
    visit.number("rate_per_s", self.rate_per_s, Range<double>{1e-9, 1e9}, "mean arrival rate of generated requests");
    visit.choice("arrivals", self.arrivals, arrival_kinds,
                 "poisson: exponential gaps; gamma: gaps of coefficient of variation cv; even: equal gaps");
    visit.number("cv", self.cv, Range<double>{1e-3, 100}, "standard deviation / mean of the gaps of gamma");
    visit.section("prompt", self.prompt, "lengths of generated prompts");
    visit.section("output", self.output, "lengths of generated answers");
    visit.number("priorities", self.priorities, Range<std::uint32_t>{1, 1000},
                 "classes of generated requests, 0 the most urgent, all as likely");
    visit.number("seed", self.seed, Range<std::uint64_t>{0, ~std::uint64_t{0}}, "of the generator");
  }
};

/// Which requests are batched together.
struct SchedulerConfig {
  Order order = Order::first_come;
  Admission admission = Admission::prompt;
  Preemption preemption = Preemption::recompute;
  std::uint32_t max_batch = 128;
  std::uint32_t max_tokens = 2048;
  bool chunked_prefill = true;
  std::uint32_t round_lengths = 1;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.choice("order", self.order, orders,
                 "which waiting request is admitted first; the last of the order is preempted first");
    visit.choice("admission", self.admission, admissions,
                 "cache that must be free to admit a request; prompt: for its prompt, and `watermark` of the cache; "
                 "whole_sequence: for all of its tokens, so that nothing is preempted");
    visit.choice("preemption", self.preemption, preemptions,
                 "a request without room for its next token makes the last one give way; recompute: drop its cache; "
                 "swap: move it to the host and back, at cache.swap_bytes_per_s");
    visit.number("max_batch", self.max_batch, Range<std::uint32_t>{1, 65536}, "most requests in flight");
    visit.number("max_tokens", self.max_tokens, Range<std::uint32_t>{1, 1u << 24},
                 "most tokens of an iteration, of prompts and answers together");
    visit.flag("chunked_prefill", self.chunked_prefill,
               "cut prompts to what max_tokens leaves; false: a prompt longer than that has an iteration's tokens to "
               "itself");
    visit.number("round_lengths", self.round_lengths, Range<std::uint32_t>{1, 65536},
                 "contexts are timed as if rounded up to a multiple of it; 1: exactly. Faster to simulate; the report "
                 "bounds the error");
  }
};

/// The key/value cache, in blocks.
struct CacheBlocksConfig {
  std::uint32_t block_tokens = 64;
  double memory_share = 0.9;
  double watermark = 0.01;
  bool prefix_reuse = true;
  double swap_bytes_per_s = 32e9;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("block_tokens", self.block_tokens, Range<std::uint32_t>{1, 65536}, "tokens of a block of the cache");
    visit.number("memory_share", self.memory_share, Range<double>{0.01, 1},
                 "share of each memory's capacity for weights and cache");
    visit.number("watermark", self.watermark, Range<double>{0, 0.5},
                 "share of the blocks that admission leaves free for the tokens of running requests");
    visit.flag(
        "prefix_reuse", self.prefix_reuse,
        "prompts that start as an earlier one (hash_ids of the mooncake format) reuse its blocks while they last");
    visit.number("swap_bytes_per_s", self.swap_bytes_per_s, Range<double>{1, 1e15},
                 "bandwidth to the host of each accelerator, for swapping");
  }
};

/// Service-level limits of a user: the goodput counts requests that meet both.
struct ServiceLimits {
  double first_token_s = 2;
  double per_token_s = 0.2;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("first_token_s", self.first_token_s, Range<double>{1e-9, 1e9}, "longest time to the first token");
    visit.number("per_token_s", self.per_token_s, Range<double>{1e-9, 1e9}, "longest mean time per further token");
  }
};

/// Requests, how they are batched, and where their keys and values reside, for `anda-sim serve`.
struct ServingConfig {
  RequestsConfig requests;
  SchedulerConfig scheduler;
  CacheBlocksConfig cache;
  ServiceLimits limits;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.section("requests", self.requests, "requests of a trace, or generated ones");
    visit.section("scheduler", self.scheduler, "which requests run together in an iteration");
    visit.section("cache", self.cache, "the key/value cache as blocks of the external memory");
    visit.section("limits", self.limits, "latencies that count as good");
  }
};

}  // namespace anda::sim

#endif
