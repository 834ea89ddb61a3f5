// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_OP_COLUMNS_H
#define ANDA_SIM_REPORT_OP_COLUMNS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "system/op_record.h"

namespace anda::sim {

/// A property of an op that is not a metric: what ran, in which formats and steps.
struct OpColumn {
  using Value = std::variant<std::uint64_t, std::string>;

  const char* key;  ///< key in report.json; in the object `tile` if `of_tile`
  bool of_tile;     ///< whether the column of ops.csv is named tile_<key>
  const char* unit;
  const char* meaning;
  Value (*value)(const OpRecord&);

  std::string csv_name() const { return of_tile ? std::string("tile_") + key : key; }
};

/// Number of leading columns that differ between ops of one kind (OpSpool): index, name, layer.
inline constexpr std::size_t own_op_columns = 3;

/// All columns in output order, before the metrics; those of the step come last. `whole`: include columns that only
/// operations between GeMMs need.
const std::vector<OpColumn>& op_columns(bool whole = true);

}  // namespace anda::sim

#endif
