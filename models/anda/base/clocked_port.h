// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_CLOCKED_PORT_H
#define ANDA_BASE_CLOCKED_PORT_H

#include <systemc>

namespace anda {

/// A port for the wires of level cycle; a block that runs at level fast, or on its own, may leave it unbound.
template <class Interface>
using ClockedPort = sc_core::sc_port<Interface, 1, sc_core::SC_ZERO_OR_MORE_BOUND>;

}  // namespace anda

#endif
