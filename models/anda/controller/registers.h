// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROLLER_REGISTERS_H
#define ANDA_CONTROLLER_REGISTERS_H

#include <cstdint>

namespace anda {

/// Byte addresses behind the control socket. Registers and instruction memory are 32-bit words, little-endian.
namespace registers {

inline constexpr std::uint64_t id = 0x00;                 ///< read only: id_value
inline constexpr std::uint64_t version = 0x04;            ///< read only: version_value
inline constexpr std::uint64_t control = 0x08;            ///< write only: control_* bits
inline constexpr std::uint64_t status = 0x0c;             ///< read only: status_* bits
inline constexpr std::uint64_t interrupt_enable = 0x10;   ///< bit 0: raise the interrupt when done or in error
inline constexpr std::uint64_t interrupt_clear = 0x14;    ///< write only: any write lowers the interrupt
inline constexpr std::uint64_t error_code = 0x18;         ///< read only: a ControllerError
inline constexpr std::uint64_t error_descriptor = 0x1c;   ///< read only: index of the descriptor in error
inline constexpr std::uint64_t error_address_low = 0x20;  ///< read only: address that memory refused
inline constexpr std::uint64_t error_address_high = 0x24;
inline constexpr std::uint64_t descriptor_count = 0x28;  ///< descriptors that start runs, from the first
inline constexpr std::uint64_t descriptors_done = 0x2c;  ///< read only: how many of them are complete
inline constexpr std::uint64_t cycles_low = 0x30;        ///< read only: cycles of all GeMMs since reset
inline constexpr std::uint64_t cycles_high = 0x34;
inline constexpr std::uint64_t end = 0x38;

inline constexpr std::uint64_t instruction_memory = 0x1000;  ///< descriptors, one after another

inline constexpr std::uint32_t id_value = 0x41444e41;  // "ANDA"
inline constexpr std::uint32_t version_value = 1;

inline constexpr std::uint32_t control_start = 1u << 0;
inline constexpr std::uint32_t status_busy = 1u << 0;
inline constexpr std::uint32_t status_done = 1u << 1;
inline constexpr std::uint32_t status_error = 1u << 2;

}  // namespace registers

/// What the error_code register can hold.
enum class ControllerError : std::uint32_t {
  none = 0,
  bad_opcode = 1,     ///< the first word of a descriptor is no operation
  bad_dimension = 2,  ///< m, n or k is 0 or above 2^24
  bad_format = 3,     ///< a mantissa length or weight width that the array does not have
  bad_tile = 4,       ///< a tile that is 0, not whole array tiles and groups, or too large for the buffers
  bad_count = 5,      ///< descriptor_count is 0 or above the instruction memory
  memory = 6          ///< external memory answered a transaction with an error
};

}  // namespace anda

#endif
