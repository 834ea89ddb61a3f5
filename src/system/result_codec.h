// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_RESULT_CODEC_H
#define ANDA_SIM_SYSTEM_RESULT_CODEC_H

#include "files/bytes.h"
#include "system/op_record.h"

namespace anda::sim {

// The result of a run, for this program on this machine; without the accelerators of its systems, which follow from the
// configuration.

void put(ByteWriter& out, const SimulationResult& result);
void get(ByteReader& in, SimulationResult& result);

}  // namespace anda::sim

#endif
