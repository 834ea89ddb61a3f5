// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <anda/base/error.h>
#include <anda/numeric/format/block_scale.h>
#include <anda/numeric/format/formats.h>
#include <anda/numeric/fp16.h>

namespace anda {
namespace {

/// Additive codebooks: a vector of weights is the sum of one entry of each codebook, times its row's scale. The
/// codebooks are fitted to a tensor one after another, by k-means on the residuals of the previous ones.
class AdditiveFormat : public OperandFormat {
 public:
  explicit AdditiveFormat(const FormatDescription& description)
      : OperandFormat(description, layout_of(description)), entries_(std::size_t{1} << *description.bits) {}

  void encode(const float* values, std::size_t count, std::uint32_t* codes, std::uint32_t* shared) const override {
    std::fill_n(codes, count, 0);
    std::vector<double> left(values, values + count);
    left.resize(length());
    encode_vector(left, shared);
  }

  void decode(const std::uint32_t*, const std::uint32_t* shared, std::size_t count, float* values) const override {
    decode_vector(shared, 1, count, values);
  }

  void round_row(float* values, std::size_t count) const override {
    const Row row = encoded(values, count);
    decode_row(row, count, values);
  }

  void write_row(const float* values, std::size_t count, BitWriter& out) const override {
    const Row row = encoded(values, count);
    for (const std::uint32_t code : row.codes) out.put(code, *description().bits);
    out.put(row.scale, layout().row_bits);
  }

  void read_row(BitReader& in, std::size_t count, float* values) const override {
    Row row;
    row.codes.resize(ceil_div(count, length()) * description().terms);
    for (std::uint32_t& code : row.codes) code = in.take(*description().bits);
    row.scale = in.take(layout().row_bits);
    decode_row(row, count, values);
  }

  std::shared_ptr<const OperandFormat> fitted(const float* values, std::size_t rows, std::size_t count) const override {
    std::vector<double> left;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::vector<double> own = normalised(values + row * count, count, row_scale(values + row * count, count));
      left.insert(left.end(), own.begin(), own.end());
    }
    // A subset of many vectors suffices.
    const std::size_t vectors = left.size() / length();
    const std::size_t stride = ceil_div(vectors, most_fitted);
    for (std::size_t i = 0; i * stride < vectors; ++i) {
      std::copy_n(&left[i * stride * length()], length(), &left[i * length()]);
    }
    left.resize(vectors == 0 ? 0 : ceil_div(vectors, stride) * length());
    auto format = std::make_shared<AdditiveFormat>(description());
    for (std::uint32_t term = 0; term < description().terms; ++term) format->learn(left);
    return format;
  }

 private:
  static constexpr std::size_t most_fitted = 16384;
  static constexpr std::size_t rounds = 8;  ///< of k-means

  struct Row {
    std::vector<std::uint32_t> codes;  ///< for each vector, one per codebook
    std::uint32_t scale = 0;
  };

  static FormatLayout layout_of(const FormatDescription& description) {
    FormatLayout layout{0, description.group, {}};
    for (std::uint32_t term = 0; term < description.terms; ++term) {
      layout.shared.push_back({"code " + std::to_string(term), *description.bits});
    }
    layout.row_bits = scale_bits(description.scale);
    layout.codebook_bits =
        std::uint64_t{description.terms} * (std::uint64_t{description.group} << *description.bits) * 16;
    return layout;
  }
  std::size_t length() const { return description().group; }

  /// Returns the root mean square, in the scale's type.
  std::uint32_t row_scale(const float* values, std::size_t count) const {
    largest_of(values, count);  // throws for values that are not finite
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += double{values[i]} * double{values[i]};
    return scale_code(std::sqrt(sum / static_cast<double>(std::max<std::size_t>(count, 1))), description().scale,
                      false);
  }

  /// Divides a row by its scale and splits it into vectors, the last padded with 0.
  std::vector<double> normalised(const float* values, std::size_t count, std::uint32_t code) const {
    const double scale = scale_of(code, description().scale);
    std::vector<double> vectors(round_up(count, length()), 0);
    for (std::size_t i = 0; i < count && scale != 0; ++i) vectors[i] = double{values[i]} / scale;
    return vectors;
  }

  std::size_t nearest(const double* vector, const std::vector<double>& codebook) const {
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t entry = 0; entry < entries_; ++entry) {
      double distance = 0;
      for (std::size_t i = 0; i < length() && distance < least; ++i) {
        const double off = vector[i] - codebook[entry * length() + i];
        distance += off * off;
      }
      if (distance < least) {
        least = distance;
        best = entry;
      }
    }
    return best;
  }

  /// Fits one more codebook to the residuals of the vectors and subtracts it from them.
  void learn(std::vector<double>& left) {
    const std::size_t vectors = left.size() / length();
    std::vector<double> codebook(entries_ * length(), 0);
    for (std::size_t entry = 0; entry < entries_ && vectors > 0; ++entry) {
      std::copy_n(&left[entry * vectors / entries_ * length()], length(), &codebook[entry * length()]);
    }
    for (std::size_t round = 0; round < rounds; ++round) move_to_means(left, codebook);
    for (double& number : codebook) number = to_float(to_fp16(number));
    for (std::size_t i = 0; i < vectors; ++i) {
      double* const vector = &left[i * length()];
      const double* const entry = &codebook[nearest(vector, codebook) * length()];
      for (std::size_t j = 0; j < length(); ++j) vector[j] -= entry[j];
    }
    codebooks_.push_back(std::move(codebook));
  }

  /// Moves each entry to the mean of the vectors that it is nearest to.
  void move_to_means(const std::vector<double>& left, std::vector<double>& codebook) const {
    std::vector<double> sums(codebook.size(), 0);
    std::vector<double> counts(entries_, 0);
    for (std::size_t i = 0; i < left.size(); i += length()) {
      const std::size_t entry = nearest(&left[i], codebook);
      counts[entry] += 1;
      for (std::size_t j = 0; j < length(); ++j) sums[entry * length() + j] += left[i + j];
    }
    for (std::size_t entry = 0; entry < entries_; ++entry) {
      if (counts[entry] == 0) continue;
      for (std::size_t j = entry * length(); j < (entry + 1) * length(); ++j) codebook[j] = sums[j] / counts[entry];
    }
  }

  void encode_vector(std::vector<double>& left, std::uint32_t* codes) const {
    if (codebooks_.empty()) {
      throw Error::input("codebooks are learnt from a tensor of weights; other numbers have none");
    }
    for (const std::vector<double>& codebook : codebooks_) {
      const std::size_t entry = nearest(left.data(), codebook);
      for (std::size_t j = 0; j < length(); ++j) left[j] -= codebook[entry * length() + j];
      *codes++ = static_cast<std::uint32_t>(entry);
    }
  }

  void decode_vector(const std::uint32_t* codes, double scale, std::size_t count, float* values) const {
    for (std::size_t j = 0; j < count; ++j) {
      double sum = 0;
      for (std::size_t term = 0; term < codebooks_.size(); ++term) sum += codebooks_[term][codes[term] * length() + j];
      values[j] = static_cast<float>(sum * scale);
    }
  }

  Row encoded(const float* values, std::size_t count) const {
    Row row;
    row.scale = row_scale(values, count);
    const std::vector<double> vectors = normalised(values, count, row.scale);
    row.codes.resize(vectors.size() / length() * description().terms);
    std::vector<double> left;
    for (std::size_t i = 0; i < vectors.size() / length(); ++i) {
      left.assign(&vectors[i * length()], &vectors[i * length()] + length());
      encode_vector(left, &row.codes[i * description().terms]);
    }
    return row;
  }

  void decode_row(const Row& row, std::size_t count, float* values) const {
    const double scale = scale_of(row.scale, description().scale);
    for (std::size_t first = 0; first < count; first += length()) {
      decode_vector(&row.codes[first / length() * description().terms], scale,
                    std::min<std::size_t>(length(), count - first), values + first);
    }
  }

  std::size_t entries_;
  std::vector<std::vector<double>> codebooks_;
};

}  // namespace

std::shared_ptr<const OperandFormat> make_additive_format(const FormatDescription& description) {
  return std::make_shared<AdditiveFormat>(description);
}

}  // namespace anda
