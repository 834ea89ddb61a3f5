// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROL_REGISTER_TABLE_H
#define ANDA_CONTROL_REGISTER_TABLE_H

#include <array>
#include <cstdint>

#include <anda/control/register_map.h>

namespace anda {

// The tables of register_map.h as data, for decoding and for docs/registers.md.

enum class Access { read_only, write_only, read_write };

struct RegisterEntry {
  const char* name;
  std::uint32_t offset;
  Access access;
  std::uint32_t reset;
  const char* meaning;
};

struct FieldEntry {
  const char* of_register;
  const char* name;
  std::uint32_t bit;
  std::uint32_t bits;
  const char* meaning;
};

struct CounterEntry {
  const char* name;
  std::uint32_t offset;  ///< of the low word
  const char* counter;   ///< its name among the accelerator's counters
};

struct DescriptorEntry {
  const char* name;
  std::uint32_t position;  ///< for anda_get_field()
  const char* meaning;
};

struct VectorOperationEntry {
  const char* name;
  std::uint32_t number;
  const char* meaning;
};

struct ErrorEntry {
  const char* name;
  std::uint32_t code;
  const char* meaning;
};

/// Returns the access kind named RO, WO or RW.
constexpr Access access_of(const char* word) {
  if (word[0] == 'W') return Access::write_only;
  return word[1] == 'W' ? Access::read_write : Access::read_only;
}

#define ANDA_ENTRY(name, offset, access, value, meaning) \
  RegisterEntry{#name, offset, access_of(#access), value, meaning},
inline constexpr std::array register_table{ANDA_REGISTERS(ANDA_ENTRY)};
#undef ANDA_ENTRY

#define ANDA_ENTRY(reg, field, bit, bits, meaning) FieldEntry{#reg, #field, bit, bits, meaning},
inline constexpr std::array field_table{ANDA_FIELDS(ANDA_ENTRY)};
#undef ANDA_ENTRY

#define ANDA_ENTRY(name, offset, counter) CounterEntry{#name, offset, counter},
inline constexpr std::array counter_table{ANDA_COUNTERS(ANDA_ENTRY)};
#undef ANDA_ENTRY

/// Whether every counter has two words of its own that overlap no register.
constexpr bool counters_have_addresses() {
  for (std::size_t i = 0; i < counter_table.size(); ++i) {
    if (counter_table[i].offset % 8 != 0) return false;
    for (std::size_t other = 0; other < i; ++other) {
      if (counter_table[i].offset == counter_table[other].offset) return false;
    }
    for (const RegisterEntry& entry : register_table) {
      if (entry.offset == counter_table[i].offset || entry.offset == counter_table[i].offset + 4) return false;
    }
  }
  return true;
}
static_assert(counters_have_addresses());

#define ANDA_ENTRY(field, word, bit, bits, meaning) DescriptorEntry{#field, ANDA_DESCRIPTOR_##field, meaning},
inline constexpr std::array descriptor_table{ANDA_DESCRIPTOR_FIELDS(ANDA_ENTRY)};
#undef ANDA_ENTRY

#define ANDA_ENTRY(name, number, meaning) VectorOperationEntry{#name, number, meaning},
inline constexpr std::array vector_operation_table{ANDA_VECTOR_OPERATIONS(ANDA_ENTRY)};
#undef ANDA_ENTRY

#define ANDA_ENTRY(name, code, meaning) ErrorEntry{#name, code, meaning},
inline constexpr std::array error_table{ANDA_ERRORS(ANDA_ENTRY)};
#undef ANDA_ENTRY

}  // namespace anda

#endif
