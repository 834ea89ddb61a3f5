// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_OP_KINDS_H
#define ANDA_SIM_REPORT_OP_KINDS_H

#include <cstdint>
#include <string>
#include <vector>

#include "system/op_record.h"

namespace anda::sim {

/// The kinds of op of a system, as OpSpool tells them apart, with what is worked out once for all ops of a kind.
class OpKinds {
 public:
  struct Kind {
    OpRecord first;  ///< with the counts of this one
    std::uint64_t rows = 0;
    std::string details;       ///< of ops.csv
    std::uint64_t result = 0;  ///< of ops.sqlite

    /// The first record as if all rows were one: runs and counts of all together.
    OpRecord together() const;
  };

  /// Counts an op of a kind that is kept apart; whether it is the first of its kind.
  bool add(std::size_t kind, const OpRecord& record);
  Kind& operator[](std::size_t kind) { return kinds_.at(kind); }
  const std::vector<Kind>& list() const { return kinds_; }

 private:
  std::vector<Kind> kinds_;
};

}  // namespace anda::sim

#endif
