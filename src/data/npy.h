// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_DATA_NPY_H
#define ANDA_SIM_DATA_NPY_H

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace anda::sim {

/// Number types of tensors in files; little-endian.
enum class NumberType { float16, float32, int8 };

std::uint64_t bytes_of(NumberType type);
const char* name_of(NumberType type);

/// A tensor in C order: the last index runs fastest.
struct Array {
  NumberType type = NumberType::float16;
  std::vector<std::uint64_t> shape;
  std::vector<std::uint8_t> data;
};

/// Where the numbers of a .npy file are, in C order.
struct NpyLayout {
  std::string descriptor;  ///< type of the numbers as numpy writes it: "<f4"
  std::vector<std::uint64_t> shape;
  std::uint64_t first_byte = 0;  ///< offset of the numbers in the file
  std::uint64_t bytes = 0;       ///< number of bytes from there to the end of the file

  /// Throws Error (input) unless the file holds exactly the numbers of the shape, `number_bytes` each.
  void check_bytes(const std::string& path, std::uint64_t number_bytes) const;
};

/// Reads the header of a .npy file of version 1 or 2. Throws Error (input) with the path for any other file and for
/// Fortran order.
NpyLayout read_npy_layout(const std::string& path);

std::string shape_text(const std::vector<std::uint64_t>& shape);

/// Reads a .npy file of version 1 or 2 that holds `shape`. Throws Error (input) with the path for any other file,
/// another shape or type, big-endian numbers, Fortran order, and a file that is too short or too long.
Array read_npy(const std::string& path, const std::vector<std::uint64_t>& shape);

/// Reads a headerless file of numbers; its size determines the type. Throws Error (input) as above.
Array read_raw(const std::string& path, const std::vector<std::uint64_t>& shape);

/// Writes a .npy file of version 1.
void write_npy(std::ostream& out, const Array& array);

}  // namespace anda::sim

#endif
