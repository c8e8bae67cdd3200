// SPDX-License-Identifier: Apache-2.0
// The dual form from the command line: chosen and said, forced, kept in a file, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CliDual : public ::testing::Test {
 protected:
  void SetUp() override {
    const Outcome made =
        run({"generate", data_, "--count", "60", "--test-count", "30", "--shape", "3x8x8", "--classes", "3"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }
  [[nodiscard]] static Outcome run(std::vector<std::string> arguments) {
    if (arguments.front() != "generate" && arguments.front() != "merge") {
      arguments.emplace_back("--device");
      arguments.emplace_back("cpu");
    }
    return run_program(arguments);
  }
  [[nodiscard]] nlohmann::json swept(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--out", path("curves.json")});
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    std::ifstream stream(path("curves.json"));
    return nlohmann::json::parse(stream);
  }
  static void expect_same_curves(const nlohmann::json& a, const nlohmann::json& b) {
    ASSERT_EQ(a["curves"].size(), b["curves"].size());
    for (std::size_t i = 0; i < a["curves"].size(); ++i)
      for (std::size_t k = 0; k < a["curves"][i]["k"].size(); ++k)
        ASSERT_NEAR(a["curves"][i]["alignment"][k].get<double>(), b["curves"][i]["alignment"][k].get<double>(), 1e-8);
  }

  TemporaryDirectory directory_;
  std::string data_ = directory_.file("set");
  std::vector<std::string> masks_ = {"--pretext", "reconstruct", "--pretext", "mask:patch=3,ratio=0.25:0.75:3"};
};

TEST_F(CliDual, IsChosenWhereThereAreFewerImagesAndSaid) {
  const Outcome outcome = run({"sweep", data_, "--pretext", "mask:patch=4,ratio=0.5"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("dual moments of N = 60 samples of D = 192"), HasSubstr("dual form, of N = 60")));
  EXPECT_THAT(outcome.out, HasSubstr("Dual form"));
  EXPECT_THAT(run({"info", data_}).out, HasSubstr("dual: products of samples"));
  EXPECT_THAT(run({"info", data_, "--form", "primal"}).out, HasSubstr("primal: products of inputs"));
}

TEST_F(CliDual, BothFormsGiveTheSameCurves) {
  std::vector<std::string> automatic = {"sweep", data_}, primal = {"sweep", data_, "--form", "primal"};
  automatic.insert(automatic.end(), masks_.begin(), masks_.end());
  primal.insert(primal.end(), masks_.begin(), masks_.end());
  const nlohmann::json dual = swept(automatic), other = swept(primal);
  EXPECT_EQ(dual["dataset"]["form"], "dual");
  EXPECT_EQ(other["dataset"]["form"], "primal");
  EXPECT_EQ(dual["dataset"]["rank"], 59);
  EXPECT_EQ(dual["timings"][0]["stage"], "reading and moments");
  expect_same_curves(dual, other);
}

TEST_F(CliDual, AFileHoldsTheStructuresThatWereNamed) {
  const std::string file = path("dual.safetensors");
  const Outcome made = run({"moments", data_, "--pretext", "mask:patch=3,ratio=0.9", "--out", file});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("exact dual moments with 1 structure of masks"));
  EXPECT_THAT(run({"info", file}).out, AllOf(HasSubstr("dual"), HasSubstr("mask:patch=3")));
  std::vector<std::string> from_file = {"sweep", file}, from_data = {"sweep", data_};
  from_file.insert(from_file.end(), masks_.begin(), masks_.end());
  from_data.insert(from_data.end(), masks_.begin(), masks_.end());
  const nlohmann::json a = swept(from_file), b = swept(from_data);
  EXPECT_EQ(a["dataset"]["form"], "dual");
  expect_same_curves(a, b);
  const Outcome other = run({"sweep", file, "--pretext", "mask:patch=2,ratio=0.5"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, AllOf(HasSubstr("do not hold mask:patch=2"), HasSubstr("mask:patch=3")));
  const Outcome forced = run({"sweep", file, "--form", "primal", "--pretext", "reconstruct"});
  EXPECT_EQ(forced.exit_code, 2);
  EXPECT_THAT(forced.err, HasSubstr("dual form"));
}

TEST_F(CliDual, MergeRefusesIt) {
  const std::string dual = path("dual.safetensors"), primal = path("primal.safetensors"), out = path("all.safetensors");
  ASSERT_EQ(run({"moments", data_, "--form", "dual", "--out", dual}).exit_code, 0);
  ASSERT_EQ(run({"moments", data_, "--split", "test", "--out", primal}).exit_code, 0);
  for (const auto& files : {std::vector{dual, primal}, std::vector{primal, dual}}) {
    const Outcome refused = run({"merge", files[0], files[1], "--out", out});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, AllOf(HasSubstr(dual), HasSubstr("cannot be merged")));
    EXPECT_FALSE(std::filesystem::exists(out));
  }
  const Outcome forced = run({"sweep", primal, "--form", "dual", "--pretext", "reconstruct"});
  EXPECT_EQ(forced.exit_code, 2);
  EXPECT_THAT(forced.err, HasSubstr("takes the images"));
}

TEST_F(CliDual, WrongUsage) {
  const Outcome unknown = run({"sweep", data_, "--form", "both", "--pretext", "reconstruct"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("--form"));
  const Outcome large = run({"sweep", data_, "--pretext", "mask:patch=9,ratio=0.5"});
  EXPECT_EQ(large.exit_code, 2);
  EXPECT_THAT(large.err, HasSubstr("9x9"));
  const Outcome memory = run({"sweep", data_, "--pretext", "reconstruct", "--memory", "1M"});
  EXPECT_EQ(memory.exit_code, 5);
  EXPECT_THAT(memory.err, HasSubstr("memory budget"));
}

}  // namespace
}  // namespace eigenlens::test
