// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TLM_TRANSACTION_TEXT_H
#define ANDA_TLM_TRANSACTION_TEXT_H

#include <string>
#include <tlm>

namespace anda {

/// Description of a transaction for messages: "read of 64 bytes at 0x1c0".
std::string text(const tlm::tlm_generic_payload& payload);

}  // namespace anda

#endif
