// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_REFERENCE_PAGE_H
#define ANDA_SIM_CONFIG_REFERENCE_PAGE_H

#include <string>

namespace anda::sim {

/// Text of docs/configuration.md: an introduction and a table of keys for every section.
std::string reference_page();

}  // namespace anda::sim

#endif
