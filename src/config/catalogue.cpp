// SPDX-License-Identifier: Apache-2.0
#include "config/catalogue.h"

namespace anda::sim {

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

}  // namespace anda::sim
