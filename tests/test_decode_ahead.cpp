// SPDX-License-Identifier: Apache-2.0
/// \file
/// Samples made by several threads: in order, all of them, and not too far ahead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#include "data/decode_ahead.hpp"

namespace eigenlens::test {
namespace {

void write_index(std::int64_t index, std::byte* sample) { std::memcpy(sample, &index, sizeof index); }

TEST(DecodeAhead, DeliversInOrder) {
  for (const int threads : {1, 2, 8}) {
    for (const std::int64_t batch : {1, 3, 50, 100, 200}) {
      DecodeAhead ahead({.count = 100, .batch = std::min<std::int64_t>(batch, 100), .sample_bytes = 8}, threads,
                        write_index);
      std::int64_t next = 0;
      while (const auto filled = ahead.next()) {
        ASSERT_EQ(filled->first, next);
        for (std::int64_t i = 0; i < filled->count; ++i, ++next) {
          std::int64_t value = -1;
          std::memcpy(&value, filled->samples + 8 * i, sizeof value);
          ASSERT_EQ(value, next);
          ASSERT_FALSE(filled->failures[static_cast<std::size_t>(i)]);
        }
      }
      EXPECT_EQ(next, 100);
      EXPECT_FALSE(ahead.next().has_value());
    }
  }
}

TEST(DecodeAhead, StaysAFewBatchesAhead) {
  std::atomic<std::int64_t> most{0};
  const auto watch = [&most](std::int64_t index, std::byte* /*sample*/) {
    std::int64_t seen = most;
    while (index > seen && !most.compare_exchange_weak(seen, index)) {
    }
  };
  DecodeAhead ahead({.count = 1000, .batch = 10, .sample_bytes = 1}, 2, watch);
  for (std::int64_t taken = 1; taken <= 20; ++taken) {
    ASSERT_TRUE(ahead.next().has_value());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_LT(most, (taken + 1) * 10) << "the batch that the reader holds, and one";
  }
}

TEST(DecodeAhead, AFailureBelongsToItsSample) {
  const auto odd = [](std::int64_t index, std::byte* /*sample*/) {
    if (index % 2 == 1) throw std::runtime_error(std::to_string(index));
  };
  DecodeAhead ahead({.count = 30, .batch = 4, .sample_bytes = 1}, 3, odd);
  std::int64_t index = 0;
  while (const auto filled = ahead.next()) {
    for (const std::exception_ptr& failure : filled->failures) {
      ASSERT_EQ(failure != nullptr, index % 2 == 1);
      try {
        if (failure) std::rethrow_exception(failure);
      } catch (const std::runtime_error& error) {
        EXPECT_EQ(error.what(), std::to_string(index));
      }
      ++index;
    }
  }
  EXPECT_EQ(index, 30);
}

TEST(DecodeAhead, MayBeDroppedAtAnyTime) {
  for (int taken = 0; taken < 12; ++taken) {
    DecodeAhead ahead({.count = 40, .batch = 4, .sample_bytes = 8}, 4, write_index);
    for (int i = 0; i < taken; ++i) ahead.next();
  }
}

}  // namespace
}  // namespace eigenlens::test
