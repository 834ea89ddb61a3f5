// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_STORED_OPERAND_H
#define ANDA_NUMERIC_FORMAT_STORED_OPERAND_H

#include <memory>
#include <optional>
#include <utility>

#include <anda/numeric/format/operand_format.h>

namespace anda {

/// The storage type of an operand: a word of `Words`, by default the first, or an operand format that a configuration
/// describes.
template <class Number, const auto& Words>
class StoredOperand {
 public:
  using Word = Number;
  using Section = FormatDescription;
  static constexpr const auto& words = Words;
  static constexpr const char* folder = "formats";  ///< subfolder of configs/ for section files

  StoredOperand(Number number = Number{}) : number_(number) {}  // NOLINT(google-explicit-constructor): it is one
  /// Throws Error::input for a description with problems.
  explicit StoredOperand(FormatDescription description)
      : description_(std::move(description)), operand_(make_format(*description_)) {}

  Number word() const { return number_; }
  const std::optional<FormatDescription>& section() const { return description_; }
  /// The operand format of a description; nullptr if there is none.
  const std::shared_ptr<const OperandFormat>& operand() const { return operand_; }
  const char* name() const { return description_ ? description_->name.c_str() : name_of(Words, number_); }

  friend bool operator==(const StoredOperand& stored, Number number) {
    return !stored.description_ && stored.number_ == number;
  }
  friend bool operator!=(const StoredOperand& stored, Number number) { return !(stored == number); }

 private:
  Number number_;
  std::optional<FormatDescription> description_;
  std::shared_ptr<const OperandFormat> operand_;
};

/// Storage type of weights if no operand format is given: integers of the width that a GeMM specifies.
enum class WeightNumber { integer };

inline constexpr ChoiceTable<WeightNumber, 1> weight_numbers{{{"int", WeightNumber::integer}}};

using StoredWeights = StoredOperand<WeightNumber, weight_numbers>;

/// Storage type of GeMM activations if no operand format is given: the processing element's native one, FP16 or Anda
/// groups.
enum class ActivationNumber { element };

inline constexpr ChoiceTable<ActivationNumber, 1> activation_numbers{{{"element", ActivationNumber::element}}};

using StoredActivations = StoredOperand<ActivationNumber, activation_numbers>;

/// The same for one tensor type, which may defer to the general setting.
enum class TensorNumber { activations, element };

inline constexpr ChoiceTable<TensorNumber, 2> tensor_numbers{
    {{"activations", TensorNumber::activations}, {"element", TensorNumber::element}}};

using StoredTensor = StoredOperand<TensorNumber, tensor_numbers>;

}  // namespace anda

#endif
