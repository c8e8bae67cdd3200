// SPDX-License-Identifier: Apache-2.0
// The integer Gram of every instruction set that this processor has, bit for bit against three loops.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "backend/cpu/gram_u8.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {
namespace {

constexpr std::uint64_t seed = 20240217;

std::vector<std::uint8_t> random_bytes(std::int64_t count, std::uint64_t salt) {
  std::mt19937_64 random(seed + salt);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 56U);
  return bytes;
}

std::vector<std::int32_t> random_labels(std::int64_t count, int classes) {
  std::mt19937_64 random(seed);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(count));
  for (auto& label : labels) label = static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(classes));
  return labels;
}

/// The definition: Σ x_i x_j, Σ x_i, Σ x_i [y = c].
GramU8::Result naive(const std::vector<std::uint8_t>& x, const std::vector<std::int32_t>& labels,
                     std::int64_t dimension, std::int64_t classes) {
  GramU8::Result r{std::vector<std::int64_t>(static_cast<std::size_t>(dimension)), DenseI64(dimension, dimension),
                   DenseI64(dimension, classes)};
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const std::uint8_t* row = x.data() + n * static_cast<std::size_t>(dimension);
    for (std::int64_t j = 0; j < dimension; ++j) {
      r.sum[static_cast<std::size_t>(j)] += row[j];
      r.cross(j, labels[n]) += row[j];
      std::int64_t* column = r.gram.col(j);
      for (std::int64_t i = 0; i < dimension; ++i) column[i] += row[i] * row[j];
    }
  }
  return r;
}

class GramU8Test : public ::testing::TestWithParam<CpuIsa> {
 protected:
  void SetUp() override {
    if (!isa_available(GetParam())) GTEST_SKIP() << "this processor has no " << isa_name(GetParam());
  }

  /// Adds x in batches, and compares bits; twice, so that finish() is seen to leave nothing behind.
  static void check(const std::vector<std::uint8_t>& x, std::int64_t dimension, std::int64_t batch, int threads) {
    const auto count = static_cast<std::int64_t>(x.size()) / dimension;
    const auto labels = random_labels(count, 3);
    const auto truth = naive(x, labels, dimension, 3);
    GramU8 gram(dimension, 3, threads, GetParam());
    for (int round = 0; round < 2; ++round) {
      for (std::int64_t n = 0; n < count; n += batch)
        gram.add(x.data() + n * dimension, labels.data() + n, std::min(batch, count - n));
      const auto result = gram.finish();
      EXPECT_TRUE(result.gram == truth.gram) << "D " << dimension << ", N " << count << ", batch " << batch;
      EXPECT_TRUE(result.cross == truth.cross) << "D " << dimension << ", N " << count << ", batch " << batch;
      EXPECT_TRUE(result.sum == truth.sum) << "D " << dimension << ", N " << count << ", batch " << batch;
    }
  }
};

TEST_P(GramU8Test, EqualsThreeLoopsAtAwkwardSizes) {
  for (const std::int64_t dimension : {1, 3, 13, 14, 15, 16, 17, 31, 32, 33, 48, 65, 192})
    for (const std::int64_t count : {1, 2, 3, 4, 5, 7, 1000, 1023})
      check(random_bytes(count * dimension, static_cast<std::uint64_t>(dimension)), dimension, count, 2);
}

TEST_P(GramU8Test, SeveralChunksAndBlocks) {
  check(random_bytes(5000 * 65, 1), 65, 5000, 2);
  check(random_bytes(1023 * 597, 2), 597, 1023, 2);
  check(random_bytes(500 * 784, 3), 784, 500, 3);
}

TEST_P(GramU8Test, SeveralStages) { check(random_bytes(35000 * 9, 4), 9, 35000, 2); }

TEST_P(GramU8Test, BatchesOfEverySizeAndThreadCount) {
  const auto x = random_bytes(1023 * 33, 5);
  for (const std::int64_t batch : {1, 2, 3, 4, 5, 7, 64, 1000})
    for (const int threads : {1, 2, 5}) check(x, 33, batch, threads);
}

/// Sums at the bound of int32: 70,000 samples of 255 and 0, in every mixture of the two operands.
TEST_P(GramU8Test, ExtremeValuesDoNotOverflow) {
  constexpr std::int64_t dimension = 17;
  constexpr std::int64_t count = 70000;
  std::vector<std::uint8_t> x(static_cast<std::size_t>(dimension * count), 255);
  check(x, dimension, count, 2);
  std::fill(x.begin(), x.end(), std::uint8_t{0});
  check(x, dimension, count, 2);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % dimension % 2 ? 255 : 0;  // 255 · (0 − 128): the other end
  check(x, dimension, count, 2);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i / dimension % 2 ? 255 : 0;
  check(x, dimension, 999, 2);
}

TEST_P(GramU8Test, ClassesWithoutSamplesAndNoSamplesAtAll) {
  GramU8 gram(5, 4, 2, GetParam());
  const std::vector<std::uint8_t> x = {1, 2, 3, 4, 255};
  const std::int32_t label = 2;
  gram.add(x.data(), &label, 1);
  const auto one = gram.finish();
  EXPECT_EQ(one.gram(4, 0), 255);
  EXPECT_EQ(one.gram(0, 4), 255);
  EXPECT_EQ(one.cross(4, 2), 255);
  EXPECT_EQ(one.cross(4, 3), 0);
  const auto nothing = gram.finish();
  EXPECT_TRUE(nothing.gram == DenseI64(5, 5));
  EXPECT_TRUE(nothing.cross == DenseI64(5, 4));
}

/// The stage starts uninitialised or dirty in real life: a large finished round must not shine through a small one.
TEST_P(GramU8Test, NothingOfAnEarlierRoundRemains) {
  GramU8 gram(33, 1, 2, GetParam());
  const std::vector<std::int32_t> labels(3000, 0);
  const std::vector<std::uint8_t> poison(33 * 3000, 255);
  gram.add(poison.data(), labels.data(), 3000);
  (void)gram.finish();
  const auto x = random_bytes(33 * 5, 6);
  const std::vector<std::int32_t> five(5, 0);
  gram.add(x.data(), five.data(), 5);
  EXPECT_TRUE(gram.finish().gram == naive(x, five, 33, 1).gram);
}

INSTANTIATE_TEST_SUITE_P(EveryIsa, GramU8Test,
                         ::testing::Values(CpuIsa::portable, CpuIsa::avx2, CpuIsa::avxvnni, CpuIsa::avx512vnni),
                         [](const auto& instance) { return std::string(isa_name(instance.param)); });

/// Sets an environment variable for a scope.
class Environment {
 public:
  explicit Environment(const char* value) {
    if (const char* old = std::getenv("EIGENLENS_CPU_ISA")) old_ = old;
    setenv("EIGENLENS_CPU_ISA", value, 1);
  }
  ~Environment() {
    if (old_.empty()) {
      unsetenv("EIGENLENS_CPU_ISA");
    } else {
      setenv("EIGENLENS_CPU_ISA", old_.c_str(), 1);
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::string old_;
};

ErrorCode code_of_choosing(std::string_view name) {
  try {
    (void)choose_isa(name);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error for " << name;
  return ErrorCode::io;
}

TEST(CpuIsaTest, EveryNameIsThatOrAnError) {
  for (const CpuIsa isa : {CpuIsa::portable, CpuIsa::avx2, CpuIsa::avxvnni, CpuIsa::avx512vnni}) {
    if (isa_available(isa)) {
      EXPECT_EQ(choose_isa(isa_name(isa)), isa);
    } else {
      EXPECT_EQ(code_of_choosing(isa_name(isa)), ErrorCode::unavailable);
    }
  }
  EXPECT_EQ(code_of_choosing("sse9"), ErrorCode::usage);
}

TEST(CpuIsaTest, EnvironmentForcesAndTheArgumentWins) {
  const Environment portable("portable");
  EXPECT_EQ(choose_isa(), CpuIsa::portable);
  if (isa_available(CpuIsa::avx2)) {
    EXPECT_EQ(choose_isa("avx2"), CpuIsa::avx2);
  }
  const Environment wrong("fast");
  EXPECT_EQ(code_of_choosing(""), ErrorCode::usage);
}

}  // namespace
}  // namespace eigenlens
