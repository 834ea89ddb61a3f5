// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <vector>

#include "search/early_stop.h"

using namespace anda::sim;

TEST_CASE("An evaluation is certainly above a limit beyond four deviations of the mean") {
  // Mean 5, squares 4 + 4 by 1: a deviation of √8, that of the mean √(8 / 2) = 2; half of the text has run: √(1 / 2).
  const std::vector<double> drawn{3, 7};
  const double bound = 5 - 4 * 2 * 0.70710678118654752;
  CHECK(is_certainly_above(drawn, 4, bound - 1e-9));
  CHECK_FALSE(is_certainly_above(drawn, 4, bound + 1e-9));
  // What all of the text says is certain.
  CHECK(is_certainly_above(drawn, 2, 5 - 1e-9));
  CHECK_FALSE(is_certainly_above(drawn, 2, 5));
}

TEST_CASE("An evaluation is looked at after 8 parts, and after twice as many each time, never at its end") {
  CHECK(looks(66) == std::vector<std::size_t>{8, 16, 32, 64});
  CHECK(looks(64) == std::vector<std::size_t>{8, 16, 32});
  CHECK(looks(8).empty());
}

TEST_CASE("Parts run in an order that has each of them once") {
  std::vector<std::size_t> order = random_order(100);
  CHECK(order == random_order(100));
  CHECK_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  std::vector<std::size_t> all(100);
  std::iota(all.begin(), all.end(), std::size_t{0});
  CHECK(order == all);
}
