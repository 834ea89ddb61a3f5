// SPDX-License-Identifier: Apache-2.0
#include "llm/packed_weights.h"

#include <anda/base/error.h>
#include <anda/base/math.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace anda::sim {
namespace {

using Words = std::vector<std::uint32_t>;

constexpr std::size_t word_bits = 32;
/// Number of columns that are unpacked together, since their words share cache lines.
constexpr std::size_t columns_at_a_time = 16;
/// Nibble of an AWQ word that holds column 0 … 7.
constexpr std::array<unsigned, 8> awq_nibbles{0, 4, 1, 5, 2, 6, 3, 7};

/// Field `index` of a stream of `bits`-bit fields, lowest bits first, in words `stride` apart.
std::uint32_t field(const std::uint32_t* words, std::size_t stride, std::size_t index, std::uint32_t bits) {
  const std::size_t bit = index * bits;
  const std::size_t shift = bit % word_bits;
  words += bit / word_bits * stride;
  std::uint32_t value = words[0] >> shift;
  if (shift + bits > word_bits) value |= words[stride] << (word_bits - shift);
  return value & ((1u << bits) - 1);
}

/// A layer being read.
struct Packed {
  const Checkpoint& checkpoint;
  const Quantisation& quantisation;
  const std::string& name;
  std::size_t inputs;
  std::size_t outputs;
  IntegerFormat format;
  std::size_t groups;

  std::string tensor(const char* part) const { return name + "." + part; }
  /// Why a shape is required, for messages.
  std::string why() const {
    const std::string group = format.group == 0 ? "whole rows" : fmt::format("groups of {}", format.group);
    return fmt::format("{} bits, {} ({})", format.bits, group, quantisation.source);
  }
};

/// The group of each k: as stored, or consecutive.
std::vector<std::uint32_t> groups_of(const Packed& layer, const std::string& tensor) {
  std::vector<std::uint32_t> groups(layer.inputs);
  if (!layer.checkpoint.has(tensor)) {
    if (layer.quantisation.act_order) {
      throw Error::input(fmt::format("{}: the activation order needs tensor {}, which is missing",
                                     layer.quantisation.source, shown_tensor(tensor)));
    }
    for (std::size_t k = 0; k < layer.inputs && layer.format.group != 0; ++k) {
      groups[k] = static_cast<std::uint32_t>(k / layer.format.group);
    }
    return groups;
  }
  const std::vector<std::int64_t> stored = layer.checkpoint.read_integers(tensor, {layer.inputs}, layer.why());
  for (std::size_t k = 0; k < layer.inputs; ++k) {
    if (stored[k] < 0 || stored[k] >= static_cast<std::int64_t>(layer.groups)) {
      throw layer.checkpoint.error(
          tensor, fmt::format("has group {} at {}, must be 0 … {}: {}", stored[k], k, layer.groups - 1, layer.why()));
    }
    groups[k] = static_cast<std::uint32_t>(stored[k]);
  }
  return groups;
}

/// (code(k, n) − zero(group, n)) · scale(group, n), exact in FP32 for scales of at most 15 bits.
template <class Code>
std::vector<float> dequantised(const Packed& layer, const std::vector<std::uint32_t>& groups,
                               const std::vector<float>& zeros, const std::vector<float>& scales, const char* part,
                               Code code) {
  std::vector<float> weights(layer.outputs * layer.inputs);
  for (std::size_t first = 0; first < layer.outputs; first += columns_at_a_time) {
    const std::size_t end = std::min(first + columns_at_a_time, layer.outputs);
    for (std::size_t k = 0; k < layer.inputs; ++k) {
      const std::size_t row = groups[k] * layer.outputs;
      for (std::size_t n = first; n < end; ++n) {
        const float q = static_cast<float>(code(k, n)) - zeros[row + n];
        weights[n * layer.inputs + k] = q * scales[row + n];
      }
    }
  }
  if (!std::all_of(weights.begin(), weights.end(), [](float weight) { return std::isfinite(weight); })) {
    throw layer.checkpoint.error(layer.tensor(part), "has scales so large that weights are beyond FP32");
  }
  return weights;
}

/// Refuses sizes that do not fill the words of a layout without padding.
void want_whole_words(const Packed& layer, const char* part, std::size_t size, const char* what) {
  if (size * layer.format.bits % word_bits == 0) return;
  throw layer.checkpoint.error(
      layer.tensor(part), fmt::format("cannot hold {} {} of {} bits in whole words", size, what, layer.format.bits));
}

/// Reads qzeros, packed along the outputs: [group × output].
template <class Field>
std::vector<float> stored_zeros(const Packed& layer, Field zero) {
  const std::size_t row = layer.outputs * layer.format.bits / word_bits;
  const Words words = layer.checkpoint.read_words(layer.tensor("qzeros"), {layer.groups, row}, layer.why());
  std::vector<float> zeros(layer.groups * layer.outputs);
  for (std::size_t group = 0; group < layer.groups; ++group) {
    for (std::size_t n = 0; n < layer.outputs; ++n) {
      zeros[group * layer.outputs + n] =
          static_cast<float>(zero(words.data() + group * row, n) + layer.quantisation.zero_offset);
    }
  }
  return zeros;
}

std::vector<float> stored_scales(const Packed& layer) {
  const std::string tensor = layer.tensor("scales");
  return layer.checkpoint.file_with(tensor, {layer.groups, layer.outputs}, layer.why()).read(tensor);
}

std::vector<float> read_gptq(const Packed& layer) {
  const std::uint32_t bits = layer.format.bits;
  want_whole_words(layer, "qweight", layer.inputs, "inputs");
  want_whole_words(layer, "qweight", layer.outputs, "outputs");
  const Words words = layer.checkpoint.read_words(layer.tensor("qweight"),
                                                  {layer.inputs * bits / word_bits, layer.outputs}, layer.why());
  const auto zero = [bits](const std::uint32_t* row, std::size_t n) { return field(row, 1, n, bits); };
  const std::size_t stride = layer.outputs;
  return dequantised(layer, groups_of(layer, layer.tensor("g_idx")), stored_zeros(layer, zero), stored_scales(layer),
                     "scales", [&](std::size_t k, std::size_t n) { return field(words.data() + n, stride, k, bits); });
}

std::vector<float> read_awq(const Packed& layer) {
  want_whole_words(layer, "qweight", layer.outputs, "outputs");
  constexpr std::size_t per_word = 8;
  const std::size_t row = layer.outputs / per_word;
  const Words words = layer.checkpoint.read_words(layer.tensor("qweight"), {layer.inputs, row}, layer.why());
  const auto nibble = [](const std::uint32_t* from, std::size_t n) {
    return from[n / per_word] >> 4 * awq_nibbles[n % per_word] & 0xFu;
  };
  return dequantised(layer, groups_of(layer, layer.tensor("g_idx")), stored_zeros(layer, nibble), stored_scales(layer),
                     "scales", [&](std::size_t k, std::size_t n) { return nibble(words.data() + k * row, n); });
}

// --- compressed-tensors ----------------------------------------------------------------------------------------------

/// Fields of `bits` along a row of a tensor with `words` words. Releases before 2026 leave the upper bits of a word
/// unused if `bits` does not divide 32; the number of words tells which layout it is.
class RowFields {
 public:
  RowFields(const Packed& layer, const std::string& tensor, std::size_t fields, std::size_t words)
      : bits_(layer.format.bits), per_word_(word_bits / bits_) {
    const std::size_t dense = ceil_div(fields * bits_, word_bits);
    const std::size_t loose = ceil_div(fields, per_word_);
    if (word_bits % bits_ == 0 || fields <= per_word_ || (words == dense && words != loose)) return;
    if (dense == loose) {
      throw layer.checkpoint.error(tensor, fmt::format("holds {} fields of {} bits in {} words, which releases of "
                                                       "compressed-tensors read differently",
                                                       fields, bits_, words));
    }
    is_dense_ = words != loose;
  }

  std::size_t words(std::size_t fields) const {
    return is_dense_ ? ceil_div(fields * bits_, word_bits) : ceil_div(fields, per_word_);
  }
  std::uint32_t at(const std::uint32_t* words, std::size_t stride, std::size_t index) const {
    if (is_dense_) return field(words, stride, index, bits_);
    return field(words + index / per_word_ * stride, stride, index % per_word_, bits_);
  }

 private:
  std::uint32_t bits_;
  std::size_t per_word_;
  bool is_dense_ = true;
};

std::size_t dimension(const Packed& layer, const std::string& tensor, std::size_t axis) {
  if (!layer.checkpoint.has(tensor)) return 0;  // the following read reports it
  const Checkpoint::Shape& shape = layer.checkpoint.stored(tensor).shape;
  return axis < shape.size() ? shape[axis] : 0;
}

/// Checks that weight_shape is the layer's shape.
void check_stored_shape(const Packed& layer) {
  const std::string tensor = layer.tensor("weight_shape");
  const std::vector<std::int64_t> shape = layer.checkpoint.read_integers(tensor, {2}, "outputs and inputs");
  if (shape[0] == static_cast<std::int64_t>(layer.outputs) && shape[1] == static_cast<std::int64_t>(layer.inputs))
    return;
  throw layer.checkpoint.error(
      tensor, fmt::format("is {} × {}, must be {} × {}", shape[0], shape[1], layer.outputs, layer.inputs));
}

/// Reads weight_scale as [group × output].
std::vector<float> compressed_scales(const Packed& layer) {
  const std::string tensor = layer.tensor("weight_scale");
  std::vector<float> scales(layer.groups * layer.outputs);
  if (layer.quantisation.one_scale) {
    const float scale = layer.checkpoint.file_with(tensor, {1}, layer.why()).read(tensor).at(0);
    std::fill(scales.begin(), scales.end(), scale);
    return scales;
  }
  const std::vector<float> stored =
      layer.checkpoint.file_with(tensor, {layer.outputs, layer.groups}, layer.why()).read(tensor);
  for (std::size_t n = 0; n < layer.outputs; ++n) {
    for (std::size_t g = 0; g < layer.groups; ++g) scales[g * layer.outputs + n] = stored[n * layer.groups + g];
  }
  return scales;
}

/// Zero points as stored in fields, with the same offset 2^(bits − 1) as weights: [group × output].
std::vector<float> compressed_zeros(const Packed& layer) {
  std::vector<float> zeros(layer.groups * layer.outputs, static_cast<float>(1u << (layer.format.bits - 1)));
  const std::string tensor = layer.tensor("weight_zero_point");
  if (!layer.quantisation.has_zeros) {
    if (layer.checkpoint.has(tensor)) {
      throw layer.checkpoint.error(
          tensor, fmt::format("is there, though the weights are symmetric ({})", layer.quantisation.source));
    }
    return zeros;
  }
  // Older releases store them unpacked.
  if (layer.checkpoint.has(tensor) && layer.checkpoint.stored(tensor).type == "I8") {
    const auto stored = layer.checkpoint.read_integers(tensor, {layer.outputs, layer.groups}, layer.why());
    for (std::size_t i = 0; i < stored.size(); ++i) {
      zeros[i % layer.groups * layer.outputs + i / layer.groups] += static_cast<float>(stored[i]);
    }
    return zeros;
  }
  const RowFields fields(layer, tensor, layer.outputs, dimension(layer, tensor, 0));
  const Words words = layer.checkpoint.read_words(tensor, {fields.words(layer.outputs), layer.groups}, layer.why());
  for (std::size_t g = 0; g < layer.groups; ++g) {
    for (std::size_t n = 0; n < layer.outputs; ++n) {
      zeros[g * layer.outputs + n] = static_cast<float>(fields.at(words.data() + g, layer.groups, n));
    }
  }
  return zeros;
}

std::vector<float> read_compressed(const Packed& layer) {
  check_stored_shape(layer);
  const std::string tensor = layer.tensor("weight_packed");
  const RowFields fields(layer, tensor, layer.inputs, dimension(layer, tensor, 1));
  const std::size_t row = fields.words(layer.inputs);
  const Words words = layer.checkpoint.read_words(tensor, {layer.outputs, row}, layer.why());
  return dequantised(layer, groups_of(layer, layer.tensor("weight_g_idx")), compressed_zeros(layer),
                     compressed_scales(layer), "weight_scale",
                     [&](std::size_t k, std::size_t n) { return fields.at(words.data() + n * row, 1, k); });
}

std::string packed_part(const Quantisation& quantisation) {
  return quantisation.packing == Packing::compressed ? ".weight_packed" : ".qweight";
}

}  // namespace

void check_anything_packed(const Checkpoint& checkpoint, const Quantisation& quantisation) {
  const std::string part = packed_part(quantisation);
  if (checkpoint.has_ending(part)) return;
  throw Error::input(
      fmt::format("{}: the weights were quantised by {}, but no tensor is called …{}; if they are numbers "
                  "here, remove the settings",
                  quantisation.source, quantisation.method, part));
}

bool is_packed(const Checkpoint& checkpoint, const Quantisation& quantisation, const std::string& name) {
  const std::string packed = name + packed_part(quantisation);
  if (!checkpoint.has(packed)) return false;
  if (checkpoint.has(name + ".weight")) {
    throw checkpoint.error(packed,
                           fmt::format("is there beside {}; one of the two must go", shown_tensor(name + ".weight")));
  }
  return true;
}

std::vector<float> read_packed(const Checkpoint& checkpoint, const Quantisation& quantisation, const std::string& name,
                               std::size_t inputs, std::size_t outputs) {
  const IntegerFormat& format = quantisation.of(name);
  const std::size_t groups = format.group == 0 ? 1 : ceil_div(inputs, format.group);
  const Packed layer{checkpoint, quantisation, name, inputs, outputs, format, groups};
  switch (quantisation.packing) {
    case Packing::gptq:
      return read_gptq(layer);
    case Packing::awq:
      return read_awq(layer);
    case Packing::compressed:
      return read_compressed(layer);
  }
  return {};
}

}  // namespace anda::sim
