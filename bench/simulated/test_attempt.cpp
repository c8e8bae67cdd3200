// SPDX-License-Identifier: Apache-2.0
// Every way in which an attempt can end, without a device.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <limits>
#include <thread>

#include "device/attempt.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::bench {
namespace {

TEST(Attempt, RightAndWrongAreToldApartByTheError) {
  const Attempt right = attempt(10, [] { return Trial{.seconds = 0.25, .error = 1e-15, .bound = 1e-14}; });
  EXPECT_EQ(right.verdict, Verdict::right);
  EXPECT_EQ(right.trial.seconds, 0.25);
  EXPECT_EQ(right.trial.error, 1e-15);
  EXPECT_EQ(attempt(10, [] { return Trial{.error = 2, .bound = 1}; }).verdict, Verdict::wrong);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(attempt(10, [&] { return Trial{.error = nan, .bound = 1}; }).verdict, Verdict::wrong);
}

TEST(Attempt, ErrorsKeepTheirWords) {
  const Attempt refused = attempt(10, []() -> Trial { throw Error(ErrorCode::device, "status 7 of 9"); });
  EXPECT_EQ(refused.verdict, Verdict::refused);
  EXPECT_EQ(refused.text, "status 7 of 9");
  const Attempt full = attempt(10, []() -> Trial { throw Error(ErrorCode::memory, "3 bytes are free"); });
  EXPECT_EQ(full.verdict, Verdict::no_memory);
  EXPECT_EQ(full.text, "3 bytes are free");
}

TEST(Attempt, TheProcessMayEnd) {
  const Attempt died = attempt(10, []() -> Trial { std::abort(); });
  EXPECT_EQ(died.verdict, Verdict::died);
  EXPECT_NE(died.text.find("signal"), std::string::npos) << died.text;
}

TEST(Attempt, OrTakeTooLong) {
  const auto start = std::chrono::steady_clock::now();
  const Attempt slow = attempt(0.2, []() -> Trial {
    std::this_thread::sleep_for(std::chrono::seconds(60));
    return {};
  });
  EXPECT_EQ(slow.verdict, Verdict::too_slow);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

}  // namespace
}  // namespace eigenlens::bench
