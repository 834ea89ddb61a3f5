// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_STORED_WEIGHTS_H
#define ANDA_NUMERIC_FORMAT_STORED_WEIGHTS_H

#include <memory>
#include <optional>
#include <utility>

#include <anda/numeric/format/operand_format.h>

namespace anda {

/// What weights are stored as where no operand format is given.
enum class WeightNumber { integer };

inline constexpr ChoiceTable<WeightNumber, 1> weight_numbers{{{"int", WeightNumber::integer}}};

/// What weights are stored as: integers of the width that a GeMM has, or an operand format that a configuration
/// describes.
class StoredWeights {
 public:
  using Word = WeightNumber;
  using Section = FormatDescription;
  static constexpr const auto& words = weight_numbers;
  static constexpr const char* folder = "formats";  ///< of configs/, for files of a section

  StoredWeights(WeightNumber = WeightNumber::integer) {}  // NOLINT(google-explicit-constructor): there is one
  /// Error::input for a description with problems.
  explicit StoredWeights(FormatDescription description)
      : description_(std::move(description)), operand_(make_format(*description_)) {}

  WeightNumber word() const { return WeightNumber::integer; }
  const std::optional<FormatDescription>& section() const { return description_; }
  /// Of a description; nullptr: there is none.
  const std::shared_ptr<const OperandFormat>& operand() const { return operand_; }
  const char* name() const {
    return description_ ? description_->name.c_str() : name_of(weight_numbers, WeightNumber::integer);
  }

 private:
  std::optional<FormatDescription> description_;
  std::shared_ptr<const OperandFormat> operand_;
};

}  // namespace anda

#endif
