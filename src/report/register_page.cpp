// SPDX-License-Identifier: Apache-2.0
#include "report/register_page.h"

#include <fmt/format.h>

#include <algorithm>

#include <anda/control/register_table.h>

namespace anda::sim {
namespace {

constexpr const char* register_introduction =
    R"(# Registers

What software sees behind the socket `control`: registers, counters and the instruction memory with its descriptors. This
page is the output of `anda-sim registers`; the tables are those of
[register_map.h](../models/anda/control/register_map.h), a C99 header that drivers include and by which the model decodes.
[examples/driver](../examples/driver) is such a driver.

Offsets are in bytes from the base of the socket. Registers are 32-bit words, little-endian; accesses are any number of
whole, aligned words. RO ignores writes, WO reads as 0. Other offsets, and anything that is not whole words, are refused and
change nothing.

## Registers

| offset | name | access | after reset | meaning |
|--------|------|--------|-------------|---------|
)";

constexpr const char* fields_heading = R"(
Registers from CAPABILITIES on describe the machine and never change.

### Fields

| register | bits | field | meaning |
|----------|------|-------|---------|
)";

constexpr const char* register_counters_heading = R"(
## Counters

64 bits each, the low word at the offset, the high word 4 bytes further; 0 after reset, never cleared otherwise.

| offset of the low word | name | unit | meaning |
|------------------------|------|------|---------|
)";

constexpr const char* counters_notes = R"(
Both words read in one access of 8 bytes belong together. With accesses of 4 bytes read the high word, the low word and the
high word again, until the high word is the same twice: reading changes nothing, so any number of readers may do so at
once. CYCLES, GEMMS and the stalls grow at the end of a GeMM, the others during it.

## Running descriptors

1. Write descriptors to the instruction memory, from )";

constexpr const char* running = R"( on, and their number to DESCRIPTOR_COUNT.
2. Enable the interrupt if needed: it is high while a cause is both enabled and set in INTERRUPT_STATUS.
3. Write START. BUSY is set at once; the descriptors run one after another, each read when its turn comes.
4. At the end BUSY is 0, and DONE or ERROR is set in STATUS and INTERRUPT_STATUS. A 1 written to INTERRUPT_CLEAR clears a
   cause. The next START may follow at once.

A run ends at the first error, and the descriptors before it are complete. ERROR_CODE, ERROR_ADDRESS and ERROR_DESCRIPTOR say
what was wrong. A descriptor is checked as a whole before it moves a byte, except that its addresses are checked against the
end of the memory by the memory itself. The machine is as usable after an error as before.

## Reset

RESET may be written at any moment. Registers and counters take the values after reset and the interrupt falls at once;
BUSY stays set, and START is ignored, until the outstanding transactions with external memory are complete. No further ones
begin. The instruction memory keeps its contents; what the aborted GeMM wrote to external memory stays there. A GeMM after that
gives the results and takes the cycles that it does on a machine that was never stopped, if the memory does not remember (with
`dram.level: detailed` it finds other rows open, and refreshes come at other times).

## Descriptors

)";

constexpr const char* descriptor_table_heading = R"(
| word | bits | field | meaning |
|------|------|-------|---------|
)";

constexpr const char* operations_heading = R"(
### Weights ahead

A descriptor of opcode 3 is that of a GeMM to come, with the number of loads in PARTIAL_SUMS_LOW. While the next GeMM or vector operation comes to its end,
the DMA makes the first so many loads of the GeMM's weights: the parts of the first panel, as long as STEP_UNIT_K, then the further panels of the first step, no
more than that has. The GeMM finds them by their addresses in the weight buffer and does not load them again; software leaves them as they are in memory until
then. The descriptor takes no time and counts in DESCRIPTORS_DONE. Weights that the next GeMM does not use, an error and a reset make the machine forget them.

### Vector operations

Operands x of M rows and N columns (K columns for MULTIPLY) are FP16, at ACTIVATIONS; a second one, w, is at WEIGHTS; results go to OUTPUTS, as
Anda groups of OUTPUT_BITS or as FP16. WEIGHT_BITS, SCALE_FORMAT and SCALE_GROUP are 0 but for QUANTISE and MULTIPLY; fields of steps, LOOP_ORDER,
INPUT_BITS and PARTIAL_SUMS are 0. K is 0 but for MULTIPLY and TOP_K.

| number | name | meaning |
|--------|------|---------|
)";

constexpr const char* register_errors_heading = R"(
Bits that belong to no field are reserved and must be 0. [functional.md](functional.md) describes the memory layout of operands.

## Errors

| code | name | meaning |
|------|------|---------|
)";

const char* name_of(Access access) {
  switch (access) {
    case Access::read_only:
      return "RO";
    case Access::write_only:
      return "WO";
    case Access::read_write:
      return "RW";
  }
  return "";
}

std::string bit_range(std::uint32_t bit, std::uint32_t bits) {
  return bits == 1 ? std::to_string(bit) : fmt::format("{}…{}", bit + bits - 1, bit);
}

/// Capability values depend on the machine.
std::string reset_value(const RegisterEntry& entry) {
  if (entry.offset >= ANDA_REG_CAPABILITIES) return "";
  return entry.reset == 0 ? "0" : fmt::format("{:#010x}", entry.reset);
}

}  // namespace

std::string register_page(const std::vector<CounterColumn>& counters) {
  std::string page = register_introduction;
  for (const RegisterEntry& entry : register_table) {
    page += fmt::format("| {:#05x} | `{}` | {} | {} | {} |\n", entry.offset, entry.name, name_of(entry.access),
                        reset_value(entry), entry.meaning);
  }
  page += fields_heading;
  for (const FieldEntry& entry : field_table) {
    page += fmt::format("| {} | {} | `{}` | {} |\n", entry.of_register, bit_range(entry.bit, entry.bits), entry.name,
                        entry.meaning);
  }
  page += register_counters_heading;
  for (const CounterEntry& entry : counter_table) {
    const auto shown = std::find_if(counters.begin(), counters.end(),
                                    [&](const CounterColumn& column) { return column.name == entry.counter; });
    if (shown == counters.end()) throw std::logic_error(std::string("no counter ") + entry.counter);
    page += fmt::format("| {:#05x} | `{}` | {} | {} |\n", entry.offset, entry.name, shown->unit, shown->meaning);
  }
  page += counters_notes;
  page += fmt::format("{:#x}", ANDA_INSTRUCTION_MEMORY);
  page += running;
  page += fmt::format("{} words each, one after another.\n", ANDA_DESCRIPTOR_WORDS);
  page += descriptor_table_heading;
  for (const DescriptorEntry& entry : descriptor_table) {
    const std::uint32_t bits = entry.position & 0xff;
    page += fmt::format("| {} | {} | `{}` | {} |\n", anda_field_word(entry.position),
                        bit_range(anda_field_shift(entry.position), bits), entry.name, entry.meaning);
  }
  page += operations_heading;
  for (const VectorOperationEntry& entry : vector_operation_table) {
    page += fmt::format("| {} | `{}` | {} |\n", entry.number, entry.name, entry.meaning);
  }
  page += register_errors_heading;
  for (const ErrorEntry& entry : error_table) {
    page += fmt::format("| {} | `{}` | {} |\n", entry.code, entry.name, entry.meaning);
  }
  return page;
}

}  // namespace anda::sim
