// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENERGY_COUNTERS_H
#define ANDA_ENERGY_COUNTERS_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace anda {

/// One thing that a block counts. The block keeps the number as a plain member and adds to it.
struct Counter {
  std::string name;     ///< "mxu.pe_cycles": block and quantity
  std::string unit;     ///< "cycles", "bytes", "words" …
  std::string meaning;  ///< one sentence for the glossary
  const std::uint64_t* value = nullptr;
};

/// The counters of a block, or of a whole system, in a fixed order.
class Counters {
 public:
  void add(std::string name, std::string unit, std::string meaning, const std::uint64_t& value) {
    list_.push_back({std::move(name), std::move(unit), std::move(meaning), &value});
  }
  void add(const Counters& others) { list_.insert(list_.end(), others.list_.begin(), others.list_.end()); }

  const std::vector<Counter>& list() const { return list_; }
  std::size_t size() const { return list_.size(); }

  /// The present values, in the order of list().
  std::vector<std::uint64_t> values() const {
    std::vector<std::uint64_t> values;
    values.reserve(list_.size());
    for (const Counter& counter : list_) values.push_back(*counter.value);
    return values;
  }

  /// Index of a counter in list(); size() when there is none of that name.
  std::size_t index_of(const std::string& name) const {
    for (std::size_t i = 0; i < list_.size(); ++i) {
      if (list_[i].name == name) return i;
    }
    return list_.size();
  }

 private:
  std::vector<Counter> list_;
};

}  // namespace anda

#endif
