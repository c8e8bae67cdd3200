// SPDX-License-Identifier: Apache-2.0
// What is written is what was computed, to the last bit, and a table that a stranger can read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "eigenlens/error.hpp"
#include "eigenlens/report.hpp"
#include "report/labels.hpp"
#include "report/selection.hpp"
#include "support/hand_made_curves.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens {
namespace {

using Json = nlohmann::ordered_json;
using test::hand_made_result;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string content(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

Json written(const SweepResult& result, const ReportOptions& options = {}) {
  const test::TemporaryDirectory directory;
  write_json(result, directory.file("curves.json"), options);
  return Json::parse(content(directory.file("curves.json")));
}

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

/// The message of the Error that writing a changed result throws, in every format, with no file left behind.
void expect_refused(const std::function<void(SweepResult&, ReportOptions&)>& change, ErrorCode code,
                    const ::testing::Matcher<std::string>& message) {
  const test::TemporaryDirectory directory;
  SweepResult result = hand_made_result();
  ReportOptions options;
  change(result, options);
  const std::function<void()> writers[] = {[&] { write_json(result, directory.file("out"), options); },
                                           [&] { write_csv(result, directory.file("out"), options); },
                                           [&] { static_cast<void>(format_table(result, options)); }};
  for (const auto& write : writers) {
    try {
      write();
      ADD_FAILURE() << "not refused";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      EXPECT_THAT(error.what(), message);
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(CurvesJson, HasTheDocumentedFieldsInOrder) {
  const Json json = written(hand_made_result(), {.k = {}, .provenance = {{"command", "a \"b\""}, {"seed", "1"}}});
  EXPECT_EQ(keys(json), (std::vector<std::string>{"format", "dataset", "provenance", "timings", "curves"}));
  EXPECT_EQ(json["format"], "eigenlens.curves/1");
  EXPECT_EQ(keys(json["dataset"]), (std::vector<std::string>{"name", "n", "d", "shape", "classes", "form", "rank",
                                                             "constant_pixels", "global_std", "target_energy"}));
  EXPECT_EQ(json["dataset"]["name"], "hand's \"made\"");
  EXPECT_EQ(json["dataset"]["d"], 25);
  EXPECT_EQ(json["dataset"]["global_std"].get<double>(), 85.03 / 3);
  EXPECT_EQ(json["provenance"].dump(), R"({"command":"a \"b\"","seed":"1"})");
  EXPECT_EQ(json["timings"].dump(), R"([{"stage":"PCA","seconds":0.1},{"stage":"mask:patch=2","seconds":1e-09}])");
  EXPECT_EQ(keys(json["curves"][0]),
            (std::vector<std::string>{"pretext", "k", "alignment", "alignment_figure", "alignment_noisy",
                                      "reconstruction", "eigenvalue", "relative_gap", "checks"}));
  EXPECT_EQ(keys(json["curves"][0]["reconstruction"]), (std::vector<std::string>{"denoise", "clean", "refit"}));
  EXPECT_EQ(keys(json["curves"][0]["checks"]),
            (std::vector<std::string>{"residual", "orthogonality", "orthogonality_limit", "rank", "solver"}));
}

TEST(CurvesJson, APretextHasOnlyTheFieldsThatApply) {
  const Json json = written(hand_made_result());
  const std::vector<std::vector<std::string>> expected = {{"spec", "kind"},
                                                          {"spec", "kind", "sigma"},
                                                          {"spec", "kind", "patch", "channels", "ratio"},
                                                          {"spec", "kind", "ratio"},
                                                          {"spec", "kind", "patch", "channels", "count"}};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(keys(json["curves"][i]["pretext"]), expected[i]) << i;
  EXPECT_EQ(json["curves"][2]["pretext"]["patch"], Json({2, 3}));
  EXPECT_EQ(json["curves"][2]["pretext"]["ratio"].get<double>(), 2.0 / 3);
  EXPECT_EQ(json["curves"][4]["pretext"]["channels"], "separate");
  EXPECT_EQ(json["curves"][4]["pretext"]["count"], 3);
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(parse_pretext(json["curves"][i]["pretext"]["spec"]).at(0), hand_made_result().curves[i].pretext);
}

TEST(CurvesJson, EveryNumberComesBackToTheLastBit) {
  const SweepResult result = hand_made_result();
  const Json json = written(result);
  ASSERT_EQ(json["curves"].size(), result.curves.size());
  for (std::size_t i = 0; i < result.curves.size(); ++i) {
    const Json& found = json["curves"][i];
    const Curve& curve = result.curves[i];
    EXPECT_EQ(found["alignment"].get<std::vector<double>>(), curve.alignment);
    EXPECT_EQ(found["alignment_figure"].get<std::vector<double>>(), curve.alignment_figure);
    EXPECT_EQ(found["alignment_noisy"].get<std::vector<double>>(), curve.alignment_noisy);
    EXPECT_EQ(found["reconstruction"]["denoise"].get<std::vector<double>>(), curve.reconstruction_denoise);
    EXPECT_EQ(found["reconstruction"]["clean"].get<std::vector<double>>(), curve.reconstruction_clean);
    EXPECT_EQ(found["reconstruction"]["refit"].get<std::vector<double>>(), curve.reconstruction_refit);
    EXPECT_EQ(found["eigenvalue"].get<std::vector<double>>(), curve.eigenvalues);
    EXPECT_EQ(found["relative_gap"].get<std::vector<double>>(), curve.relative_gap);
    EXPECT_EQ(found["checks"]["residual"].get<double>(), curve.checks.residual);
    EXPECT_EQ(found["k"].size(), 20U);
    EXPECT_EQ(found["k"][19], 20);
  }
}

TEST(CurvesJson, WritesTheSelectedKAscendingAndOnce) {
  const Json json = written(hand_made_result(), {.k = {7, 1, 7, 20}, .provenance = {}});
  EXPECT_EQ(json["curves"][0]["k"], Json({1, 7, 20}));
  EXPECT_EQ(json["curves"][0]["alignment"], Json({1.0 / 20, 7.0 / 20, 1.0}));
}

TEST(CurvesJson, ATextThatIsNotUtf8LosesOnlyThoseBytes) {
  SweepResult result = hand_made_result();
  result.dataset = "set\xff";
  EXPECT_EQ(written(result)["dataset"]["name"], "set\xef\xbf\xbd");
}

TEST(CurvesCsv, HasALinePerPretextAndK) {
  const test::TemporaryDirectory directory;
  const SweepResult result = hand_made_result();
  write_csv(result, directory.file("curves.csv"), {.k = {1, 20}, .provenance = {}});
  const std::vector<std::string> lines = split(content(directory.file("curves.csv")), '\n');
  ASSERT_EQ(lines.size(), 11U);
  EXPECT_EQ(lines[0],
            "pretext,kind,patch_height,patch_width,channels,ratio,sigma,count,lambda,k,alignment,alignment_figure,"
            "alignment_noisy,reconstruction_denoise,reconstruction_clean,reconstruction_refit,eigenvalue,relative_gap,"
            "probe_top1,probe_top1_low,probe_top1_high,probe_top5,probe_top5_low,probe_top5_high,probe_squared_error,"
            "probe_squared_error_deviation,probe_training_squared_error");
  EXPECT_THAT(lines[1], ::testing::StartsWith("\"reconstruct\",reconstruct,,,,,,,,1,0.05,"));
  EXPECT_THAT(lines[3], HasSubstr(",gaussian,,,,,0.1,,,1,"));
  EXPECT_THAT(lines[5], HasSubstr(",mask,2,3,together,0.6666666666666666,,,,1,"));
  EXPECT_THAT(lines[7], HasSubstr(",dropout,,,,0.5,,,,1,"));
  EXPECT_THAT(lines[9], HasSubstr(",keep,2,2,separate,,,3,,1,"));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    EXPECT_THAT(lines[i], ::testing::EndsWith(",,,,,,,,,")) << "no test set was read";
    std::string cells = lines[i].substr(lines[i].find('"', 1) + 2);  // behind the quoted specification
    cells.resize(cells.size() - 9);
    const std::vector<std::string> cell = split(cells, ',');
    ASSERT_EQ(cell.size(), 17U) << lines[i];
    const Curve& curve = result.curves[(i - 1) / 2];
    for (std::size_t column = 0; column < curve_columns.size(); ++column)
      EXPECT_EQ(std::strtod(cell[9 + column].c_str(), nullptr),
                (curve.*curve_columns[column].values)[i % 2 == 1 ? 0 : 19]);
  }
}

TEST(Report, AKBeyondTheRankIsRefused) {
  expect_refused(
      [](SweepResult&, ReportOptions& options) {
        options.k = {1, 21};
      },
      ErrorCode::usage, AllOf(HasSubstr("K = 21"), HasSubstr("its rank, 20")));
  expect_refused([](SweepResult&, ReportOptions& options) { options.k = {0}; }, ErrorCode::usage, HasSubstr("K = 0"));
  expect_refused([](SweepResult&, ReportOptions& options) { options.k = {-3}; }, ErrorCode::usage, HasSubstr("K = -3"));
}

TEST(Report, ValuesThatAreNotFiniteAreNeverWritten) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  expect_refused([](SweepResult& result, ReportOptions&) { result.curves[2].alignment_noisy[4] = nan; },
                 ErrorCode::numerical, AllOf(HasSubstr("alignment_noisy is nan at K = 5"), HasSubstr("mask:")));
  for (double SweepResult::*member : {&SweepResult::global_std, &SweepResult::target_energy}) {
    SweepResult result = hand_made_result();
    result.*member = -std::numeric_limits<double>::infinity();
    EXPECT_THROW(written(result), Error);
  }
  for (double BasisChecks::*member : {&BasisChecks::residual, &BasisChecks::orthogonality}) {
    SweepResult result = hand_made_result();
    result.curves[0].checks.*member = nan;
    EXPECT_THROW(written(result), Error);
  }
}

TEST(Report, ColumnsOfDifferentLengthsAreRefused) {
  expect_refused([](SweepResult& result, ReportOptions&) { result.curves[1].eigenvalues.pop_back(); }, ErrorCode::usage,
                 HasSubstr("19 values of eigenvalue, but 20 of alignment"));
}

TEST(Table, SaysWhatItIsAbout) {
  const std::string table = format_table(hand_made_result());
  EXPECT_THAT(table, AllOf(HasSubstr("hand's \"made\": 60,000 samples (N), 25 inputs (D) of shape 1x5x5, 10 classes"),
                           HasSubstr("Rank R = 20, 5 inputs are constant; 14.3 %"), HasSubstr("Alignment: ")));
  EXPECT_THAT(table, HasSubstr("largest residual 3.3e-15"));
}

TEST(Table, SaysAboveItWhereSamplesAreTooFew) {
  SweepResult result = hand_made_result();
  EXPECT_THAT(format_table(result), Not(HasSubstr("so few samples")));
  result.count = result.rank + 1;
  const std::string table = format_table(result);
  EXPECT_LT(table.find("\nR = N - 1: with so few samples"), table.find("alignment (%) at K"));
  result.count = result.rank + 2;
  result.target_energy = 1;
  EXPECT_THAT(format_table(result), HasSubstr("\nN <= D: with so few samples")) << "a sample is there twice";
  result.target_energy = 0.5;
  EXPECT_THAT(format_table(result), Not(HasSubstr("so few samples")));
}

TEST(Table, SaysWhatComputedIt) {
  SweepResult result = hand_made_result();
  result.device = {{"device", "cuda:0"}, {"processor", "NVIDIA H100 80GB HBM3"}};
  EXPECT_THAT(format_table(result), HasSubstr("\nComputed on cuda:0 (NVIDIA H100 80GB HBM3).\n"));
  result.device = {{"device", "cpu"}};
  EXPECT_THAT(format_table(result), HasSubstr("\nComputed on the CPU.\n"));
  result.device.clear();
  EXPECT_THAT(format_table(result), Not(HasSubstr("Computed on")));
}

TEST(Table, ShowsAlignmentAndTheKThatReachesIt) {
  const std::string table = format_table(hand_made_result());
  EXPECT_THAT(table, ::testing::ContainsRegex("pretext task +1 +4 +16 +20 +50 % +90 % +99 %\n"));
  EXPECT_THAT(table, ::testing::ContainsRegex("reconstruct +5.00 +20.00 +80.00 +100.00 +10 +18 +20\n"));
  EXPECT_THAT(table, HasSubstr("mask:patch=2x3,ratio=0.6667 "));
}

TEST(Table, ShowsTheKThatWereAskedFor) {
  const std::string table = format_table(hand_made_result(), {.k = {3, 2}, .provenance = {}});
  EXPECT_THAT(table, ::testing::ContainsRegex("reconstruct +10.00 +15.00 +10 +18 +20\n"));
  ReportOptions many;
  for (std::int64_t k = 1; k <= 20; ++k) many.k.push_back(k);
  EXPECT_THAT(format_table(hand_made_result(), many), HasSubstr("5 of the 20 K asked for"));
}

TEST(Table, FitsATerminal) {
  SweepResult result = hand_made_result();
  for (Curve& curve : result.curves) curve = test::hand_made_curve(curve.pretext, 3000);
  for (const std::string& line : split(format_table(result), '\n')) EXPECT_LE(line.size(), 100U) << line;
}

TEST(Table, ShorterCurvesHaveDashes) {
  SweepResult result = hand_made_result();
  result.curves[1] = test::hand_made_curve(result.curves[1].pretext, 10);
  EXPECT_THAT(format_table(result), ::testing::ContainsRegex("gaussian:sigma=0.1 .* - +- "));
}

TEST(Labels, AreShortUnlessTheyWouldBeTheSame) {
  Pretext third{.kind = PretextKind::dropout, .ratio = 1.0 / 3};
  Pretext almost = third;
  almost.ratio += 1e-9;
  EXPECT_EQ(labels_of({third})[0], "dropout:ratio=0.3333");
  const std::vector<std::string> both = labels_of({third, almost});
  EXPECT_NE(both[0], both[1]);
}

TEST(Labels, LargeNumbersHaveCommas) {
  EXPECT_EQ(with_thousands(7), "7");
  EXPECT_EQ(with_thousands(784), "784");
  EXPECT_EQ(with_thousands(60000), "60,000");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
}

}  // namespace
}  // namespace eigenlens
