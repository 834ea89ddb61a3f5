// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_REFRESH_NO_REFRESH_H
#define ANDA_DRAM_REFRESH_NO_REFRESH_H

#include <cstdint>

#include <anda/dram/channel_state.h>
#include <anda/dram/dram_config.h>

namespace anda::dram {

/// Banks that keep their data forever.
class NoRefresh {
 public:
  static constexpr DramRefresh kind = DramRefresh::none;

  NoRefresh(const ChannelRules&, ChannelIndex) {}

  Cycle due() const { return never; }
  bool decide(const ChannelState&, Cycle) { return false; }
  bool pending(const ChannelState&) const { return false; }
  BankSet held() const { return 0; }
  Cycle last_activate() const { return never; }
  Choice next(const ChannelState&) const { return {}; }
  void refreshed(Command) {}
  std::uint64_t skip(Cycle) { return 0; }

  static constexpr bool regular = true;
  void restart(Cycle) {}
};

}  // namespace anda::dram

#endif
