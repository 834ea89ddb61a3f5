// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_HUMAN_H
#define ANDA_SIM_REPORT_HUMAN_H

#include <string>

#include "report/metric_value.h"
#include "text/terminal.h"

namespace anda::sim {

// Numbers as people read them, with four significant digits and their unit; "n/a" for nothing.

/// "1.234 GB/s": with the prefixes n … P of powers of 1000. Without a unit "1.234 G".
std::string si_text(const MetricValue& value, const std::string& unit);

/// "97.12 %" of a share 0 … 1.
std::string percent_text(const MetricValue& value);

/// "1.234", without a unit.
std::string plain_text(const MetricValue& value);

/// "1.234×".
std::string ratio_text(const MetricValue& value);

/// Of an improvement over a baseline: good above 1, bad below, plain where four digits show 1.
Ink ratio_ink(const MetricValue& value);

/// "1:02:03" or "2:03" of whole seconds.
std::string clock_text(double seconds);

/// A value in this unit of the metric table, as the above have it.
std::string human_text(const MetricValue& value, const std::string& unit);

}  // namespace anda::sim

#endif
