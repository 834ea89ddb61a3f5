// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_PE_KIND_H
#define ANDA_BASE_PE_KIND_H

#include <array>
#include <cstddef>

#include <anda/base/describe.h>

namespace anda {

/// The processing elements available for an array; mxu/processing_element implements them.
enum class PeKind { fp_fp, fp_int, ifpu, figna, figna_m11, figna_m8, anda };

/// A kind, with its name in configurations and reports.
struct PeEntry {
  const char* name;
  PeKind kind;
  const char* meaning;
};

/// Every kind, one per line; configuration, technology and reports follow this table.
inline constexpr std::array pe_table{
    PeEntry{"fp-fp", PeKind::fp_fp, "FP16 activations × weights dequantised to FP16"},
    PeEntry{"fp-int", PeKind::fp_int, "FP16 activations × INT weights, multiplied without dequantising"},
    PeEntry{"ifpu", PeKind::ifpu, "activations aligned to 24 bits at every read × bit-serial weights"},
    PeEntry{"figna", PeKind::figna, "activations aligned to 13 bits at every read × INT weights"},
    PeEntry{"figna-m11", PeKind::figna_m11, "as figna, with 11 bits"},
    PeEntry{"figna-m8", PeKind::figna_m8, "as figna, with 8 bits"},
    PeEntry{"anda", PeKind::anda, "bit-serial over Anda mantissa planes × INT weights"},
};

inline constexpr std::size_t pe_kind_count = pe_table.size();

/// The kinds as a configuration choice.
inline constexpr ChoiceTable<PeKind, pe_kind_count> pe_kinds = [] {
  ChoiceTable<PeKind, pe_kind_count> kinds{};
  for (std::size_t i = 0; i < pe_kind_count; ++i) kinds[i] = {pe_table[i].name, pe_table[i].kind};
  return kinds;
}();

/// Index of a kind in pe_table.
constexpr std::size_t index_of(PeKind kind) {
  std::size_t index = 0;
  while (index < pe_kind_count && pe_table[index].kind != kind) ++index;
  return index;
}

}  // namespace anda

#endif
