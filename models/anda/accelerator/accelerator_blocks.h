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

/// Factories for user-defined blocks that replace the model's own. A factory gets the name that its block must have in
/// the hierarchy; an empty factory keeps the model's block. Level cycle accepts only blocks derived from the model's.
struct AcceleratorBlocks {
  template <class Block>
  using Factory = std::function<std::unique_ptr<Block>(sc_core::sc_module_name name, const AcceleratorConfig& config,
                                                       const Clock& clock)>;

  Factory<ArrayBlock> mxu;
  Factory<ActivationBufferBlock> activation_buffer;
  Factory<BufferBlock> weight_buffer;
  Factory<CompressorBlock> compressor;  ///< not called if the elements do not compress

  Connect connect;  ///< makes each binding between two blocks; if empty, they are bound directly
};

}  // namespace anda

#endif
