// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include <anda/numeric/format/block_scale.h>
#include <anda/numeric/format/code_table.h>
#include <anda/numeric/format/formats.h>

namespace anda {
namespace {

/// Table entries times a scale, max|x| / max|table|. The nearest entry is used, the smaller code in a tie. With several
/// tables, a group uses the one with the least squared error and stores its number beside the scale.
class TableFormat : public OperandFormat {
 public:
  explicit TableFormat(const FormatDescription& description)
      : OperandFormat(description, layout_of(description)),
        tables_(CodeTables::parse(description.table, *description.bits)) {}

  void encode(const float* values, std::size_t count, std::uint32_t* codes, std::uint32_t* shared) const override {
    const double largest = largest_of(values, count);
    double least = std::numeric_limits<double>::infinity();
    std::vector<std::uint32_t> tried(count);
    for (std::size_t choice = 0; choice < tables_.tables.size(); ++choice) {
      const std::vector<double>& table = tables_.tables[choice];
      const std::uint32_t code = scale_code(largest / most(table), description().scale, true);
      const double scale = scale_of(code, description().scale);
      double error = 0;
      for (std::size_t i = 0; i < count; ++i) {
        tried[i] = nearest(table, scale == 0 ? 0 : double{values[i]} / scale);
        const double off = table[tried[i]] * scale - double{values[i]};
        error += off * off;
      }
      if (error >= least) continue;
      least = error;
      std::copy(tried.begin(), tried.end(), codes);
      shared[0] = code;
      if (tables_.tables.size() > 1) shared[1] = static_cast<std::uint32_t>(choice);
    }
  }

  void decode(const std::uint32_t* codes, const std::uint32_t* shared, std::size_t count,
              float* values) const override {
    const double scale = scale_of(shared[0], description().scale);
    const std::size_t choice =
        tables_.tables.size() > 1 ? std::min<std::size_t>(shared[1], tables_.tables.size() - 1) : 0;
    const std::vector<double>& table = tables_.tables[choice];
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(table[codes[i]] * scale);
  }

 private:
  static FormatLayout layout_of(const FormatDescription& description) {
    FormatLayout layout{*description.bits, description.group, {{"scale", scale_bits(description.scale)}}};
    const std::size_t tables = CodeTables::parse(description.table, *description.bits).tables.size();
    std::uint32_t choice_bits = 0;
    while (std::size_t{1} << choice_bits < tables) ++choice_bits;
    if (choice_bits > 0) layout.shared.push_back({"table", choice_bits});
    return layout;
  }
  static double most(const std::vector<double>& table) {
    double most = 0;
    for (const double number : table) most = std::max(most, std::abs(number));
    return most;
  }
  static std::uint32_t nearest(const std::vector<double>& table, double value) {
    std::size_t found = 0;
    for (std::size_t code = 1; code < table.size(); ++code) {
      if (std::abs(table[code] - value) < std::abs(table[found] - value)) found = code;
    }
    return static_cast<std::uint32_t>(found);
  }

  CodeTables tables_;
};

}  // namespace

std::shared_ptr<const OperandFormat> make_table_format(const FormatDescription& description) {
  return std::make_shared<TableFormat>(description);
}

}  // namespace anda
