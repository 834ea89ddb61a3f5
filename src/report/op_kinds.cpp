// SPDX-License-Identifier: Apache-2.0
#include "report/op_kinds.h"

namespace anda::sim {

OpRecord OpKinds::Kind::together() const {
  OpRecord all = first;
  all.gemm.count *= rows;
  for (std::uint64_t& count : all.counts) count *= rows;
  if (first.errors) {
    for (std::uint64_t row = 1; row < rows; ++row) *all.errors += *first.errors;
  }
  return all;
}

bool OpKinds::add(std::size_t kind, const OpRecord& record) {
  const bool is_new = kind == kinds_.size();
  if (is_new) kinds_.emplace_back().first = record;
  ++kinds_.at(kind).rows;
  return is_new;
}

}  // namespace anda::sim
