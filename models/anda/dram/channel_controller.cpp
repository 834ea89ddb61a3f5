// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/channel_controller.h>

#include <stdexcept>
#include <tuple>

#include <anda/dram/page/page_policy.h>
#include <anda/dram/refresh/refresh_policy.h>
#include <anda/dram/scheduler/scheduler.h>

namespace anda::dram {

namespace {

/// Wraps a type as a value.
template <class T>
struct Type {
  using Of = T;
};

/// Calls fn(Type<T>) with the policy type of a list whose `kind` is the configured one.
template <class Kind, class Fn, class... Policies>
void with_policy(std::tuple<Policies...>*, Kind kind, Fn fn) {
  const bool found = ((Policies::kind == kind ? (fn(Type<Policies>{}), true) : false) || ...);
  if (!found) throw std::logic_error("a policy that no type of its slot implements");
}
template <class Slot, class Kind, class Fn>
void with_policy_of(Kind kind, Fn fn) {
  with_policy(static_cast<Slot*>(nullptr), kind, fn);
}

}  // namespace

std::unique_ptr<Channel> make_channel(const ChannelRules& rules, ChannelIndex index, Statistics& statistics) {
  std::unique_ptr<Channel> channel;
  with_policy_of<Schedulers>(rules.policy.scheduler, [&](auto scheduler) {
    with_policy_of<PagePolicies>(rules.policy.page, [&](auto page) {
      with_policy_of<RefreshPolicies>(rules.policy.refresh, [&](auto refresh) {
        using Controller = ChannelController<typename decltype(scheduler)::Of, typename decltype(page)::Of,
                                             typename decltype(refresh)::Of>;
        channel = std::make_unique<Controller>(rules, index, statistics);
      });
    });
  });
  return channel;
}

}  // namespace anda::dram
