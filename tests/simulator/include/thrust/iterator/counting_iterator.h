// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stands in for Thrust's header of this name.
#pragma once

namespace thrust {

/// The numbers from its value on.
template <class Integer>
class counting_iterator {
 public:
  constexpr counting_iterator() = default;
  constexpr explicit counting_iterator(Integer value) : value_(value) {}

  constexpr Integer operator*() const { return value_; }
  constexpr counting_iterator& operator++() {
    ++value_;
    return *this;
  }
  friend constexpr counting_iterator operator+(counting_iterator it, Integer steps) {
    return counting_iterator(it.value_ + steps);
  }
  friend constexpr bool operator==(counting_iterator a, counting_iterator b) { return a.value_ == b.value_; }

 private:
  Integer value_{};
};

template <class Integer>
constexpr counting_iterator<Integer> make_counting_iterator(Integer value) {
  return counting_iterator<Integer>(value);
}

}  // namespace thrust
