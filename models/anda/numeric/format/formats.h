// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_FORMATS_H
#define ANDA_NUMERIC_FORMAT_FORMATS_H

#include <memory>

#include <anda/numeric/format/operand_format.h>

namespace anda {

// Factories of the format families, one file each. The description must have no problems.

std::shared_ptr<const OperandFormat> make_float_format(const FormatDescription& description);
std::shared_ptr<const OperandFormat> make_mx_format(const FormatDescription& description);
std::shared_ptr<const OperandFormat> make_bfp_format(const FormatDescription& description);
std::shared_ptr<const OperandFormat> make_anda_format(const FormatDescription& description);
std::shared_ptr<const OperandFormat> make_integer_format(const FormatDescription& description);
std::shared_ptr<const OperandFormat> make_bipolar_format(const FormatDescription& description);
std::shared_ptr<const OperandFormat> make_table_format(const FormatDescription& description);
std::shared_ptr<const OperandFormat> make_binary_sum_format(const FormatDescription& description);
std::shared_ptr<const OperandFormat> make_additive_format(const FormatDescription& description);

}  // namespace anda

#endif
