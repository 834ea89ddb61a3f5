// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_OP_KINDS_H
#define ANDA_SIM_REPORT_OP_KINDS_H

#include <cstdint>
#include <string>
#include <vector>

#include "system/op_record.h"

namespace anda::sim {

/// The kinds of op of a system, as distinguished by OpSpool, with results computed once for all ops of a kind.
class OpKinds {
 public:
  struct Kind {
    OpRecord first;  ///< first op of the kind, with its own counts
    std::uint64_t rows = 0;
    std::string details;       ///< shared part of its rows in ops.csv
    std::uint64_t result = 0;  ///< its number in ops.sqlite

    /// The first record extended to all rows: with the runs and counts of all of them.
    OpRecord together() const;
  };

  /// Counts an op of a kind; returns whether it is the first of its kind.
  bool add(std::size_t kind, const OpRecord& record);
  Kind& operator[](std::size_t kind) { return kinds_.at(kind); }
  const std::vector<Kind>& list() const { return kinds_; }

 private:
  std::vector<Kind> kinds_;
};

}  // namespace anda::sim

#endif
