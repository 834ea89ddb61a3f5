// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ACCELERATOR_ACCELERATOR_BLOCKS_H
#define ANDA_ACCELERATOR_ACCELERATOR_BLOCKS_H

#include <functional>
#include <memory>
#include <systemc>

#include <anda/accelerator/accelerator_config.h>
#include <anda/base/clock.h>
#include <anda/buffer/buffer_block.h>
#include <anda/compressor/compressor_block.h>
#include <anda/mxu/array_block.h>
#include <anda/tlm/connect.h>

namespace anda {

/// Blocks of a user's own in the place of ours: what makes them, from the name that they have to have in the hierarchy.
/// Those that are empty stay ours. Level cycle works with blocks that derive from ours only.
struct AcceleratorBlocks {
  template <class Block>
  using Factory = std::function<std::unique_ptr<Block>(sc_core::sc_module_name name, const AcceleratorConfig& config,
                                                       const Clock& clock)>;

  Factory<ArrayBlock> mxu;
  Factory<ActivationBufferBlock> activation_buffer;
  Factory<BufferBlock> weight_buffer;
  Factory<CompressorBlock> compressor;  ///< not asked for where elements do not compress

  Connect connect;  ///< makes each binding between two blocks; empty: they are bound to each other
};

}  // namespace anda

#endif
