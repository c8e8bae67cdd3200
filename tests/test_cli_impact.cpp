// SPDX-License-Identifier: Apache-2.0
// `eigenlens impact` as a user meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eigenlens/moments.hpp"
#include "support/program.hpp"
#include "support/samples.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class CliImpact : public ::testing::Test {
 protected:
  CliImpact() {
    Samples samples = random_pixels({.channels = 1, .height = 6, .width = 6}, 120, 3, 7);
    save_moments(engine_moments(samples), moments_);
    std::fill(samples.labels.begin(), samples.labels.end(), 0);
    samples.classes = 1;
    save_moments(engine_moments(samples), unlabelled_);
  }

  static std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void expect_failure(std::vector<std::string> arguments, int code, const std::string& words) const {
    arguments.insert(arguments.begin(), {"impact", moments_});
    test::expect_failure(arguments, code, words);
  }

  /// The JSON of a run, and its table.
  Json result_of(std::vector<std::string> arguments, std::string& table) const {
    arguments.insert(arguments.begin(), "impact");
    arguments.insert(arguments.end(), {"--out", json_});
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    table = outcome.out;
    return Json::parse(content(json_));
  }

  TemporaryDirectory directory_;
  std::string moments_ = directory_.file("m.safetensors");
  std::string unlabelled_ = directory_.file("one.safetensors");
  std::string json_ = directory_.file("impact.json");
};

TEST_F(CliImpact, HelpHasExamples) {
  EXPECT_THAT(run_program({"impact", "--help"}).out, AllOf(HasSubstr("Examples"), HasSubstr("--quick")));
}

TEST_F(CliImpact, WritesWhatItSays) {
  std::string table;
  const Json result = result_of({moments_, "-p", "mask:patch=2,ratio=0.5", "-p", "mask:patch=2,ratio=0.9", "-p",
                                 "gaussian:sigma=0.5", "--k", "1,4-6", "--csv", directory_.file("impact.csv")},
                                table);
  EXPECT_EQ(result["format"], "eigenlens.impact/1");
  EXPECT_EQ(result["depth"], "angles");
  EXPECT_EQ(result["k"], Json({1, 4, 5, 6}));
  EXPECT_EQ(result["provenance"]["command"].get<std::string>().find("eigenlens impact "), 0U);
  const std::size_t rank = result["dataset"]["rank"];
  EXPECT_EQ(result["principal_gap"].size(), rank);
  ASSERT_EQ(result["structures"].size(), 2U);
  EXPECT_EQ(result["structures"][1]["name"], "mask:patch=2");
  ASSERT_EQ(result["impacts"].size(), 3U);
  for (const Json& impact : result["impacts"]) {
    EXPECT_EQ(impact["max_sin"].size(), 4U);
    for (const char* list : {"sum_sin2", "mean_sin2", "coupling", "relative_gap"})
      EXPECT_EQ(impact[list].size(), rank) << list;
    EXPECT_TRUE(impact["undetermined"].is_array());
    EXPECT_TRUE(impact["checks"].contains("residual"));
  }
  EXPECT_EQ(result["impacts"][2]["structure"], 0) << "isotropic";
  EXPECT_THAT(table, AllOf(HasSubstr("no labels are used"), HasSubstr("gaussian:sigma=0.5 learns the principal"),
                           HasSubstr("turns away least")));
  const std::string csv = content(directory_.file("impact.csv"));
  EXPECT_THAT(csv, StartsWith("pretext,structure,k,max_sin,sum_sin2,mean_sin2,coupling,relative_gap,principal_gap,"
                              "determined\n\"mask:patch=2,ratio=0.5\",\"mask:patch=2\",1,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), static_cast<std::ptrdiff_t>(1 + 3 * rank));
}

TEST_F(CliImpact, NeedsNoLabels) {
  std::string table, other;
  const Json with = result_of({moments_, "-p", "dropout:ratio=0.5"}, table);
  const Json without = result_of({unlabelled_, "-p", "dropout:ratio=0.5"}, other);
  EXPECT_EQ(with["impacts"][0]["coupling"], without["impacts"][0]["coupling"]);
  EXPECT_EQ(without["dataset"]["classes"], 1);
  EXPECT_EQ(without["dataset"]["target_energy"], 0);
}

TEST_F(CliImpact, QuickGivesCouplingsAlone) {
  std::string table;
  const Json result = result_of({moments_, "-p", "mask:patch=2,ratio=0.5", "--quick"}, table);
  EXPECT_EQ(result["depth"], "couplings");
  EXPECT_TRUE(result["k"].empty());
  EXPECT_FALSE(result["impacts"][0].contains("max_sin"));
  EXPECT_THAT(table, HasSubstr("coupling (%)"));
}

TEST_F(CliImpact, RefusesWhatItCannotDo) {
  expect_failure({}, 2, "pretext");
  expect_failure({"-p", "mask:patch=9,ratio=0.5"}, 2, "mask:patch=9");
  expect_failure({"-p", "reconstruct", "--k", "0"}, 2, "K = 0");
  expect_failure({"-p", "reconstruct", "--k", "37"}, 2, "K = 37");
  expect_failure({"-p", "reconstruct", "--k", "1", "--quick"}, 2, "--quick");
  expect_failure({"-p", "reconstruct", "--split", "test"}, 2, "--split");
  expect_failure({"-p", "reconstruct", "--out", directory_.file("no/where.json")}, 4, "where.json");
  expect_failure({"-p", "reconstruct", "--memory", "1M"}, 5, "memory");
  EXPECT_EQ(run_program({"impact", directory_.file("nothing"), "-p", "reconstruct"}).exit_code, 4);
}

TEST_F(CliImpact, IsDrawn) {
  if (std::system("gnuplot --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "gnuplot is not installed";
  for (const bool quick : {false, true}) {
    std::string table;
    std::vector<std::string> arguments = {moments_, "-p", "mask:patch=2,ratio=0.1:0.9:3", "-p", "gaussian:sigma=1"};
    if (quick) arguments.emplace_back("--quick");
    result_of(arguments, table);
    const Outcome drawn = run_program({"plot", json_, "--out", directory_.file("impact.svg")});
    EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
    EXPECT_THAT(content(directory_.file("impact.svg")),
                AllOf(StartsWith("<?xml"), HasSubstr("mask:patch=2"), HasSubstr("ratio=0.5"), HasSubstr("isotropic"),
                      HasSubstr(quick ? "coupling (%)" : "largest change (points)")));
  }
}

TEST_F(CliImpact, ADamagedFileIsNotDrawn) {
  std::string table;
  const Json whole = result_of({moments_, "-p", "mask:patch=2,ratio=0.5", "--k", "1,4"}, table);
  const auto refusal = [&](const Json& json) {
    directory_.write("impact.json", json.dump());
    const Outcome outcome = run_program({"plot", json_, "--out", directory_.file("impact.svg")});
    EXPECT_EQ(outcome.exit_code, 3) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr("impact.json"));
    return outcome.err;
  };
  Json json = whole;
  json["format"] = "eigenlens.impact/9";
  EXPECT_THAT(refusal(json), HasSubstr("this version reads eigenlens.impact/1"));
  json = whole;
  json["k"] = {4, 1};
  EXPECT_THAT(refusal(json), HasSubstr("larger"));
  json = whole;
  json["impacts"][0]["structure"] = 7;
  EXPECT_THAT(refusal(json), HasSubstr("structure"));
  json = whole;
  json["impacts"][0]["max_sin"] = {0.1, 0.2, 0.3};
  EXPECT_THAT(refusal(json), HasSubstr("at most 2 values"));
  json = whole;
  json["impacts"][0].erase("max_sin");
  EXPECT_THAT(refusal(json), HasSubstr("max_sin"));
  json = whole;
  json.erase("depth");
  EXPECT_THAT(refusal(json), HasSubstr("depth"));
}

}  // namespace
}  // namespace eigenlens::test
