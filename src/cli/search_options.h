// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_SEARCH_OPTIONS_H
#define ANDA_SIM_CLI_SEARCH_OPTIONS_H

#include <boost/program_options.hpp>
#include <vector>

#include "cli/command_line.h"
#include "config/workload_config.h"
#include "search/precision_search.h"

namespace anda::sim {

boost::program_options::options_description search_options();

/// The permitted losses, as shares.
std::vector<double> tolerances_of(const CommandLine& options);

/// The positions from which lengths may differ, checked against the tokens that the workload computes.
std::vector<std::uint32_t> schedule_of(const CommandLine& options, const WorkloadConfig& workload);

/// Objective, dimensions and iterations of the search.
SearchSettings settings_of(const CommandLine& options);

}  // namespace anda::sim

#endif
