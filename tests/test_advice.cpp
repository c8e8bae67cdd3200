// SPDX-License-Identifier: Apache-2.0
// The search finds noise that was planted, says so in words, and its numbers are those of a sweep.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "eigenlens/advice.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/impact.hpp"
#include "eigenlens/jackknife.hpp"
#include "support/dataset_files.hpp"
#include "support/samples.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t seed = 17724538;

Device cpu() { return Device({.name = "cpu", .threads = 2}); }

/// Two classes that differ by a pattern over all of an 8 × 8 image, and one pixel that flickers by `flicker` times as
/// much variance, whatever the class. Without noise the first feature is whichever varies more; hiding single pixels
/// or patches tells the two apart, because the pattern can be seen from the rest of the image and the pixel cannot.
std::vector<Moments> shards_of(double flicker, std::int64_t count) {
  Draws draws(seed);
  std::vector<Moments> shards;
  for (int s = 0; s < 5; ++s) {
    Samples samples;
    samples.shape = {1, 8, 8};
    samples.classes = 2;
    samples.values = DenseF64(64, count / 5);
    for (std::int64_t n = 0; n < count / 5; ++n) {
      samples.labels.push_back(static_cast<std::int32_t>(draws.below(2)));
      const double sign = samples.labels.back() == 0 ? -1 : 1;
      for (std::int64_t i = 0; i < 64; ++i)
        samples.values(i, n) = 128 + std::round(4 * sign * (i % 3 == 0 ? -1 : 1) + 6 * (draws.uniform() - 0.5));
      const double swing = std::sqrt(12 * 64 * 16 * flicker) * (draws.uniform() - 0.5);
      samples.values(27, n) = std::clamp(std::round(128 + swing), 0.0, 255.0);
    }
    shards.push_back(engine_moments(samples));
  }
  return shards;
}

Advice advice_at(std::int64_t k, const std::vector<Moments>& shards) {
  AdviceOptions options;
  options.k = k;
  return advise(shards, cpu(), options);
}

TEST(Advice, FindsTheNoiseThatWasPlanted) {
  const Advice advice = advice_at(1, shards_of(2, 1000));
  const AdviceRow& best = advice.rows.front();
  EXPECT_EQ(best.pretext.kind, PretextKind::mask);
  EXPECT_GT(best.gain[0], 0.5);
  EXPECT_LT(advice.plain().alignment[0], 0.3);
  EXPECT_GT(best.gain[0], advice.student * best.gain_se[0]);
  EXPECT_GT(*best.max_sin, best.gain[0] - 1e-9) << "no task gains more than the impact";
  EXPECT_THAT(advice_verdict(advice), AllOf(HasSubstr("At K = 1, hide "), HasSubstr(best.pretext.to_string()),
                                            HasSubstr(" ± "), HasSubstr("within the intervals")));
  EXPECT_THAT(advice_caveat(advice), AllOf(HasSubstr("linear"), HasSubstr("not accuracy on new images")));
}

TEST(Advice, SaysThatNothingHelpsWhereNothingDoes) {
  const Advice advice = advice_at(1, shards_of(0.05, 1000));
  EXPECT_THAT(advice_verdict(advice), HasSubstr("At K = 1 no noise helps"));
  const AdviceRow& best = advice.rows.front();
  if (best.pretext.kind != PretextKind::reconstruct) {
    EXPECT_LT(best.gain[0], advice.student * best.gain_se[0]);
  }
}

TEST(Advice, ItsRowsAreThoseOfTheJackknifeAndOfImpact) {
  const std::vector<Moments> shards = shards_of(2, 600);
  const Advice advice = advice_at(4, shards);
  EXPECT_EQ(advice.shown_k, (std::vector<std::int64_t>{1, 4, 16}));
  EXPECT_EQ(advice.k_place, 1U);
  ASSERT_EQ(advice.rows.size(), 4U) << "no noise and patches of 1, 2 and 4";
  std::vector<Pretext> pretexts = {Pretext{}};
  for (const AdviceRow& row : advice.rows) pretexts.push_back(row.pretext);
  const SweepResult direct = jackknife(shards, pretexts, cpu());
  ImpactOptions at_four;
  at_four.k = std::vector<std::int64_t>{4};
  const ImpactResult angles = impact(sum_of(shards), pretexts, cpu(), at_four);
  for (std::size_t i = 0; i < advice.rows.size(); ++i) {
    const AdviceRow& row = advice.rows[i];
    const Curve& curve = direct.curves[i + 1];
    for (std::size_t place = 0; place < 3; ++place) {
      const auto at = static_cast<std::size_t>(advice.shown_k[place] - 1);
      EXPECT_NEAR(row.alignment[place], curve.alignment[at], 1e-9);
      EXPECT_NEAR(row.gain[place], curve.sampling.gain[at], 1e-9);
      EXPECT_NEAR(row.gain_se[place], curve.sampling.gain_se[at], 1e-9);
    }
    EXPECT_GE(curve.alignment[static_cast<std::size_t>(row.k90 - 1)], 0.9);
    if (row.k90 > 1) {
      EXPECT_LT(curve.alignment[static_cast<std::size_t>(row.k90 - 2)], 0.9);
    }
    EXPECT_NEAR(*row.max_sin, angles.impacts[i + 1].max_sin.front(), 1e-6);
    if (i > 0) {
      EXPECT_LE(row.gain[1], advice.rows[i - 1].gain[1]);
    }
  }
  EXPECT_EQ(advice.elsewhere.size(), 2U);
  EXPECT_EQ(advice.student, student_95(4));
}

TEST(Advice, RefinesBetweenGridPoints) {
  const std::vector<Moments> shards = shards_of(2, 600);
  const Advice advice = advice_at(2, {sum_of(shards)});
  std::set<std::string> seen;
  double grid = -1, refined = -1;
  for (const AdviceTrial& trial : advice.trials) {
    EXPECT_TRUE(seen.insert(trial.pretext.to_string()).second) << trial.pretext.to_string() << " was tried twice";
    (trial.round == 0 ? grid : refined) = std::max(trial.round == 0 ? grid : refined, *trial.gain);
  }
  EXPECT_GT(refined, -1) << "nothing was refined";
  EXPECT_EQ(advice.rows.front().gain[advice.k_place], std::max({grid, refined, 0.0}));
  EXPECT_LE(static_cast<std::int64_t>(advice.trials.size()) + 1, plan_search({1, 8, 8}).most_curves(1));
  EXPECT_EQ(advice.shards, 0);
  EXPECT_TRUE(advice.rows.front().gain_se.empty());
  EXPECT_THAT(advice_verdict(advice), HasSubstr("cannot be told from one set of moments"));
}

TEST(Advice, SaysWhereTheBestIsAtTheEdgeOfTheSearch) {
  Advice advice = advice_at(1, {sum_of(shards_of(2, 600))});
  const Pretext best = advice.rows.front().pretext;
  const auto sentence = HasSubstr("at the edge of the search, nothing beyond ratio ");
  EXPECT_EQ(advice.at_edge(best), advice_verdict(advice).find("at the edge of the search") != std::string::npos);
  EXPECT_FALSE(advice.at_edge(Pretext{}));
  Pretext beyond = best;
  for (const double ratio : {0.001, 0.999}) {  // inside of what was tried
    beyond.ratio = ratio;
    advice.trials.push_back({beyond, 1, -1.0, {}});
  }
  EXPECT_FALSE(advice.at_edge(best));
  EXPECT_THAT(advice_verdict(advice), Not(sentence));
  std::erase_if(advice.trials, [&](const AdviceTrial& trial) { return trial.pretext.ratio > best.ratio; });
  EXPECT_TRUE(advice.at_edge(best));
  EXPECT_THAT(advice_verdict(advice), sentence);
  const Advice other = advice_at(1, shards_of(2, 600));
  for (const AdviceRow& row : other.rows) {
    const bool named = std::any_of(other.notes.begin(), other.notes.end(), [&](const std::string& note) {
      return note.starts_with("At the edge") && note.find(row.pretext.to_string()) != std::string::npos;
    });
    EXPECT_EQ(named, other.at_edge(row.pretext)) << row.pretext.to_string();
  }
}

TEST(Advice, CountsThePatchesOfAMaskedAutoencoder) {
  const Advice advice = advice_at(1, {sum_of(shards_of(2, 600))});
  for (const AdviceRow& row : advice.rows) {
    if (row.pretext.kind == PretextKind::reconstruct) {
      EXPECT_EQ(row.keep_count, 0);
      continue;
    }
    const double patches = 64.0 / static_cast<double>(row.pretext.patch_height * row.pretext.patch_width);
    const double ratio = (patches - static_cast<double>(row.keep_count)) / (patches - 1);
    EXPECT_NEAR(ratio, row.pretext.ratio, 0.5 / (patches - 1) + 1e-12);
  }
}

TEST(Advice, WithoutLabelsRanksByImpact) {
  const Moments all = sum_of(shards_of(2, 600));
  AdviceOptions options;
  options.basis = AdviceBasis::impact;
  options.k = 1;
  const Advice advice = advise({all}, cpu(), options);
  EXPECT_EQ(advice.rows.size(), 4U);
  EXPECT_EQ(advice.rows.back().pretext.kind, PretextKind::reconstruct);
  EXPECT_GT(*advice.rows.front().max_sin, 0.5);
  EXPECT_THAT(advice_verdict(advice), AllOf(HasSubstr("Without labels"), HasSubstr("for better or worse")));
  EXPECT_THAT(format_table(advice), AllOf(HasSubstr("largest impact, points"), Not(HasSubstr("alignment (%)"))));
}

TEST(Advice, OneClassIsRankedByImpact) {
  Samples samples = random_pixels({1, 6, 6}, 200, 2, seed);
  samples.classes = 1;
  std::fill(samples.labels.begin(), samples.labels.end(), 0);
  const Advice advice = advise({engine_moments(samples)}, cpu());
  EXPECT_EQ(advice.basis, AdviceBasis::impact);
  EXPECT_EQ(advice.k, 4) << "a tenth of 36";
}

TEST(Advice, SaysWhereSamplesAreTooFew) {
  const Samples samples = random_pixels({1, 8, 8}, 40, 2, seed);
  const auto sentence = HasSubstr("R = N - 1: with so few samples every target looks linear in the inputs");
  for (const AdviceBasis basis : {AdviceBasis::labels, AdviceBasis::impact}) {
    AdviceOptions options;
    options.basis = basis;
    options.k = 4;
    const Advice advice = advise({engine_moments(samples)}, cpu(), options);
    EXPECT_THAT(advice.notes.front(), sentence);
    EXPECT_THAT(advice_verdict(advice), sentence);
    EXPECT_EQ(nlohmann::json::parse(to_json(advice)).at("notes").front(), advice.notes.front());
    const std::string table = format_table(advice);
    EXPECT_LT(table.find(advice.notes.front()), table.find("noise  ")) << "above the table";
  }
  const Advice enough = advice_at(4, {sum_of(shards_of(2, 600))});
  EXPECT_THAT(format_table(enough) + to_json(enough), Not(HasSubstr("so few samples")));
}

TEST(Advice, DefaultsToATenthOfTheRank) { EXPECT_EQ(advice_at(0, {sum_of(shards_of(2, 600))}).k, 6); }

TEST(Advice, RefusesWhatItCannotAnswer) {
  const std::vector<Moments> shards = shards_of(2, 600);
  EXPECT_THAT(error_of(ErrorCode::usage, [&] { advice_at(65, {shards[0]}); }), HasSubstr("K = 65"));
  EXPECT_THAT(error_of(ErrorCode::usage, [] { (void)advise(std::vector<Moments>{}, cpu()); }), HasSubstr("moments"));
  AdviceOptions stopped;
  stopped.progress = [](const ProgressEvent& event) { return !event.stage.starts_with("judging: without shard"); };
  error_of(ErrorCode::cancelled, [&] { (void)advise(shards, cpu(), stopped); });
}

// What is tried.

std::vector<std::int64_t> patches_of(const ImageShape& shape) {
  std::vector<std::int64_t> sizes;
  for (const AdviceFamily& family : plan_search(shape).families)
    sizes.push_back(family.pretext.kind == PretextKind::dropout ? 0 : family.pretext.patch_height);
  return sizes;
}

TEST(AdviceSearch, TriesPatchesThatFit) {
  using Sizes = std::vector<std::int64_t>;
  EXPECT_EQ(patches_of({1, 28, 28}), (Sizes{1, 2, 4, 7, 14}));
  EXPECT_EQ(patches_of({3, 32, 32}), (Sizes{1, 2, 4, 8, 16, 0})) << "single values are not single pixels";
  EXPECT_EQ(patches_of({1, 30, 30}), (Sizes{1, 2, 3, 5, 6, 15}));
  EXPECT_EQ(patches_of({1, 8, 12}), (Sizes{1, 2, 4}));
  EXPECT_EQ(patches_of({1, 13, 17}), (Sizes{1, 2, 4})) << "nothing divides it";
  EXPECT_EQ(patches_of({1, 1, 100}), (Sizes{0})) << "features";
  EXPECT_EQ(patches_of({3, 96, 96}).size(), 4U) << "a large image";
  EXPECT_EQ(plan_search({1, 28, 28}).grid().size(), 36U);
}

TEST(AdviceSearch, SaysWhatItLeavesOut) {
  const auto notes = [](const ImageShape& shape) {
    std::string text;
    for (const std::string& remark : plan_search(shape).notes) text += remark;
    return text;
  };
  EXPECT_THAT(notes({1, 28, 28}), AllOf(HasSubstr("Gaussian"), HasSubstr("one channel"), Not(HasSubstr("is large"))));
  EXPECT_THAT(notes({3, 32, 32}), AllOf(HasSubstr("D = 3072 is large"), HasSubstr("channels=separate")));
  EXPECT_THAT(notes({1, 1, 30}), HasSubstr("no height and width"));
}

// Files.

TEST(AdviceReport, JsonTableAndPicture) {
  const TemporaryDirectory directory;
  const Advice advice = advice_at(4, shards_of(2, 600));
  write_json(advice, directory.file("a.json"));
  const auto json = nlohmann::json::parse(std::ifstream(directory.file("a.json")));
  EXPECT_EQ(json.at("format"), "eigenlens.advice/1");
  EXPECT_EQ(json.at("basis"), "labels");
  EXPECT_EQ(json.at("ranked").size(), advice.rows.size());
  EXPECT_EQ(json.at("ranked")[0].at("gain").get<std::vector<double>>(), advice.rows[0].gain);
  EXPECT_EQ(json.at("trials").size(), advice.trials.size());
  EXPECT_EQ(json.at("jackknife").at("shards"), 5);
  EXPECT_EQ(json.at("verdict"), advice_verdict(advice));
  const std::string table = format_table(advice);
  EXPECT_THAT(table, AllOf(HasSubstr("K = 4"), HasSubstr("± 95 %"), HasSubstr("At K = 16: ")));
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; });
    EXPECT_LE(columns, 104) << line;
  }
  try {
    plot_result(directory.file("a.json"), directory.file("a.svg"));
  } catch (const Error& error) {
    ASSERT_EQ(error.code(), ErrorCode::unavailable) << error.what();
    GTEST_SKIP() << "everything but the picture was tested: " << error.what();
  }
  std::ifstream picture(directory.file("a.svg"));
  const std::string svg{std::istreambuf_iterator<char>(picture), {}};
  EXPECT_THAT(svg, AllOf(HasSubstr("4×4"), HasSubstr("no noise"), HasSubstr("share hidden")));
}

TEST(AdviceReport, APictureNeedsAWholeFile) {
  const TemporaryDirectory directory;
  const auto refused = [&](const std::string& text) {
    const std::string path = directory.write("bad.json", text);
    return error_of(ErrorCode::data, [&] { plot_advice(path, directory.file("a.svg")); });
  };
  EXPECT_THAT(refused("{"), HasSubstr("not JSON"));
  EXPECT_THAT(refused("{}"), HasSubstr("eigenlens.advice/1"));
  EXPECT_THAT(refused(R"({"format": "eigenlens.advice/2"})"), HasSubstr("this version reads"));
  const std::string head =
      R"({"format": "eigenlens.advice/1", "dataset": {"name": "x", "n": 5, "d": 4}, "basis": "labels", "k": 2, )";
  EXPECT_THAT(refused(head + R"("trials": []})"), HasSubstr("trials"));
  EXPECT_THAT(refused(head + R"("trials": [{"pretext": {"kind": "mask", "patch": [2], "ratio": 0.5}, "gain": 0}]})"),
              HasSubstr("a height and a width"));
  error_of(ErrorCode::usage, [&] { plot_advice(directory.file("bad.json"), directory.file("a.pdf")); });
}

}  // namespace
}  // namespace eigenlens::test
