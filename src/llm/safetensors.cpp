// SPDX-License-Identifier: Apache-2.0
#include "llm/safetensors.h"

#include <anda/base/error.h>
#include <anda/numeric/fp16.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "data/npy.h"
#include "files/binary_file.h"
#include "text/strict_json.h"
#include "text/text.h"

namespace anda::sim {
namespace {

using nlohmann::json;

constexpr std::uint64_t length_bytes = 8;
constexpr std::uint64_t longest_header = 100'000'000;  // the limit of the reference library
constexpr std::size_t most_dimensions = 8;
constexpr std::uint64_t elements_at_a_time = std::uint64_t{1} << 20;

struct TypeSize {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<TypeSize, 15> type_sizes{{{"F32", 4},
                                               {"F16", 2},
                                               {"BF16", 2},
                                               {"F64", 8},
                                               {"F8_E4M3", 1},
                                               {"F8_E5M2", 1},
                                               {"BOOL", 1},
                                               {"I8", 1},
                                               {"U8", 1},
                                               {"I16", 2},
                                               {"U16", 2},
                                               {"I32", 4},
                                               {"U32", 4},
                                               {"I64", 8},
                                               {"U64", 8}}};

[[noreturn]] void refuse(const std::string& path, const std::string& problem) {
  throw Error::input(path + ": " + problem);
}
[[noreturn]] void refuse(const std::string& path, const std::string& tensor, const std::string& problem) {
  refuse(path, "tensor " + shown_tensor(tensor) + ": " + problem);
}

json parsed(const std::string& path, const std::string& text) {
  json header;
  if (const auto problem = read_json(text, header)) {
    refuse(path, fmt::format("the header, at byte {} of the file: {}; is this a safetensors file?",
                             length_bytes + problem->byte, problem->what));
  }
  if (!header.is_object()) refuse(path, "the header must be a JSON object");
  return header;
}

/// Computes a · b; returns false on overflow.
bool multiply(std::uint64_t a, std::uint64_t b, std::uint64_t& product) {
  if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b) return false;
  product = a * b;
  return true;
}

struct Extent {
  StoredTensor tensor;
  std::uint64_t end = 0;
};

/// Reads an entry of the header; offsets count from the end of the header.
Extent extent_of(const std::string& path, const std::string& name, const json& entry, std::uint64_t data_bytes) {
  if (!entry.is_object()) refuse(path, name, "must be an object with dtype, shape and data_offsets");
  const json type = entry.value("dtype", json());
  if (!type.is_string()) refuse(path, name, "dtype is missing or not a text");
  Extent extent;
  extent.tensor.type = type.get<std::string>();
  const auto* const size =
      std::find_if(type_sizes.begin(), type_sizes.end(), [&](const auto& s) { return s.name == extent.tensor.type; });
  if (size == type_sizes.end()) refuse(path, name, "dtype " + shown(extent.tensor.type) + " is unknown");

  const json shape = entry.value("shape", json());
  if (!shape.is_array() || shape.size() > most_dimensions) {
    refuse(path, name, fmt::format("shape must be a list of at most {} whole numbers", most_dimensions));
  }
  std::uint64_t bytes = size->bytes;
  extent.tensor.elements = 1;
  for (const json& dimension : shape) {
    if (!dimension.is_number_unsigned()) refuse(path, name, "shape must be a list of whole numbers");
    extent.tensor.shape.push_back(dimension.get<std::uint64_t>());
    if (!multiply(bytes, extent.tensor.shape.back(), bytes)) refuse(path, name, "the shape is too large");
    extent.tensor.elements *= extent.tensor.shape.back();
  }

  const json offsets = entry.value("data_offsets", json());
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    refuse(path, name, "data_offsets must be two whole numbers");
  }
  extent.tensor.first_byte = offsets[0].get<std::uint64_t>();
  extent.end = offsets[1].get<std::uint64_t>();
  if (extent.end < extent.tensor.first_byte) {
    refuse(path, name, fmt::format("data_offsets {} … {} are reversed", extent.tensor.first_byte, extent.end));
  }
  if (extent.end > data_bytes) {
    refuse(path, name,
           fmt::format("data_offsets end at byte {}, but only {} bytes follow the header", extent.end, data_bytes));
  }
  if (extent.end - extent.tensor.first_byte != bytes) {
    refuse(path, name,
           fmt::format("data_offsets hold {} bytes, but {} of {} take {}", extent.end - extent.tensor.first_byte,
                       shape_text(extent.tensor.shape), extent.tensor.type, bytes));
  }
  return extent;
}

/// Tensors must follow each other without gap or overlap and fill the file, so that every byte has exactly one meaning.
void check_tiling(const std::string& path, const std::map<std::string, Extent>& extents, std::uint64_t data_bytes) {
  std::vector<std::pair<const std::string*, const Extent*>> order;
  for (const auto& [name, extent] : extents) order.emplace_back(&name, &extent);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second->tensor.first_byte, a.second->end) <
           std::pair(b.second->tensor.first_byte, b.second->end);
  });
  std::uint64_t at = 0;
  for (const auto& [name, extent] : order) {
    if (extent->tensor.first_byte < at) {
      refuse(path, *name,
             fmt::format("overlaps the tensor before it: starts at byte {}, which ends at {}",
                         extent->tensor.first_byte, at));
    }
    if (extent->tensor.first_byte > at) {
      refuse(path, *name,
             fmt::format("starts at byte {}, but the tensor before it ends at {}", extent->tensor.first_byte, at));
    }
    at = extent->end;
  }
  if (at != data_bytes) refuse(path, fmt::format("has {} bytes after the last tensor", data_bytes - at));
}

float bits_as_float(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Converts little-endian numbers of a supported type.
void convert(const std::string& type, const unsigned char* bytes, std::size_t count, float* values) {
  const auto half = [bytes](std::size_t i) { return static_cast<std::uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8); };
  if (type == "F16") {
    for (std::size_t i = 0; i < count; ++i) values[i] = to_float(Fp16{half(i)});
  } else if (type == "BF16") {
    for (std::size_t i = 0; i < count; ++i) values[i] = bits_as_float(std::uint32_t{half(i)} << 16);
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = bits_as_float(half(2 * i) | std::uint32_t{half(2 * i + 1)} << 16);
    }
  }
}

std::uint64_t bytes_of(const std::string& type) {
  const auto* const size =
      std::find_if(type_sizes.begin(), type_sizes.end(), [&](const auto& s) { return s.name == type; });
  return size->bytes;
}

}  // namespace

std::string shown_tensor(const std::string& name) {
  constexpr std::size_t longest = 200;
  return shown(name, longest);
}

SafetensorsFile::SafetensorsFile(std::string path) : path_(std::move(path)) {
  BinaryFile file(path_);
  if (file.bytes() < length_bytes) refuse(path_, "is not a safetensors file: it is too short");
  std::array<unsigned char, length_bytes> length{};
  file.read(length.data(), length.size());
  std::uint64_t header_bytes = 0;
  for (std::size_t i = length.size(); i-- > 0;) header_bytes = header_bytes << 8 | length[i];
  if (header_bytes > longest_header) {
    refuse(path_, fmt::format("the header has {} bytes, must be at most {}: is this a safetensors file?", header_bytes,
                              longest_header));
  }
  if (header_bytes > file.bytes() - length_bytes) {
    refuse(path_, fmt::format("the header has {} bytes, but the file only {}", header_bytes, file.bytes()));
  }
  std::string text(header_bytes, ' ');
  file.read(text.data(), header_bytes);
  const json header = parsed(path_, text);

  const std::uint64_t data_start = length_bytes + header_bytes;
  std::map<std::string, Extent> extents;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    extents.emplace(name, extent_of(path_, name, entry, file.bytes() - data_start));
  }
  check_tiling(path_, extents, file.bytes() - data_start);
  for (auto& [name, extent] : extents) {
    extent.tensor.first_byte += data_start;
    tensors_.emplace(name, std::move(extent.tensor));
  }
}

const StoredTensor& SafetensorsFile::stored(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) refuse(path_, name, "is missing");
  return found->second;
}

void SafetensorsFile::want_numbers(const std::string& name) const {
  const std::string& type = stored(name).type;
  if (type == "F16" || type == "BF16" || type == "F32") return;
  const bool is_packed = type != "F64" && type != "BOOL";
  refuse(path_, name,
         "has type " + type + ", must be F16, BF16 or F32" +
             (is_packed ? std::string("; if the weights were quantised, ") + original_weights : ""));
}

void SafetensorsFile::check_finite(const std::string& name, const float* values, std::size_t count,
                                   std::uint64_t first) const {
  for (std::size_t i = 0; i < count; ++i) {
    if (std::isfinite(values[i])) continue;
    refuse(path_, name, fmt::format("element {} is {}, must be finite", first + i, values[i]));
  }
}

std::vector<float> SafetensorsFile::read(const std::string& name) const {
  want_numbers(name);
  const StoredTensor& tensor = stored(name);
  BinaryFile file(path_);
  file.seek(tensor.first_byte);
  const std::uint64_t size = bytes_of(tensor.type);
  // In chunks, so that the bytes and the numbers of a large tensor need not be in memory together.
  std::vector<unsigned char> bytes(std::min(tensor.elements, elements_at_a_time) * size);
  std::vector<float> values(tensor.elements);
  for (std::uint64_t done = 0; done < tensor.elements;) {
    const std::uint64_t count = std::min(elements_at_a_time, tensor.elements - done);
    file.read(bytes.data(), count * size);
    convert(tensor.type, bytes.data(), count, values.data() + done);
    check_finite(name, values.data() + done, count, done);
    done += count;
  }
  return values;
}

std::vector<float> SafetensorsFile::read_rows(const std::string& name, const std::vector<std::uint32_t>& rows) const {
  want_numbers(name);
  const StoredTensor& tensor = stored(name);
  const std::uint64_t width = tensor.elements / tensor.shape.at(0);
  const std::uint64_t size = bytes_of(tensor.type);
  BinaryFile file(path_);
  std::vector<unsigned char> bytes(width * size);
  std::vector<float> values(rows.size() * width);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    file.seek(tensor.first_byte + rows[i] * width * size);
    file.read(bytes.data(), bytes.size());
    convert(tensor.type, bytes.data(), width, values.data() + i * width);
    check_finite(name, values.data() + i * width, width, rows[i] * width);
  }
  return values;
}

std::vector<std::uint32_t> SafetensorsFile::read_words(const std::string& name) const {
  const StoredTensor& tensor = stored(name);
  if (tensor.type != "I32" && tensor.type != "U32") refuse(path_, name, "has type " + tensor.type + ", must be I32");
  BinaryFile file(path_);
  file.seek(tensor.first_byte);
  std::vector<std::uint32_t> words(tensor.elements);
  file.read(words.data(), words.size() * sizeof(std::uint32_t));
  return words;
}

std::vector<std::int64_t> SafetensorsFile::read_integers(const std::string& name) const {
  const StoredTensor& tensor = stored(name);
  if (tensor.type != "I8" && tensor.type != "I32" && tensor.type != "I64") {
    refuse(path_, name, "has type " + tensor.type + ", must be I8, I32 or I64");
  }
  BinaryFile file(path_);
  file.seek(tensor.first_byte);
  const std::uint64_t size = bytes_of(tensor.type);
  std::vector<unsigned char> bytes(tensor.elements * size);
  file.read(bytes.data(), bytes.size());
  std::vector<std::int64_t> values(tensor.elements);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_negative = (bytes[(i + 1) * size - 1] & 0x80U) != 0;
    std::uint64_t bits = is_negative ? ~std::uint64_t{0} : 0;
    for (std::uint64_t byte = size; byte-- > 0;) bits = bits << 8 | bytes[i * size + byte];
    values[i] = static_cast<std::int64_t>(bits);
  }
  return values;
}

}  // namespace anda::sim
