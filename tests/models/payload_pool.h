// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_PAYLOAD_POOL_H
#define ANDA_TESTS_MODELS_PAYLOAD_POOL_H

#include <cstddef>
#include <memory>
#include <tlm>
#include <vector>

namespace anda::test {

/// Memory manager of payloads for non-blocking transactions.
class PayloadPool : public tlm::tlm_mm_interface {
 public:
  /// Returns a payload with one reference.
  tlm::tlm_generic_payload& make() {
    if (free_.empty()) {
      all_.push_back(std::make_unique<tlm::tlm_generic_payload>(this));
      free_.push_back(all_.back().get());
    }
    tlm::tlm_generic_payload* const payload = free_.back();
    free_.pop_back();
    payload->acquire();
    payload->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    payload->set_dmi_allowed(false);
    payload->set_byte_enable_ptr(nullptr);
    payload->set_byte_enable_length(0);
    return *payload;
  }
  void free(tlm::tlm_generic_payload* payload) override {
    payload->reset();
    free_.push_back(payload);
  }
  bool all_back() const { return free_.size() == all_.size(); }
  std::size_t made() const { return all_.size(); }

 private:
  std::vector<std::unique_ptr<tlm::tlm_generic_payload>> all_;
  std::vector<tlm::tlm_generic_payload*> free_;
};

}  // namespace anda::test

#endif
