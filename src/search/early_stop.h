// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_EARLY_STOP_H
#define ANDA_SIM_SEARCH_EARLY_STOP_H

#include <cstddef>
#include <vector>

namespace anda::sim {

// Decides when the loss of a combination is certainly beyond a tolerance before all of a text has run. docs/search.md
// states the rule; scripts/anda_sim/pytorch/early_stop.py implements the same.

/// Numbers of completed parts of a text at which to check: 8, 16, 32 …, below `count`.
std::vector<std::size_t> looks(std::size_t count);

/// Whether the mean of `count` differences is certainly above `limit`, judged from a random sample `drawn`: the
/// sample's mean exceeds the limit by more than four of its standard deviations.
bool is_certainly_above(const std::vector<double>& drawn, std::size_t count, double limit);

/// The numbers 0 … count − 1 in a random but reproducible order.
std::vector<std::size_t> random_order(std::size_t count);

}  // namespace anda::sim

#endif
