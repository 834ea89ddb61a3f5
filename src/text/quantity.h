// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_QUANTITY_H
#define ANDA_SIM_TEXT_QUANTITY_H

#include <optional>
#include <string>
#include <string_view>

namespace anda::sim {

/// The unit that a key has in its name ("latency_ns", "pj_per_bit", "bytes"), for people ("ns", "pJ/bit", "bytes");
/// empty for a key without one.
std::string_view unit_of_key(std::string_view key);

/// Whether a number of the key may have a unit behind it.
bool takes_unit(std::string_view key);

/// A number with a unit, in the unit of a key: "2MiB" for `bytes` is "2097152", "1.5 GHz" for `clock_hz` "1.5e9",
/// "3.9pJ" for `pj_per_bit` "3.9". Prefixes are those of SI and, for bytes and bits, Ki, Mi, Gi and Ti. Nothing if the
/// text is no number with a unit that fits the key. scripts/anda_sim/common/scalar.py has the same.
std::optional<std::string> quantity_text(std::string_view text, std::string_view key);

}  // namespace anda::sim

#endif
