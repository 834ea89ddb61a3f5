// SPDX-License-Identifier: Apache-2.0
#include "data/npy.h"

#include <anda/base/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "files/binary_file.h"
#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {
namespace {

struct TypeName {
  NumberType type;
  const char* descriptor;  ///< as in the header
  const char* name;
  std::uint64_t bytes;
};
constexpr std::array<TypeName, 3> types{{{NumberType::float16, "<f2", "float16", 2},
                                         {NumberType::float32, "<f4", "float32", 4},
                                         {NumberType::int8, "|i1", "int8", 1}}};

const TypeName& entry_of(NumberType type) {
  for (const TypeName& entry : types) {
    if (entry.type == type) return entry;
  }
  return types.front();
}

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::uint64_t longest_header = 1u << 16;
constexpr std::size_t most_dimensions = 32;  // numpy's limit
constexpr std::uint64_t largest_dimension = 999'999'999'999'999'999;
constexpr std::size_t header_alignment = 64;

[[noreturn]] void refuse(const std::string& path, const std::string& why) { throw Error::input(path + ": " + why); }

/// The dictionary of a header: {'descr': '<f2', 'fortran_order': False, 'shape': (3, 4), }, in any order.
class Header {
 public:
  Header(std::string text, std::string path) : text_(std::move(text)), path_(std::move(path)) {
    expect('{');
    std::set<std::string> keys;
    while (!is('}')) {
      const std::string key = quoted();
      expect(':');
      if (!keys.insert(key).second) broken();
      if (key == "descr") {
        if (!is('\'') && !is('"')) refuse(path_, "holds records, must hold float16, float32 or int8");
        descriptor = quoted();
      } else if (key == "fortran_order") {
        fortran_order = word() == "True";
      } else if (key == "shape") {
        read_shape();
      } else {
        broken();
      }
      if (is(',')) ++at_;
    }
    if (keys.size() < 3) broken();
  }

  std::string descriptor;
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;

 private:
  [[noreturn]] void broken() const { refuse(path_, "the header of the .npy file is broken: " + shown(text_)); }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool is(char c) {
    skip();
    if (at_ >= text_.size()) broken();
    return text_[at_] == c;
  }
  void expect(char c) {
    if (!is(c)) broken();
    ++at_;
  }
  std::string quoted() {
    if (!is('\'') && !is('"')) broken();
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string::npos) broken();
    std::string inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }
  std::string word() {
    skip();
    const std::size_t first = at_;
    while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    std::string found = text_.substr(first, at_ - first);
    if (found != "True" && found != "False") broken();
    return found;
  }
  void read_shape() {
    expect('(');
    while (!is(')')) {
      std::uint64_t size = 0;
      const std::size_t end = std::min(text_.find_first_not_of("0123456789", at_), text_.size());
      const std::string_view digits = std::string_view(text_).substr(at_, end - at_);
      if (parse_number(digits, size) != NumberSyntax::good || size > largest_dimension) broken();
      at_ = end;
      shape.push_back(size);
      if (shape.size() > most_dimensions) broken();
      if (is(',')) ++at_;
    }
    ++at_;
  }

  std::string text_;
  std::string path_;
  std::size_t at_ = 0;
};

std::uint64_t elements_of(const std::vector<std::uint64_t>& shape) {
  std::uint64_t count = 1;
  for (const std::uint64_t size : shape) count *= size;
  return count;
}

}  // namespace

std::uint64_t bytes_of(NumberType type) { return entry_of(type).bytes; }
const char* name_of(NumberType type) { return entry_of(type).name; }

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text;
  for (const std::uint64_t size : shape) text += (text.empty() ? "" : " × ") + std::to_string(size);
  return text.empty() ? "a single number" : text;
}

NpyLayout read_npy_layout(const std::string& path) {
  BinaryFile file(path);
  std::array<unsigned char, 8> start{};
  if (file.bytes() < start.size()) refuse(path, "is not a .npy file: it is too short");
  file.read(start.data(), start.size());
  if (std::string_view(reinterpret_cast<const char*>(start.data()), magic.size()) != magic) {
    refuse(path, "is not a .npy file: it does not start with \\x93NUMPY");
  }
  const unsigned version = start[6];
  if (version < 1 || version > 2) {
    refuse(path, fmt::format("has version {}.{} of the .npy format, must be 1.0 or 2.0", start[6], start[7]));
  }
  std::array<unsigned char, 4> size{};
  const std::size_t size_bytes = version == 1 ? 2 : 4;
  file.read(size.data(), size_bytes);
  const std::uint64_t header_bytes =
      size[0] | std::uint64_t{size[1]} << 8 | std::uint64_t{size[2]} << 16 | std::uint64_t{size[3]} << 24;
  if (header_bytes > longest_header) refuse(path, "the header of the .npy file is too long");
  std::string text(header_bytes, ' ');
  file.read(text.data(), header_bytes);
  const Header header(text, path);
  if (header.fortran_order) refuse(path, "is in Fortran order, must be in C order (numpy.ascontiguousarray)");
  const std::uint64_t first_byte = start.size() + size_bytes + header_bytes;
  return {header.descriptor, header.shape, first_byte, file.bytes() - first_byte};
}

void NpyLayout::check_bytes(const std::string& path, std::uint64_t number_bytes) const {
  // Sizes in the header have up to 18 digits, so their product may overflow.
  std::uint64_t expected = number_bytes;
  for (const std::uint64_t size : shape) {
    if (size != 0 && expected > std::numeric_limits<std::uint64_t>::max() / size) {
      refuse(path, fmt::format("cannot hold {} numbers", shape_text(shape)));
    }
    expected *= size;
  }
  if (bytes == expected) return;
  refuse(path, fmt::format("has {} bytes of numbers, must be {} for {} of type {}", bytes, expected, shape_text(shape),
                           shown(descriptor)));
}

Array read_npy(const std::string& path, const std::vector<std::uint64_t>& shape) {
  const NpyLayout layout = read_npy_layout(path);
  Array array;
  bool known = false;
  for (const TypeName& entry : types) {
    if (layout.descriptor != entry.descriptor && !(entry.bytes == 1 && layout.descriptor == "<i1")) continue;
    array.type = entry.type;
    known = true;
  }
  if (!known) {
    refuse(path, fmt::format("holds numbers of type {}, must be float16 ('<f2'), float32 ('<f4') or int8 ('|i1')",
                             shown(layout.descriptor)));
  }
  if (layout.shape != shape) {
    refuse(path, fmt::format("has the shape {}, must be {}", shape_text(layout.shape), shape_text(shape)));
  }
  layout.check_bytes(path, bytes_of(array.type));
  array.shape = shape;
  array.data.resize(layout.bytes);
  BinaryFile file(path);
  file.seek(layout.first_byte);
  file.read(array.data.data(), layout.bytes);
  return array;
}

Array read_raw(const std::string& path, const std::vector<std::uint64_t>& shape) {
  BinaryFile file(path);
  const std::uint64_t file_bytes = file.bytes();
  const std::uint64_t count = elements_of(shape);
  for (const TypeName& entry : types) {
    if (file_bytes != count * entry.bytes) continue;
    Array array{entry.type, shape, std::vector<std::uint8_t>(file_bytes)};
    file.read(array.data.data(), file_bytes);
    return array;
  }
  refuse(path, fmt::format("has {} bytes; {} numbers take {} as float16, {} as float32, {} as int8", file_bytes,
                           shape_text(shape), 2 * count, 4 * count, count));
}

void write_npy(std::ostream& out, const Array& array) {
  std::string shape;
  for (const std::uint64_t size : array.shape) shape += std::to_string(size) + ", ";
  if (array.shape.size() > 1) shape.resize(shape.size() - 2);
  if (array.shape.size() == 1) shape.resize(shape.size() - 1);
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", entry_of(array.type).descriptor, shape);
  const std::size_t start = magic.size() + 4;
  header.append(header_alignment - (start + header.size() + 1) % header_alignment, ' ');
  header += '\n';
  out << magic << '\x01' << '\0' << static_cast<char>(header.size() & 0xFF) << static_cast<char>(header.size() >> 8)
      << header;
  out.write(reinterpret_cast<const char*>(array.data.data()), static_cast<std::streamsize>(array.data.size()));
}

}  // namespace anda::sim
