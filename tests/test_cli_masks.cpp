// SPDX-License-Identifier: Apache-2.0
// `eigenlens masks`, and sweeps of masks with shapes, as a user runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "eigenlens/mask_moments.hpp"
#include "support/moment_arrays.hpp"
#include "support/program.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(CliMasks, ShowsMasks) {
  const Outcome run = run_program({"masks", "grid:patch=4,every=2,offset=fixed", "--shape", "12x16", "--count", "2"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out,
              AllOf(HasSubstr("#.#.   #.#.\n....   ....\n#.#.   #.#.\n"), HasSubstr("33.3 %"), HasSubstr("exact")));
}

TEST(CliMasks, WritesWhatMasksRead) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("masks.npy"), spec = "multiblock:patch=2,draws=200";
  const Outcome run = run_program({"masks", spec, "--shape", "3x16x16", "--count", "200", "--out", path, "-q"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out + run.err, IsEmpty());
  const MaskMoments ours = mask_moments(parse_pretext("masks:" + path + ",patch=2")[0], {3, 16, 16});
  EXPECT_EQ(ours.second, mask_moments(parse_pretext(spec)[0], {3, 16, 16}).second);
}

TEST(CliMasks, RefusesWhatCannotBe) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> runs = {
      {{"masks", "mask:patch=4,ratio=0.5", "--shape", "8x8"}, "mask:patch=4"},
      {{"masks", "grid:patch=4,every=2"}, "--shape"},
      {{"masks", "grid:patch=4,every=2", "--shape", "8"}, "--shape '8'"},
      {{"masks", "grid:patch=4,every=3", "--shape", "8x8"}, "every=3"},
      {{"masks", "blocks:patch=4,ratio=0:0.5:2", "--shape", "8x8"}, "2 pretexts"},
      {{"masks", "multiblock:patch=8", "--shape", "8x8"}, "masks in a row show nothing"},
      {{"masks", "crop:patch=4,size=1", "--shape", "8x8", "--count", "0"}, "--count"}};
  for (const auto& [arguments, expected] : runs) {
    const Outcome run = run_program(arguments);
    EXPECT_EQ(run.exit_code, 2) << expected;
    EXPECT_THAT(run.err, HasSubstr(expected));
    EXPECT_THAT(run.out, IsEmpty());
  }
}

// A file that cannot be used is said before the data are read, which here would fail.
TEST(CliMasks, FilesAreRefusedBeforeTheDataAreRead) {
  const TemporaryDirectory directory;
  const std::string images = directory.file("images");
  ASSERT_EQ(
      run_program({"generate", images, "--count", "300", "--test-count", "10", "--shape", "12x12", "-q"}).exit_code, 0);
  const std::string absent = directory.file("absent.npy");
  const Outcome run = run_program({"sweep", images, "-p", "gaussian:covariance=" + absent});
  EXPECT_EQ(run.exit_code, 4) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("absent.npy"), ::testing::Not(HasSubstr("moments of D"))));
}

TEST(CliMasks, SweepsReportTheSamplingError) {
  const TemporaryDirectory directory;
  const std::string images = directory.file("images"), json = directory.file("curves.json");
  ASSERT_EQ(
      run_program({"generate", images, "--count", "300", "--test-count", "10", "--shape", "12x12", "-q"}).exit_code, 0);
  const Outcome run = run_program({"sweep", images, "-p", "blocks:patch=3,ratio=0.4,draws=400", "-p",
                                   "centre:patch=3,size=2", "-p", "reconstruct", "--out", json});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("moments of 400 masks"));
  std::ifstream file(json);
  const nlohmann::json curves = nlohmann::json::parse(file)["curves"];
  EXPECT_EQ(curves[0]["checks"]["mask_moments"]["draws"], 400);
  EXPECT_GT(curves[0]["checks"]["mask_moments"]["second_error"]["largest"], 0.01);
  EXPECT_EQ(curves[1]["checks"]["mask_moments"]["draws"], 0);
  EXPECT_EQ(curves[1]["checks"]["rank"], 144 - 36);
  EXPECT_LT(curves[1]["alignment"].back(), 1);
  EXPECT_EQ(curves[0]["pretext"]["kind"], "blocks");
  EXPECT_FALSE(curves[2]["checks"].contains("mask_moments"));
  const Outcome beyond = run_program({"sweep", images, "-p", "centre:patch=3,size=2", "--k", "120", "-q"});
  EXPECT_EQ(beyond.exit_code, 2);
  EXPECT_THAT(beyond.err, AllOf(HasSubstr("120"), HasSubstr("108")));
  const Outcome missing = run_program({"sweep", images, "-p", "gaussian:covariance=none.npy", "-q"});
  EXPECT_EQ(missing.exit_code, 4);
  EXPECT_THAT(missing.err, HasSubstr("none.npy"));
}

}  // namespace
}  // namespace eigenlens::test
