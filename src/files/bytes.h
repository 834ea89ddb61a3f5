// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_BYTES_H
#define ANDA_SIM_FILES_BYTES_H

#include <anda/base/error.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace anda::sim {

/// Appends numbers and texts to a byte string, which this program reads back on the same machine. Whole numbers are
/// stored with seven bits per byte, least significant first, and the top bit marks a continuation, as most counts are
/// small.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& bytes) : bytes_(bytes) {}

  void put(std::uint64_t value) {
    while (value >= 0x80) {
      bytes_ += static_cast<char>(value | 0x80u);
      value >>= 7;
    }
    bytes_ += static_cast<char>(value);
  }
  void put(std::string_view text) {
    put(text.size());
    bytes_ += text;
  }
  /// Appends a number or a struct of numbers in its in-memory representation.
  template <class T>
  void put_raw(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

 private:
  std::string& bytes_;
};

/// Reads what a ByteWriter has written; throws Error (run) if the bytes do not hold the requested kind of value.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t get() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(part(1).front());
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    throw Error::run("damaged data: a number without an end");
  }
  template <class T>
  void get(T& value) {
    value = static_cast<T>(get());
  }
  void get(std::string& text) { text = part(get()); }
  std::string_view view() { return part(get()); }
  template <class T>
  void get_raw(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(&value, part(sizeof value).data(), sizeof value);
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view part(std::uint64_t size) {
    if (size > rest_.size()) throw Error::run("damaged data: it ends early");
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  std::string_view rest_;
};

}  // namespace anda::sim

#endif
