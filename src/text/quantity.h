// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_QUANTITY_H
#define ANDA_SIM_TEXT_QUANTITY_H

#include <optional>
#include <string>
#include <string_view>

namespace anda::sim {

/// Returns the display form ("ns", "pJ/bit", "bytes") of the unit in a key's name ("latency_ns", "pj_per_bit",
/// "bytes"); empty for a key without one.
std::string_view unit_of_key(std::string_view key);

/// Whether a number for the key may be followed by a unit.
bool takes_unit(std::string_view key);

/// Converts a number with a unit to the unit of a key: "2MiB" for `bytes` gives "2097152", "1.5 GHz" for `clock_hz`
/// "1.5e9", "3.9pJ" for `pj_per_bit` "3.9". Accepts SI prefixes and, for bytes and bits, Ki, Mi, Gi and Ti. Returns
/// nothing if the text is not a number with a unit that fits the key. scripts/anda_sim/common/scalar.py does the same.
std::optional<std::string> quantity_text(std::string_view text, std::string_view key);

}  // namespace anda::sim

#endif
