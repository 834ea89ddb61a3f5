// SPDX-License-Identifier: Apache-2.0
#include "search/early_stop.h"

#include <cmath>
#include <numeric>
#include <random>
#include <utility>

namespace anda::sim {
namespace {

constexpr std::size_t first_look = 8;
constexpr double deviations = 4;  // in a normal distribution, 3 in 100,000 values lie further above

}  // namespace

std::vector<std::size_t> looks(std::size_t count) {
  std::vector<std::size_t> all;
  for (std::size_t look = first_look; look < count; look *= 2) all.push_back(look);
  return all;
}

bool is_certainly_above(const std::vector<double>& drawn, std::size_t count, double limit) {
  const auto n = static_cast<double>(drawn.size());
  const double mean = std::accumulate(drawn.begin(), drawn.end(), 0.0) / n;
  double squares = 0;
  for (const double value : drawn) squares += (value - mean) * (value - mean);
  // Drawn without replacement, so the known part of the whole reduces the variance.
  const double deviation = std::sqrt(squares / (n - 1) / n * (1 - n / static_cast<double>(count)));
  return mean - deviations * deviation > limit;
}

std::vector<std::size_t> random_order(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 random(1);  // the same numbers on every platform, unlike the library's distributions
  for (std::size_t left = count; left > 1; --left) std::swap(order[left - 1], order[random() % left]);
  return order;
}

}  // namespace anda::sim
