// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_SAFETENSORS_H
#define ANDA_SIM_LLM_SAFETENSORS_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace anda::sim {

/// Advice for weights quantised in an unsupported way.
inline constexpr const char* original_weights =
    "use the original checkpoint in F16, BF16 or F32, or one of GPTQ, AWQ, AutoRound or compressed-tensors "
    "(pack-quantized)";

/// A tensor's name for messages: never shortened, since names of layers differ at their ends.
std::string shown_tensor(const std::string& name);

/// A tensor of a safetensors file, as described by its header.
struct StoredTensor {
  std::string type;  ///< "F16", "BF16", …
  std::vector<std::uint64_t> shape;
  std::uint64_t first_byte = 0;  ///< offset in the file
  std::uint64_t elements = 0;
};

/// A safetensors file: 8 bytes with the length of a JSON header, the header, and the tensors' bytes without gaps
/// (https://github.com/huggingface/safetensors). The whole header is checked against the file size before any tensor is
/// read.
class SafetensorsFile {
 public:
  /// Throws Error (input) with the path and, if applicable, the tensor: for a header that is truncated, too long, not
  /// JSON or has a name twice; for offsets that are reversed, past the end, overlapping or leave gaps; for a size that
  /// does not match type and shape.
  explicit SafetensorsFile(std::string path);

  const std::string& path() const { return path_; }
  /// The tensors by name.
  const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }

  /// Reads the numbers of a tensor of type F16, BF16 or F32, in C order. Throws Error (input) for another type and for
  /// a number that is not finite.
  std::vector<float> read(const std::string& name) const;
  /// Reads some rows of such a tensor, indexed along its first dimension, in the order of `rows`.
  std::vector<float> read_rows(const std::string& name, const std::vector<std::uint32_t>& rows) const;
  /// Reads the bit patterns of a tensor of type I32 or U32. Throws Error (input) for another type.
  std::vector<std::uint32_t> read_words(const std::string& name) const;
  /// Reads the whole numbers of a tensor of type I8, I32 or I64. Throws Error (input) for another type.
  std::vector<std::int64_t> read_integers(const std::string& name) const;

 private:
  const StoredTensor& stored(const std::string& name) const;
  /// Throws Error (input) unless the tensor's type is F16, BF16 or F32.
  void want_numbers(const std::string& name) const;
  void check_finite(const std::string& name, const float* values, std::size_t count, std::uint64_t first) const;

  std::string path_;
  std::map<std::string, StoredTensor> tensors_;
};

}  // namespace anda::sim

#endif
