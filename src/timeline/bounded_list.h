// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TIMELINE_BOUNDED_LIST_H
#define ANDA_SIM_TIMELINE_BOUNDED_LIST_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace anda::sim {

/// A size-limited list of items that start at `from_ticks` and arrive in any order. When it overflows, it keeps about
/// half of the items, those before an instant called the horizon, and rejects later ones from then on. The list is thus
/// always complete before the horizon.
template <class T>
class BoundedList {
 public:
  static constexpr std::uint64_t everything = ~std::uint64_t{0};

  explicit BoundedList(std::size_t limit) : limit_(std::max<std::size_t>(limit, 2)) {}

  void add(const T& one) {
    if (one.from_ticks >= horizon_) return;
    list_.push_back(one);
    if (list_.size() > limit_) cut();
  }

  const std::vector<T>& list() const { return list_; }
  /// `everything` if no item was dropped.
  std::uint64_t horizon() const { return horizon_; }

 private:
  void cut() {
    const auto middle = list_.begin() + static_cast<std::ptrdiff_t>(list_.size() / 2);
    std::nth_element(list_.begin(), middle, list_.end(),
                     [](const T& a, const T& b) { return a.from_ticks < b.from_ticks; });
    horizon_ = middle->from_ticks;
    list_.erase(std::remove_if(list_.begin(), list_.end(), [this](const T& one) { return one.from_ticks >= horizon_; }),
                list_.end());
  }

  std::size_t limit_;
  std::uint64_t horizon_ = everything;
  std::vector<T> list_;
};

}  // namespace anda::sim

#endif
