// SPDX-License-Identifier: Apache-2.0
// The search for the size at which a routine stops being right, with routines that need no device.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "device/limit_search.hpp"
#include "eigenlens/error.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::bench {
namespace {

Trial right() { return {.seconds = 1e-6, .error = 0, .bound = 0}; }
Trial wrong() { return {.seconds = 1e-6, .error = 1, .bound = 0}; }

class LimitSearch : public ::testing::Test {
 protected:
  /// What the JSON file says after a search.
  nlohmann::json found(const std::function<Trial(std::int64_t)>& work, std::int64_t promised, double limit = 60) {
    const std::string path = folder_.file("found.json");
    Report report("search", path);
    const Routine routine{"made-up", "made-up: n", {10, 100, 1000, 10'000}, 2, 3, 1, work, promised, "largest_order"};
    find_limit(report, routine, limit, 100'000);
    return nlohmann::json::parse(std::ifstream(path));
  }

 private:
  test::TemporaryDirectory folder_;
};

TEST_F(LimitSearch, NothingIsWrong) {
  const nlohmann::json file = found([](std::int64_t) { return right(); }, 5000);
  EXPECT_EQ(file["notes"]["made-up"], "right up to 10000; the engine goes to 5000");
  EXPECT_EQ(file["notes"]["eigen_choice.hpp: largest_order"], "nothing against 5000: right there");
  EXPECT_EQ(file["tables"][0]["rows"].size(), 4U);
  EXPECT_TRUE(file["failures"].empty());
}

TEST_F(LimitSearch, ThePlaceIsNarrowedDown) {
  const nlohmann::json file = found([](std::int64_t n) { return n < 700 ? right() : wrong(); }, 5000);
  const std::string note = file["notes"]["eigen_choice.hpp: largest_order"];
  ASSERT_TRUE(note.starts_with("should be ")) << note;
  const int limit = std::stoi(note.substr(10));
  EXPECT_LT(limit, 700);
  EXPECT_GT(limit, 650);
  EXPECT_FALSE(file["failures"].empty());  // the engine goes further
}

TEST_F(LimitSearch, BeyondWhatTheEngineCallsItIsNoFailure) {
  const nlohmann::json file = found(
      [](std::int64_t n) {
        if (n >= 1000) raise(SIGSEGV);
        return right();
      },
      100);
  EXPECT_TRUE(file["failures"].empty());
  EXPECT_EQ(file["notes"]["eigen_choice.hpp: largest_order"], "nothing against 100: right there");
  EXPECT_EQ(file["tables"][0]["rows"][2]["verified"], "died");
}

TEST_F(LimitSearch, MemoryEndsTheSearch) {
  const nlohmann::json file = found(
      [](std::int64_t n) {
        if (n >= 1000) throw Error(ErrorCode::memory, "no device memory");
        return right();
      },
      5000);
  EXPECT_TRUE(file["failures"].empty());
  EXPECT_EQ(file["tables"][0]["rows"].size(), 3U);
  EXPECT_EQ(file["notes"]["eigen_choice.hpp: largest_order"], "nothing against 5000: tried up to 100");
}

TEST_F(LimitSearch, WhatTakesTooLongIsNotTried) {
  const nlohmann::json file = found(
      [](std::int64_t) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return Trial{.seconds = 0.05, .error = 0, .bound = 0};
      },
      5000, 10);
  EXPECT_EQ(file["tables"][0]["rows"].size(), 1U);  // 50 ms · 10³ are 50 s
  EXPECT_NE(std::string(file["notes"]["made-up"]).find("100 was not tried: about 50 s"), std::string::npos)
      << file["notes"]["made-up"];
}

}  // namespace
}  // namespace eigenlens::bench
