// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_DATAPATH_H
#define ANDA_ENGINE_DATAPATH_H

#include <anda/buffer/activation_buffer.h>
#include <anda/buffer/weight_buffer.h>
#include <anda/compressor/bit_plane_compressor.h>
#include <anda/mxu/mxu.h>
#include <anda/vector_unit/vector_unit.h>

namespace anda {

/// The blocks that a clock of level cycle advances.
struct Datapath {
  Mxu& mxu;
  ActivationBuffer& activation_buffer;
  WeightBuffer& weight_buffer;
  VectorUnit& vector_unit;
  BitPlaneCompressor* compressor;  ///< nullptr if the machine has none
};

}  // namespace anda

#endif
