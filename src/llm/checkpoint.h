// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_CHECKPOINT_H
#define ANDA_SIM_LLM_CHECKPOINT_H

#include <anda/base/error.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "llm/safetensors.h"

namespace anda::sim {

/// The tensors of a model in a folder with the Hugging Face layout: model.safetensors, or the files listed in
/// model.safetensors.index.json.
class Checkpoint {
 public:
  using Shape = std::vector<std::uint64_t>;

  /// Reads the headers of all files. Throws Error (input) naming the file.
  explicit Checkpoint(const std::string& folder);

  bool has(const std::string& name) const { return where_.count(name) != 0; }
  /// Whether there is a tensor whose name has this ending.
  bool has_ending(const std::string& ending) const;
  /// The file that holds a tensor.
  const std::string& file_of(const std::string& name) const { return files_[where_.at(name)].path(); }
  /// Reads the numbers of a tensor of this shape, in C order. Throws Error (input) with file and tensor if it is
  /// missing, has another shape or type, or holds a number that is not finite.
  std::vector<float> read(const std::string& name, const Shape& shape) const;
  /// The same for some of its rows, in the order of `rows`.
  std::vector<float> read_rows(const std::string& name, const Shape& shape,
                               const std::vector<std::uint32_t>& rows) const;
  /// The bit patterns of a tensor of 32-bit integers. `why` tells in messages why it must have this shape.
  std::vector<std::uint32_t> read_words(const std::string& name, const Shape& shape, const std::string& why) const;
  /// Reads a tensor of signed integers of 8, 32 or 64 bits.
  std::vector<std::int64_t> read_integers(const std::string& name, const Shape& shape, const std::string& why) const;
  const StoredTensor& stored(const std::string& name) const;
  /// Throws Error (input) unless the tensor exists and has this shape.
  const SafetensorsFile& file_with(const std::string& name, const Shape& shape, const std::string& why = {}) const;
  /// An error about an existing tensor.
  Error error(const std::string& name, const std::string& problem) const;

 private:
  void read_index(const std::string& folder, const std::string& path);
  /// A hint for a missing weight in whose place a quantiser left other tensors: "; …", or empty.
  std::string quantised_hint(const std::string& name) const;

  std::string source_;  ///< file that lists the tensors, for messages
  std::vector<SafetensorsFile> files_;
  std::map<std::string, std::size_t> where_;  ///< tensor to index of its file
};

}  // namespace anda::sim

#endif
