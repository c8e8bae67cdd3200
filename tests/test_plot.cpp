// SPDX-License-Identifier: Apache-2.0
// Pictures are pictures, and a file that is not curves is refused by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "eigenlens/error.hpp"
#include "eigenlens/report.hpp"
#include "report/gnuplot.hpp"
#include "support/hand_made_curves.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string content(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

bool has_gnuplot() { return std::system("gnuplot --version > /dev/null 2>&1") == 0; }

class Plot : public ::testing::Test {
 protected:
  /// The SVG of these curves; empty, with the test skipped, without gnuplot.
  std::string svg_of(const SweepResult& result, const ReportOptions& options = {}) {
    write_json(result, curves_, options);
    plot_curves(curves_, directory_.file("out.svg"));
    return content(directory_.file("out.svg"));
  }

  /// The message with which a changed curves file is refused; it names the file.
  std::string refusal(const std::function<void(Json&)>& change) {
    write_json(test::hand_made_masking(), curves_);
    Json json = Json::parse(content(curves_));
    change(json);
    directory_.write("curves.json", json.dump());
    return refusal_as_it_is();
  }

  std::string refusal_as_it_is() {
    try {
      plot_curves(curves_, directory_.file("out.svg"));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::data);
      EXPECT_THAT(error.what(), HasSubstr("curves.json"));
      return error.what();
    }
    return "drawn";
  }

  test::TemporaryDirectory directory_;
  std::string curves_ = directory_.file("curves.json");
};

TEST_F(Plot, DrawsAnSvgWithAPanelAFamily) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  const std::string svg = svg_of(test::hand_made_masking());
  EXPECT_THAT(svg, AllOf(StartsWith("<?xml"), HasSubstr("<svg "), HasSubstr("</svg>")));
  EXPECT_THAT(svg, AllOf(HasSubstr("hand's"), HasSubstr("N = 60,000 samples, D = 25 inputs, 10 classes")));
  EXPECT_THAT(svg, AllOf(HasSubstr("Hiding single pixels"), HasSubstr("Hiding 2×2 patches"), HasSubstr("75 %"),
                         HasSubstr("gain over no mask (%)"), HasSubstr("no mask (plain reconstruction)")));
}

TEST_F(Plot, DrawsAPng) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  write_json(test::hand_made_result(), curves_);
  plot_curves(curves_, directory_.file("out.png"));
  const std::string png = content(directory_.file("out.png"));
  EXPECT_THAT(png, StartsWith("\x89PNG\r\n\x1a\n"));
  EXPECT_THAT(png, HasSubstr("IEND"));
}

TEST_F(Plot, DrawsEveryKindAndASingleCurveAndASingleK) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  EXPECT_THAT(svg_of(test::hand_made_result()),
              AllOf(HasSubstr("Adding Gaussian noise"), HasSubstr("Hiding 2×3 patches"), HasSubstr("(dropout)"),
                    HasSubstr("Keeping a fixed number of 2×2 patches, each channel for itself")));
  SweepResult single = test::hand_made_result();
  single.curves.resize(1);
  EXPECT_THAT(svg_of(single), Not(HasSubstr("gain")));
  single = test::hand_made_masking();
  single.curves.erase(single.curves.begin());  // no baseline: alignment itself
  EXPECT_THAT(svg_of(single), AllOf(HasSubstr("mask:patch=2,ratio=0.75"), Not(HasSubstr("gain"))));
  EXPECT_THAT(svg_of(test::hand_made_masking(), {.k = {1}, .provenance = {}}), HasSubstr("</svg>"));
}

TEST_F(Plot, AMaskThatHidesNothingIsTheBaseline) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  SweepResult result = test::hand_made_masking();
  result.curves[0].pretext = {.kind = PretextKind::mask, .patch_height = 2, .patch_width = 2, .ratio = 0};
  EXPECT_THAT(svg_of(result), AllOf(HasSubstr("gain over no mask (%)"), HasSubstr("no mask (plain reconstruction)")));
}

TEST_F(Plot, NamesAreTextAndNeverCommands) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  SweepResult result = test::hand_made_masking();
  const std::string victim = directory_.file("victim");
  result.dataset = "a'\nsystem('touch " + victim + "')\n`touch " + victim + "` _{x} \"";
  EXPECT_THAT(svg_of(result), HasSubstr("`touch"));
  EXPECT_FALSE(std::filesystem::exists(victim));
}

TEST_F(Plot, LeavesTheCurvesAndThePictureOnly) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  svg_of(test::hand_made_masking());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 2);
}

TEST_F(Plot, GnuplotsOwnWordsAreInTheMessage) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  try {
    run_gnuplot("plot nonsense nonsense\n");
    FAIL() << "gnuplot accepted nonsense";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("gnuplot failed"), HasSubstr("line 1")));
  }
}

TEST_F(Plot, WithoutGnuplotSaysHowToGetIt) {
  write_json(test::hand_made_masking(), curves_);
  const std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
  setenv("PATH", directory_.path().c_str(), 1);
  try {
    plot_curves(curves_, directory_.file("out.svg"));
    ADD_FAILURE() << "drew without gnuplot";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_THAT(error.what(), HasSubstr("apt-get install gnuplot-nox"));
  }
  setenv("PATH", path.c_str(), 1);
  EXPECT_FALSE(std::filesystem::exists(directory_.file("out.svg")));
}

TEST_F(Plot, OtherEndingsAreRefused) {
  try {
    plot_curves(curves_, directory_.file("out.pdf"));
    FAIL() << "drew a PDF";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("out.pdf"), HasSubstr(".svg or .png")));
  }
}

TEST_F(Plot, AMissingFileIsAnInputOutputError) {
  try {
    plot_curves(curves_, directory_.file("out.svg"));
    FAIL() << "drew nothing";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("curves.json"), HasSubstr("No such file")));
  }
}

TEST_F(Plot, FilesThatAreNotCurvesAreRefused) {
  directory_.write("curves.json", "{\"format\":");
  EXPECT_THAT(refusal_as_it_is(), HasSubstr("not JSON"));
  directory_.write("curves.json", "[1]");
  EXPECT_THAT(refusal_as_it_is(), HasSubstr("eigenlens.curves/1"));
  EXPECT_THAT(refusal([](Json& json) { json["format"] = "eigenlens.curves/9"; }), HasSubstr("eigenlens.curves/9"));
  EXPECT_THAT(refusal([](Json& json) { json.erase("dataset"); }), HasSubstr("has no dataset"));
  EXPECT_THAT(refusal([](Json& json) { json["dataset"]["n"] = 0; }), HasSubstr("dataset, n: expected a positive"));
  EXPECT_THAT(refusal([](Json& json) { json["curves"] = Json::array(); }), HasSubstr("curves: expected a list"));
}

TEST_F(Plot, DamagedCurvesAreRefused) {
  const auto with = [&](const std::function<void(Json&)>& change) {
    return refusal([&](Json& json) { change(json["curves"][1]); });
  };
  EXPECT_THAT(with([](Json& curve) { curve.erase("k"); }), HasSubstr("curves, entry 2 has no k"));
  EXPECT_THAT(with([](Json& curve) { curve["k"][3] = 1; }), HasSubstr("k, entry 4: expected a K larger"));
  EXPECT_THAT(with([](Json& curve) { curve["k"][0] = 0; }), HasSubstr("positive whole number"));
  EXPECT_THAT(with([](Json& curve) { curve["k"][0] = 1.5; }), HasSubstr("positive whole number"));
  EXPECT_THAT(with([](Json& curve) { curve["alignment"].erase(0); }), HasSubstr("expected 20 values"));
  EXPECT_THAT(with([](Json& curve) { curve["alignment"][2] = nullptr; }),
              HasSubstr("alignment, entry 3: expected a num"));
  EXPECT_THAT(with([](Json& curve) { curve["alignment"][2] = "1"; }), HasSubstr("expected a number"));
  EXPECT_THAT(with([](Json& curve) { curve["pretext"]["kind"] = "magic"; }), HasSubstr("kind: expected reconstruct"));
  EXPECT_THAT(with([](Json& curve) { curve["pretext"]["patch"] = {2}; }), HasSubstr("a height and a width"));
  EXPECT_THAT(with([](Json& curve) { curve["pretext"]["channels"] = "both"; }), HasSubstr("together or separate"));
  EXPECT_THAT(with([](Json& curve) { curve["pretext"].erase("ratio"); }), HasSubstr("has no ratio"));
  EXPECT_THAT(with([](Json& curve) { curve = 1; }), HasSubstr("has no pretext"));
}

}  // namespace
}  // namespace eigenlens
