// SPDX-License-Identifier: Apache-2.0
// What is written and drawn of probes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "eigenlens/error.hpp"
#include "eigenlens/probe.hpp"
#include "eigenlens/report.hpp"
#include "report/probe_values.hpp"
#include "support/hand_made_curves.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

/// Masks of rank 20, each with an accuracy that rises to 80 % of 50 samples; ten classes or, with `top5`, none.
SweepResult probed(std::int64_t top5) {
  SweepResult result = hand_made_masking();
  result.probe = ProbeFacts{.dataset = "hand test", .count = 50, .ridge = 0.25, .passes = 1};
  for (Curve& curve : result.curves) {
    ProbeCurve probe;
    for (std::int64_t k = 1; k <= 20; ++k) {
      probe.top1.push_back(std::min<std::int64_t>(4 * k, 40));
      for (std::int64_t i = 0; i < top5; ++i) probe.top5.push_back(45);
      probe.squared_error.push_back(1.0 / static_cast<double>(k + 2));
      probe.squared_error_deviation.push_back(0.01 / 3);
      probe.training_squared_error.push_back(0.7 / static_cast<double>(k));
    }
    curve.probe = probe;
  }
  return result;
}

std::string content(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(ProbeReport, JsonHasTheDocumentedFields) {
  const TemporaryDirectory directory;
  const SweepResult result = probed(1);
  write_json(result, directory.file("a.json"), {.k = {2, 20}, .provenance = {}});
  const Json json = Json::parse(content(directory.file("a.json")));
  EXPECT_EQ(json["probe"].dump(), R"({"dataset":"hand test","n":50,"ridge":0.25,"confidence":0.95,"passes":1})");
  const Json& probe = json["curves"][3]["probe"];
  std::vector<std::string> names;
  for (const auto& [key, value] : probe.items()) names.push_back(key);
  EXPECT_EQ(names,
            (std::vector<std::string>{"top1", "top1_low", "top1_high", "top5", "top5_low", "top5_high", "squared_error",
                                      "squared_error_deviation", "training_squared_error", "sufficient_k"}));
  EXPECT_EQ(probe["top1"], Json({0.16, 0.8}));
  EXPECT_EQ(probe["top1_low"][1].get<double>(), accuracy_interval(40, 50).low);
  EXPECT_EQ(probe["squared_error"][0].get<double>(), 0.25);
  EXPECT_EQ(probe["sufficient_k"], smallest_sufficient_k(result.curves[3].probe->top1, 50));
  write_json(probed(0), directory.file("b.json"));
  EXPECT_FALSE(Json::parse(content(directory.file("b.json")))["curves"][0]["probe"].contains("top5"));
}

TEST(ProbeReport, CsvHasAColumnForEach) {
  const TemporaryDirectory directory;
  write_csv(probed(0), directory.file("a.csv"), {.k = {20}, .provenance = {}});
  EXPECT_THAT(content(directory.file("a.csv")), HasSubstr(",0.8,0.66"));
  EXPECT_THAT(content(directory.file("a.csv")), HasSubstr(",,,,0.045454545454545456,0.0033333333333333335,0.0349"));
}

TEST(ProbeReport, TableShowsAccuracyAndTheKThatIsEnough) {
  const std::string table = format_table(probed(1));
  EXPECT_THAT(table, HasSubstr("read on 50 samples of hand test (ridge 0.25)"));
  EXPECT_THAT(table, HasSubstr(" 80.00     10      9\n"));
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 104U) << line;
  EXPECT_THAT(format_table(hand_made_masking()), Not(HasSubstr("accuracy")));
}

TEST(ProbeReport, WhatIsNotWholeIsRefused) {
  SweepResult result = probed(1);
  result.curves[2].probe->squared_error.pop_back();
  EXPECT_THROW(probe_values(result, result.curves[2], 20), Error);
  result = probed(1);
  result.curves[2].probe->squared_error[4] = std::nan("");
  const TemporaryDirectory directory;
  EXPECT_THROW(write_json(result, directory.file("a.json")), Error);
  EXPECT_THROW(write_csv(result, directory.file("a.csv")), Error);
}

TEST(ProbeReport, ThePictureHasAPanelOfAccuracies) {
  if (std::system("gnuplot --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no gnuplot on this machine";
  const TemporaryDirectory directory;
  write_json(probed(1), directory.file("a.json"));
  plot_curves(directory.file("a.json"), directory.file("a.svg"));
  EXPECT_THAT(content(directory.file("a.svg")), HasSubstr("Linear classifier on 50 test samples"));
}

TEST(ProbeReport, ABrokenProbeInAFileIsNamed) {
  const TemporaryDirectory directory;
  write_json(probed(1), directory.file("a.json"));
  Json json = Json::parse(content(directory.file("a.json")));
  json["curves"][1]["probe"]["top1"].erase(3);
  directory.write("a.json", json.dump());
  try {
    plot_curves(directory.file("a.json"), directory.file("a.svg"));
    FAIL() << "it was drawn";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::data);
    EXPECT_THAT(error.what(), HasSubstr("probe, top1: expected 20 values, one for each K, not 19"));
  }
}

}  // namespace
}  // namespace eigenlens::test
