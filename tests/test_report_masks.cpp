// SPDX-License-Identifier: Apache-2.0
// Pretexts with masks of any kind in files, tables and pictures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "eigenlens/error.hpp"
#include "eigenlens/report.hpp"
#include "report/curves_file.hpp"
#include "support/hand_made_curves.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

SweepResult shapes() {
  SweepResult result = hand_made_masking();
  result.curves.resize(3);
  for (const std::string spec :
       {"gaussian:covariance=a \"b\".npy,scale=0.5", "masks:m.npy,patch=2", "masks:first=p.npy,second=e.npy,patch=2",
        "blocks:patch=2,ratio=0.4,seed=3", "multiblock:patch=2,target=0.1-0.3", "grid:patch=2,every=2,offset=fixed",
        "centre:patch=2,size=1x2", "crop:patch=2,size=2"})
    result.curves.push_back(hand_made_curve(parse_pretext(spec)[0], 20));
  return result;
}

TEST(ReportMasks, PretextsComeBackFromTheFile) {
  const TemporaryDirectory directory;
  const SweepResult result = shapes();
  write_json(result, directory.file("curves.json"));
  const CurvesFile file = read_curves_file(directory.file("curves.json"));
  ASSERT_EQ(file.curves.size(), result.curves.size());
  for (std::size_t i = 0; i < file.curves.size(); ++i) EXPECT_EQ(file.curves[i].pretext, result.curves[i].pretext);
  std::string json = content(directory.file("curves.json"));
  EXPECT_THAT(json, AllOf(HasSubstr("\"mask_moments\":{\"draws\":0"), HasSubstr("\"scale\":0.5")));
  const std::string spec = "grid:patch=2,every=2,offset=fixed";
  json.replace(json.find(spec), spec.size(), "crop:patch=2,size=2");
  directory.write("curves.json", json);
  try {
    (void)read_curves_file(directory.file("curves.json"));
    FAIL() << "a kind and a specification that differ";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("entry 9"), HasSubstr("spec"), HasSubstr("grid")));
  }
}

TEST(ReportMasks, QuotesInNamesAreDoubled) {
  const TemporaryDirectory directory;
  write_csv(shapes(), directory.file("curves.csv"));
  EXPECT_THAT(content(directory.file("curves.csv")),
              AllOf(HasSubstr("\"gaussian:covariance=a \"\"b\"\".npy,scale=0.5\",coloured,,,,,,,,1,"),
                    HasSubstr("\"blocks:patch=2,ratio=0.4,seed=3\",blocks,2,2,together,0.4,,,,1,")));
}

TEST(ReportMasks, ShapesShareAPanel) {
  if (std::system("gnuplot --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no gnuplot: apt install gnuplot-nox";
  const TemporaryDirectory directory;
  write_json(shapes(), directory.file("curves.json"));
  plot_curves(directory.file("curves.json"), directory.file("out.svg"));
  EXPECT_THAT(content(directory.file("out.svg")),
              AllOf(HasSubstr("Shapes of hidden 2×2 patches"), HasSubstr("blocks 40 %"), HasSubstr("grid 2×2, fixed"),
                    HasSubstr("centre 1×2 hidden"), HasSubstr("crop 2×2"), HasSubstr("multiblock"),
                    HasSubstr("Adding noise of a given covariance")));
}

TEST(ReportMasks, TheTableSaysWhyACurveEndsEarly) {
  SweepResult result = shapes();
  EXPECT_THAT(format_table(result), Not(HasSubstr("never show")));
  result.curves.back() = hand_made_curve(result.curves.back().pretext, 12);
  for (double& share : result.curves.back().alignment) share *= 0.8;
  EXPECT_THAT(format_table(result), AllOf(HasSubstr("never show"), Not(HasSubstr("90 % takes"))));
}

}  // namespace
}  // namespace eigenlens::test
