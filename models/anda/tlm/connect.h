// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TLM_CONNECT_H
#define ANDA_TLM_CONNECT_H

#include <functional>
#include <tlm>

namespace anda {

/// Binds the sockets of two blocks. To observe the traffic of a binding, insert a module between the two.
using Connect = std::function<void(tlm::tlm_base_initiator_socket<>& initiator, tlm::tlm_base_target_socket<>& target)>;

}  // namespace anda

#endif
