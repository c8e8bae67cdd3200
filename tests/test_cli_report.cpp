// SPDX-License-Identifier: Apache-2.0
// The command report, as a user meets it: every kind of result in one page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/image_files.hpp"
#include "support/program.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CliReport : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::string curves(const std::string& name, const std::string& set) const {
    expect_success({"sweep", set, "--pretext", "reconstruct", "--pretext", "mask:patch=2,ratio=0:0.8:3", "--pretext",
                    "gaussian:sigma=1", "--out", path(name), "-q"});
    return path(name);
  }

  const std::string set_ = "generate:count=200,test_count=100,shape=1x8x8,classes=4";
  TemporaryDirectory directory_;
};

TEST_F(CliReport, PutsEveryKindOfResultInOnePage) {
  expect_success({"sweep", set_, "--test", set_, "--pretext", "reconstruct", "--pretext", "mask:patch=2,ratio=0:0.8:3",
                  "--pretext", "keep:patch=2,count=5", "--pretext", "joint:lambda=0.5", "--out", path("c.json"), "-q"});
  expect_success({"sweep", set_, "--jackknife", "4", "--pretext", "reconstruct", "--pretext",
                  "blocks:patch=2,ratio=0.4,draws=1000", "--out", path("j.json"), "-q"});
  expect_success({"advise", set_, "--k", "5", "--out", path("a.json"), "-q"});
  expect_success({"frontier", set_, "--lambda", "log:0.01:1:3", "--out", path("f.json"), "-q"});
  expect_success({"impact", set_, "--pretext", "mask:patch=2,ratio=0.5", "--out", path("i.json"), "-q"});
  expect_success({"impact", set_, "--quick", "--pretext", "mask:patch=4,ratio=0.5", "--out", path("q.json"), "-q"});
  expect_success({"learning", set_, "--out", path("l.json"), "-q"});
  expect_success(
      {"bands", set_, "--test", set_, "--top", "0.75", "--sheet", path("sheet.png"), "--json", path("b.json"), "-q"});
  const Outcome outcome =
      expect_success({"report", path("c.json"), path("j.json"), path("a.json"), path("f.json"), path("i.json"),
                      path("q.json"), path("l.json"), path("b.json"), "--picture", path("sheet.png") + "=a = b.png=c",
                      "--title", "All & more", "--out", path("r.html")});
  EXPECT_EQ(outcome.out, "wrote " + path("r.html") + "\n");
  EXPECT_THAT(outcome.err, IsEmpty());
  const std::string html = text("r.html");
  for (const char* id : {"summary", "advice", "curves", "masks", "accuracy", "frontier", "impact", "impact-2",
                         "learning", "bands", "pictures", "provenance"})
    EXPECT_THAT(html, HasSubstr(std::string("<section id=\"") + id + "\""));
  EXPECT_THAT(html, AllOf(HasSubstr("<h1>All &amp; more</h1>"), HasSubstr("the top 75 % of the variance"),
                          HasSubstr("alt=\"a = b.png=c\""), HasSubstr("± "), HasSubstr("95 % interval")));
}

TEST_F(CliReport, SheetsAreFoundBesideTheResult) {
  expect_success({"bands", set_, "--top", "0.5", "--sheet", path("sheet.png"), "--json", path("b.json"), "-q"});
  fs::create_directory(path("moved"));
  fs::rename(path("b.json"), path("moved/b.json"));
  fs::rename(path("sheet.png"), path("moved/sheet.png"));
  EXPECT_THAT(expect_success({"report", path("moved/b.json"), "--out", path("r.html"), "-q"}).out, IsEmpty());
  EXPECT_THAT(text("r.html"), HasSubstr("data:image/png;base64,"));
  fs::remove(path("moved/sheet.png"));
  expect_success({"report", path("moved/b.json"), "--out", path("r.html")});
  EXPECT_THAT(text("r.html"), AllOf(HasSubstr("was not there when this page was made"), Not(HasSubstr("<img"))));
}

TEST_F(CliReport, RefusesWhatCannotBe) {
  const std::string result = curves("c.json", set_);
  expect_failure({"report", "--out", path("r.html")}, 2, "RESULT");
  expect_failure({"report", result}, 2, "--out");
  expect_failure({"report", result, "--out", path("r.pdf")}, 2, "must end in .html");
  expect_failure({"report", result, "--out", path("no/r.html")}, 4, "does not exist");
  fs::copy(result, path("c.html"));
  expect_failure({"report", path("c.html"), "--out", path("c.html")}, 2, "is an input");
  fs::copy(result, path("p.html"));
  expect_failure({"report", result, "--picture", path("p.html") + "=x", "--out", path("p.html")}, 2, "is an input");
  expect_failure({"report", result, "--picture", "x.png", "--out", path("r.html")}, 2, "FILE.png=CAPTION");
  expect_failure({"report", result, "--picture", "x.png=", "--out", path("r.html")}, 2, "FILE.png=CAPTION");
  expect_failure({"report", result, "--picture", result + "=x", "--out", path("r.html")}, 3, "PNG");
  const std::string other = curves("d.json", "generate:count=201,shape=1x8x8,classes=4");
  expect_failure({"report", result, other, "--out", path("r.html")}, 2, "a report is about one data set");
  EXPECT_FALSE(fs::exists(path("r.html")));
}

}  // namespace
}  // namespace eigenlens::test
