// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_FORMAT_FILE_H
#define ANDA_SIM_CONFIG_FORMAT_FILE_H

#include <anda/numeric/format/operand_format.h>

#include <memory>
#include <string>
#include <vector>

namespace anda::sim {

/// The formats of configs/formats, by their names.
std::vector<std::string> format_names();

/// An operand format by its name in configs/formats, by the path of a YAML file, or as a map of YAML ("{name: …,
/// family: …}"). Throws Error (input) with `what`, or with the place in the file, for a text that is none.
std::shared_ptr<const OperandFormat> load_format(const std::string& text, const std::string& what);

}  // namespace anda::sim

#endif
