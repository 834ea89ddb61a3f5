// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TLM_DATAFLOW_ACCESS_H
#define ANDA_TLM_DATAFLOW_ACCESS_H

#include <cstdint>
#include <tlm>
#include <vector>

#include <anda/base/access.h>
#include <anda/base/clock.h>
#include <anda/base/error.h>
#include <anda/tlm/dataflow_extension.h>

namespace anda {

/// One initiator's accesses to a neighbouring block, with a reusable payload that carries the dataflow extension. Set
/// the fields of `said` that the access needs, call the object, and read the answers from `said`.
class DataflowAccess {
 public:
  explicit DataflowAccess(const Clock& clock) : clock_(clock) { payload_.set_extension(&said); }
  ~DataflowAccess() { payload_.clear_extension(&said); }
  DataflowAccess(const DataflowAccess&) = delete;
  DataflowAccess& operator=(const DataflowAccess&) = delete;

  DataflowExtension said;

  /// Calls b_transport. `data` may be nullptr if said.moves_data is not set. Throws Error (run) if the target refuses
  /// the access.
  template <class Socket>
  void operator()(Socket& socket, tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes, void* data) {
    if (data == nullptr) {
      if (scratch_.size() < bytes) scratch_.resize(bytes);
      data = scratch_.data();
    }
    set_access(payload_, command, address, data, bytes);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    payload_.set_dmi_allowed(false);
    said.answered = false;
    said.repeatable = true;
    sc_core::sc_time delay = clock_.delay_to(said.cycle);
    socket->b_transport(payload_, delay);
    if (payload_.is_response_error()) refused(socket.name());
    if (!said.answered) answer_by(delay);
  }

 private:
  /// Derives the answers from the delay, for a block that does not know the extension.
  void answer_by(const sc_core::sc_time& delay) {
    const std::uint64_t cycle = clock_.cycle_after(delay);
    said.arrived = said.done = said.put_out = said.stored = cycle > said.cycle ? cycle : said.cycle;
    said.sink_slower = false;
    said.repeatable = false;
  }
  [[noreturn]] void refused(const char* socket) const {
    throw Error::run(std::string("the block behind ") + socket + " answered " + payload_.get_response_string() +
                     " to an access of " + std::to_string(payload_.get_data_length()) + " bytes at address " +
                     std::to_string(payload_.get_address()));
  }

  const Clock& clock_;
  tlm::tlm_generic_payload payload_;
  std::vector<unsigned char> scratch_;  // replaces irrelevant data
};

}  // namespace anda

#endif
