// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_MODULE_ENDS_H
#define ANDA_TESTS_MODELS_MODULE_ENDS_H

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include <anda/buffer/result_port.h>

// Helpers of tests that compare a documentation page's module diagram with the modules.

namespace anda::test {

/// A socket, port or export of a module, with the interface that it is bound to.
struct End {
  std::string name;  ///< "mxu.sums"; "memory" of the accelerator itself
  sc_core::sc_interface* interface = nullptr;
  bool takes = false;  ///< a target socket or an export
  bool sink = false;   ///< of ResultSink: the buffer has one object behind this and another export
};

/// Collects the ends of a module, without the backward paths of TLM sockets.
inline void add_ends(const sc_core::sc_object& module, const std::string& prefix, std::vector<End>& ends) {
  for (sc_core::sc_object* const child : module.get_child_objects()) {
    End end{prefix + child->basename(), nullptr, false, false};
    if (auto* const port = dynamic_cast<sc_core::sc_port_base*>(child)) end.interface = port->get_interface();
    if (auto* const given = dynamic_cast<sc_core::sc_export_base*>(child)) {
      end.interface = given->get_interface();
      end.takes = true;
    }
    end.sink = dynamic_cast<sc_core::sc_port_b<ResultSink>*>(child) != nullptr ||
               dynamic_cast<sc_core::sc_export<ResultSink>*>(child) != nullptr;
    if (end.interface == nullptr || dynamic_cast<tlm::tlm_bw_transport_if<>*>(end.interface) != nullptr) continue;
    ends.push_back(end);
  }
}

inline std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// All matches of a pattern in a text.
inline std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
  return {std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator()};
}

}  // namespace anda::test

#endif
