// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_SHA256_H
#define ANDA_SIM_CONFIG_SHA256_H

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace anda::sim {

/// SHA-256 of bytes supplied in pieces.
class Sha256 {
 public:
  Sha256();

  void add(std::string_view bytes);
  /// The digest as 64 lower-case hexadecimal digits. Must be the last call on the object.
  std::string hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace anda::sim

#endif
