// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_OP_CODEC_H
#define ANDA_SIM_SYSTEM_OP_CODEC_H

#include "files/bytes.h"
#include "system/op_record.h"

namespace anda::sim {

// Serialisation of the system's types, for this program on this machine only.

void put(ByteWriter& out, const StepShape& step);
void get(ByteReader& in, StepShape& step);

void put(ByteWriter& out, const Counts& counts);
void get(ByteReader& in, Counts& counts);

/// The fields of a task.
void put(ByteWriter& out, const GemmTask& task);
void get(ByteReader& in, GemmTask& task);
void put(ByteWriter& out, const VectorTask& task);
void get(ByteReader& in, VectorTask& task);

/// All fields of a record except index, name and layer.
void put_details(ByteWriter& out, const OpRecord& record);
void get_details(ByteReader& in, OpRecord& record);

}  // namespace anda::sim

#endif
