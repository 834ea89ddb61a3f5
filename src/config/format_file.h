// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_FORMAT_FILE_H
#define ANDA_SIM_CONFIG_FORMAT_FILE_H

#include <anda/numeric/format/operand_format.h>

#include <memory>
#include <string>
#include <vector>

namespace anda::sim {

/// Names of the formats in configs/formats.
std::vector<std::string> format_names();

/// Loads an operand format, given by its name in configs/formats, by the path of a YAML file, or as a YAML map ("{name:
/// …, family: …}"). Throws Error (input) with `what`, or with the place in the file, if the text is not a format.
std::shared_ptr<const OperandFormat> load_format(const std::string& text, const std::string& what);

}  // namespace anda::sim

#endif
