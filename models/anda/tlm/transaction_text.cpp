// SPDX-License-Identifier: Apache-2.0
#include <anda/tlm/transaction_text.h>

#include <sstream>

namespace anda {

std::string text(const tlm::tlm_generic_payload& payload) {
  std::ostringstream out;
  out << (payload.is_read()    ? "read"
          : payload.is_write() ? "write"
                               : "ignore")
      << " of " << payload.get_data_length() << " bytes at 0x" << std::hex << payload.get_address();
  return out.str();
}

}  // namespace anda
