// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_RESULT_CODEC_H
#define ANDA_SIM_SYSTEM_RESULT_CODEC_H

#include "files/bytes.h"
#include "system/op_record.h"

namespace anda::sim {

// Serialisation of a run's result, for this program on this machine only. Omits the accelerators of the systems, which
// follow from the configuration.

void put(ByteWriter& out, const SimulationResult& result);
void get(ByteReader& in, SimulationResult& result);

}  // namespace anda::sim

#endif
