// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_HUMAN_H
#define ANDA_SIM_REPORT_HUMAN_H

#include <string>

#include "report/metric_value.h"
#include "text/terminal.h"

namespace anda::sim {

// Numbers for readers, with four significant digits and their unit; "n/a" for a missing value.

/// "1.234 GB/s": with prefixes n … P, in powers of 1000. Without a unit, "1.234 G".
std::string si_text(const MetricValue& value, const std::string& unit);

/// "97.12 %" for a share of 0 … 1.
std::string percent_text(const MetricValue& value);

/// "1.234", without a unit.
std::string plain_text(const MetricValue& value);

/// "1.234×".
std::string ratio_text(const MetricValue& value);

/// Colour of an improvement over a baseline: good above 1, bad below, plain if four digits show 1.
Ink ratio_ink(const MetricValue& value);

/// "1:02:03" or "2:03" for a time rounded to whole seconds.
std::string clock_text(double seconds);

/// A value with this unit of the metric table, formatted by the functions above.
std::string human_text(const MetricValue& value, const std::string& unit);

}  // namespace anda::sim

#endif
