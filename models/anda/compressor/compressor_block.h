// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_COMPRESSOR_COMPRESSOR_BLOCK_H
#define ANDA_COMPRESSOR_COMPRESSOR_BLOCK_H

#include <systemc>
#include <tlm>

#include <anda/base/activity.h>
#include <anda/energy/counters.h>
#include <anda/functional/data_losses.h>

namespace anda {

/// Interface of the block between vector unit and buffer at level fast. Values of tiles come in with the dataflow
/// extension. The block writes each block of results to the address that comes with the values, in the extension's
/// format, once a tile completes it.
class CompressorBlock : public sc_core::sc_module {
 public:
  virtual tlm::tlm_base_target_socket<>& in_socket() = 0;
  virtual tlm::tlm_base_initiator_socket<>& out_socket() = 0;
  virtual const Counters& counters() const = 0;
  virtual void observe(ActivityObserver*) {}
  /// Adds the compression losses of the last GeMM, in a functional simulation.
  virtual void add_losses(DataLosses&) const {}

 protected:
  CompressorBlock() = default;
};

}  // namespace anda

#endif
