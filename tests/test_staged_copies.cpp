// SPDX-License-Identifier: Apache-2.0
// Copies between host and device that are large enough to go through pinned memory by several threads: every byte, in
// the order of what is queued, whatever fails.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include "eigenlens/error.hpp"
#include "support/backend_cases.hpp"
#include "support/simulator_hooks.hpp"

namespace eigenlens::test {
namespace {

/// In numbers of 8 bytes: what goes through pinned memory at least, a thread's share at a time, one stage.
constexpr std::int64_t least = (std::int64_t{16} << 20) / 8, block = (std::int64_t{2} << 20) / 8,
                       stage = (std::int64_t{512} << 10) / 8;

/// Numbers of which no two are alike.
std::vector<double> counted(std::int64_t count, double start) {
  std::vector<double> values(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) values[static_cast<std::size_t>(i)] = start + static_cast<double>(i);
  return values;
}

class StagedCopies : public BackendTest {
 protected:
  /// Up from and down to memory that begins `shift` numbers behind an allocation, with a number on either side that
  /// must stay.
  static void expect_there_and_back(Backend& on, std::int64_t count, std::int64_t shift) {
    SCOPED_TRACE(::testing::Message() << count << " numbers, shifted by " << shift);
    const std::vector<double> values = counted(shift + count, 0.5);
    Matrix matrix = on.allocate(count, 1);
    on.upload(values.data() + shift, matrix);
    std::vector<double> back(static_cast<std::size_t>(shift + count + 2), -7);
    on.download(matrix, back.data() + shift + 1);
    for (std::int64_t i = 0; i <= shift; ++i) ASSERT_EQ(back[static_cast<std::size_t>(i)], -7);
    ASSERT_EQ(back.back(), -7);
    const auto bytes = static_cast<std::size_t>(count) * sizeof(double);
    EXPECT_EQ(std::memcmp(back.data() + shift + 1, values.data() + shift, bytes), 0);
  }
};
INSTANTIATE_TEST_SUITE_P(Cuda, StagedCopies,
                         ::testing::Values(BackendCase{"cuda", 2}, BackendCase{"cuda", 1, Hardware::simulated},
                                           BackendCase{"cuda", 2, Hardware::simulated},
                                           BackendCase{"cuda", 5, Hardware::simulated},
                                           BackendCase{"cuda", 40, Hardware::simulated}),
                         case_name);

TEST_P(StagedCopies, EverySizeIsTheSameBits) {
  for (const std::int64_t count : {least - 1, least, least + 1, least + stage - 1, least + stage, least + stage + 1,
                                   least + block - 1, least + block + 1, 2 * least + 12'345})
    expect_there_and_back(backend(), count, 0);
}

TEST_P(StagedCopies, EveryPlaceIsTheSameBits) {
  for (const std::int64_t shift : {std::int64_t{1}, std::int64_t{511}, stage - 3, block - 1})
    expect_there_and_back(backend(), least + 777, shift);
}

TEST_P(StagedCopies, ZerosThatNothingTouchedAreZeros) {
  const DenseF64 zeros(2048, 1536);
  const Matrix matrix = uploaded_lanes({zeros}).front();
  DenseF64 back = zeros;
  std::fill_n(back.data(), back.size(), 3.0);
  backend().download(matrix, back.data());
  EXPECT_TRUE(back == zeros);
}

/// The host's memory changes as soon as a copy has returned, and so does what is on the device after work was queued
/// with it, on all lanes.
TEST_P(StagedCopies, KeepTheOrderOfWhatIsQueued) {
  const std::int64_t rows = 3, cols = least / 2, lanes = 3;
  std::vector<double> host = counted(rows * cols, 1);
  Matrix source = poisoned(rows, cols);
  backend().upload(host.data(), source);
  const std::vector<Matrix> a(lanes, source);
  std::vector<Matrix> first = poisoned_lanes(lanes, rows, cols), second = poisoned_lanes(lanes, rows, cols);
  const std::vector<std::vector<double>> weights = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
  std::fill(host.begin(), host.end(), -1);
  backend().scale_rows(a, weights, first);
  std::fill(host.begin(), host.end(), 10);
  backend().upload(host.data(), source);
  std::fill(host.begin(), host.end(), -1);
  backend().scale_rows(a, weights, second);
  backend().upload(host.data(), source);
  DenseF64 found(rows, cols);
  for (std::size_t l = 0; l < lanes; ++l) {
    std::int64_t wrong = 0;
    backend().download(first[l], found.data());
    for (std::int64_t i = 0; i < found.size(); ++i)
      wrong += found.data()[i] != weights[l][static_cast<std::size_t>(i % rows)] * static_cast<double>(1 + i);
    backend().download(second[l], found.data());
    for (std::int64_t i = 0; i < found.size(); ++i)
      wrong += found.data()[i] != weights[l][static_cast<std::size_t>(i % rows)] * 10;
    EXPECT_EQ(wrong, 0) << "lane " << l;
  }
}

/// On a device that no other test has used.
class FreshStagedCopies : public StagedCopies {
 protected:
  void SetUp() override {
    StagedCopies::SetUp();
    if (IsSkipped()) return;
#ifdef EIGENLENS_SIMULATED_CUDA
    setenv("EIGENLENS_CUDA_LIBRARY", EIGENLENS_SIMULATED_CUDA, 1);
#endif
    fresh_.emplace(DeviceOptions{.name = "cuda", .threads = 3});
    unsetenv("EIGENLENS_CUDA_LIBRARY");
  }
  [[nodiscard]] Backend& fresh() const { return fresh_->backend(); }

  std::optional<Device> fresh_;
};
INSTANTIATE_TEST_SUITE_P(Simulated, FreshStagedCopies, ::testing::Values(BackendCase{"cuda", 2, Hardware::simulated}),
                         case_name);

TEST_P(FreshStagedCopies, PinMemoryOnceAndNotForSmallOnes) {
  const SimulatorHooks hooks;
  const std::int64_t before = hooks.calls("cudaHostAlloc");
  expect_there_and_back(fresh(), least - 1, 0);
  EXPECT_EQ(hooks.calls("cudaHostAlloc"), before);
  for (int round = 0; round < 3; ++round) expect_there_and_back(fresh(), least, 0);
  EXPECT_EQ(hooks.calls("cudaHostAlloc"), before + 1);
}

TEST_P(FreshStagedCopies, WithoutPinnedMemoryTheDriverCopies) {
  const SimulatorHooks hooks;
  constexpr int out_of_memory = 2;
  hooks.fail("cudaHostAlloc", 0, out_of_memory);
  const std::int64_t pinned = hooks.calls("cudaHostAlloc"), copies = hooks.calls("cudaMemcpyAsync");
  for (int round = 0; round < 2; ++round) expect_there_and_back(fresh(), least + 99, 3);
  EXPECT_EQ(hooks.calls("cudaHostAlloc"), pinned + 1);
  EXPECT_EQ(hooks.calls("cudaMemcpyAsync"), copies + 4);
}

/// Each call of a copy in its turn: an error, no thread that stays, and the next copy is right.
TEST_P(FreshStagedCopies, EveryCallMayFail) {
  const SimulatorHooks hooks;
  expect_there_and_back(fresh(), least, 0);
  const std::vector<double> values = counted(least, 1);
  std::vector<double> back(values.size());
  constexpr int launch_failure = 719;
  for (const char* api : {"cudaMemcpyAsync", "cudaEventRecord", "cudaEventSynchronize", "cudaSetDevice"})
    for (const int skip : {0, 1, 2, 5, 17, 31}) {
      SCOPED_TRACE(::testing::Message() << api << ", call " << skip + 1);
      Matrix matrix = fresh().allocate(least, 1);
      bool failed = false;
      hooks.fail(api, skip, launch_failure);
      try {
        fresh().upload(values.data(), matrix);
        fresh().download(matrix, back.data());
      } catch (const Error& error) {
        failed = true;
        EXPECT_EQ(error.code(), ErrorCode::device) << error.what();
      }
      // A thread that finds nothing left to do makes no call of its own: of cudaSetDevice there are 8.
      EXPECT_EQ(failed, std::strcmp(api, "cudaSetDevice") != 0 || skip <= 5);
      hooks.reset();
      expect_there_and_back(fresh(), least + 5, 1);
    }
}

}  // namespace
}  // namespace eigenlens::test
