// SPDX-License-Identifier: Apache-2.0
// The page of results: what is in it, what is refused, and that nothing in a result can break out of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eigenlens/error.hpp"
#include "eigenlens/html_report.hpp"
#include "eigenlens/report.hpp"
#include "report/html_text.hpp"
#include "support/hand_made_curves.hpp"
#include "support/image_files.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t occurrences(const std::string& text, const std::string& words) {
  std::size_t count = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
  return count;
}

class HtmlReport : public ::testing::Test {
 protected:
  HtmlReport() {
    ReportOptions options;
    options.provenance = {{"command", "eigenlens sweep 'a<b'"}, {"device", "cpu"}};
    write_json(hand_made_masking(), curves_, options);
  }

  /// The curves with this done to the document, as a file of this name.
  template <class Change>
  std::string changed(const std::string& name, Change change) const {
    Json document = Json::parse(bytes_of(curves_));
    change(document);
    return directory_.write(name, document.dump());
  }

  [[nodiscard]] std::string page(const std::vector<std::string>& results, const HtmlReportOptions& options = {}) const {
    write_html_report(results, out_, options);
    return bytes_of(out_);
  }

  void expect_error(const std::vector<std::string>& results, ErrorCode code, const std::string& words,
                    const HtmlReportOptions& options = {}) const {
    directory_.write("report.html", "as before");
    try {
      write_html_report(results, out_, options);
      ADD_FAILURE() << "nothing was refused; expected: " << words;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(words));
    }
    EXPECT_EQ(bytes_of(out_), "as before");
    for (const auto& entry : fs::directory_iterator(directory_.path()))
      EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr(".tmp-")));
  }

  TemporaryDirectory directory_;
  const std::string curves_ = directory_.file("curves.json");
  const std::string out_ = directory_.file("report.html");
};

TEST_F(HtmlReport, IsOnePageThatAsksNoNetwork) {
  const std::string html = page({curves_});
  EXPECT_THAT(html, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(html, AllOf(HasSubstr("default-src 'none'"), HasSubstr("'sha256-"), HasSubstr("Chart.js v"),
                          HasSubstr("Permission is hereby granted"), HasSubstr("</html>")));
  // Nothing is fetched: all that is named by an address is in the page.
  for (const char* outside :
       {"src=\"http", "src=\"//", "href=\"http", "href=\"//", "url(http", "@import", "<link rel=\"style"})
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  EXPECT_THAT(html, Not(HasSubstr("{{")));
  EXPECT_EQ(occurrences(html, "<h1"), 1U);
  EXPECT_THAT(html,
              AllOf(HasSubstr("<html lang=\"en\">"), HasSubstr("<main "), HasSubstr("<nav "), HasSubstr("<noscript>")));
}

TEST_F(HtmlReport, SaysAndTabulatesWithoutTheScript) {
  const std::string html = page({curves_});
  const std::string text = html.substr(0, html.find("<script"));
  EXPECT_THAT(text,
              AllOf(HasSubstr("<strong>The data.</strong>"), HasSubstr("<strong>Without noise.</strong>"),
                    HasSubstr("<strong>How sure.</strong>"), HasSubstr("mask:patch=2"), HasSubstr("K for 90&nbsp;%"),
                    HasSubstr("id=\"table-at-k\""), HasSubstr("eigenlens sweep &#39;a&lt;b&#39;")));
}

TEST_F(HtmlReport, NothingInAResultBreaksOut) {
  const std::string evil = "</script><b>\"'&</title><img src=x onerror=alert(1)>\xff\x01";
  const std::string result = changed("evil.json", [](Json& document) {
    document["dataset"]["name"] = "</script><b>\"'&</title><img src=x onerror=alert(1)>";
    document["provenance"]["</td><b>"] = "<!--<script>";
  });
  HtmlReportOptions options;
  options.title = evil;
  directory_.write("p.png", png_file(noise_image(3, 4, 3)));
  options.pictures = {{directory_.file("p.png"), "\"><b>" + evil}};
  const std::string html = page({result}, options);
  EXPECT_THAT(html, AllOf(Not(HasSubstr("<b>")), Not(HasSubstr("<img src=x")), Not(HasSubstr("<!--<script>"))));
  EXPECT_EQ(occurrences(html, "</script>"), 3U);  // the data, the library, our own
  EXPECT_EQ(html.find('\xff'), std::string::npos);
  EXPECT_THAT(html, HasSubstr("&lt;/script&gt;&lt;b&gt;&quot;&#39;&amp;&lt;/title&gt;"));
  EXPECT_EQ(script_json({{"name", evil}}).find('<'), std::string::npos);
}

TEST_F(HtmlReport, RefusesWhatIsNoResult) {
  expect_error({}, ErrorCode::usage, "a report needs a result");
  expect_error({directory_.file("no.json")}, ErrorCode::io, "no.json");
  expect_error({directory_.write("text.json", "hello")}, ErrorCode::data, "text.json: not JSON");
  expect_error({directory_.write("other.json", "{\"a\":1}")}, ErrorCode::data, "expected a result of eigenlens");
  expect_error({changed("v2.json", [](Json& d) { d["format"] = "eigenlens.curves/2"; })}, ErrorCode::data,
               "not eigenlens.curves/2");
  expect_error({changed("short.json", [](Json& d) { d["curves"][0]["alignment"].erase(0); })}, ErrorCode::data,
               "one for each K");
  expect_error({changed("share.json", [](Json& d) { d["curves"][0]["alignment"][2] = 1e300; })}, ErrorCode::data,
               "shares, 0 to 1, not 1e+300");
  expect_error({changed("classes.json", [](Json& d) { d["dataset"]["classes"] = 1e300; })}, ErrorCode::data,
               "a whole number of classes");
  expect_error({changed("shape.json",
                        [](Json& d) {
                          d["dataset"]["shape"] = {1, 2};
                        })},
               ErrorCode::data, "channels, height and width");
}

TEST_F(HtmlReport, TakesErrorsOfGainsThatAreLargerThanShares) {
  const auto with_error = [&](const char* name, double error) {
    return changed(name, [error](Json& d) {
      d["jackknife"] = {{"shards", 2}, {"student", 12.7}};
      d["curves"][1]["jackknife"] = {{"k", {1}}, {"gain_se", {error}}};
    });
  };
  EXPECT_THAT(page({with_error("wide.json", 1.25)}), HasSubstr("half of a 95 % interval"));
  expect_error({with_error("negative.json", -0.1)}, ErrorCode::data, "standard errors from 0, not -0.1");
}

TEST_F(HtmlReport, RefusesTwoDataSets) {
  const auto other = [&](const char* name, const char* key, const Json& value) {
    return changed(name, [&](Json& d) { d["dataset"][key] = value; });
  };
  for (const std::string& second :
       {other("name.json", "name", "another"), other("n.json", "n", 7), other("c.json", "classes", 99)})
    expect_error({curves_, second}, ErrorCode::usage, "a report is about one data set");
}

TEST_F(HtmlReport, TakesOneSetWithAndWithoutLabels) {
  const std::string unlabelled = changed("unlabelled.json", [](Json& d) { d["dataset"]["classes"] = 1; });
  EXPECT_THAT(page({unlabelled, curves_}), HasSubstr(" classes, rank "));
}

TEST_F(HtmlReport, OneCurveOfTwoFilesIsThereOnce) {
  const std::string twin = changed("twin.json", [](Json&) {});
  const std::string both = page({curves_, twin});
  EXPECT_EQ(both.find("(file 2)"), std::string::npos);
  const std::string unlike = changed("unlike.json", [](Json& d) { d["curves"][0]["alignment"][3] = 0.987; });
  EXPECT_THAT(page({curves_, unlike}), HasSubstr("(file 2)"));
}

TEST_F(HtmlReport, EmbedsPicturesThatArePng) {
  const std::string png = png_file(noise_image(5, 7, 4));  // transparent: not for data sets, but for a page
  directory_.write("p.png", png);
  HtmlReportOptions options;
  options.pictures = {{directory_.file("p.png"), "Noise of 5 × 7"}};
  const std::string html = page({curves_}, options);
  const std::vector<unsigned char> bytes(png.begin(), png.end());
  EXPECT_THAT(
      html, HasSubstr("alt=\"Noise of 5 × 7\" width=\"7\" height=\"5\" src=\"data:image/png;base64," + base64(bytes)));

  const auto refuse = [&](const std::string& content, const std::string& words) {
    options.pictures = {{directory_.write("bad.png", content), "bad"}};
    expect_error({curves_}, ErrorCode::data, words, options);
  };
  refuse(jpeg_file(noise_image(5, 7, 3)), "a JPEG file, and the pictures of a report are PNG files");
  refuse("text", "no image");
  for (const std::size_t kept : {8UL, 20UL, png.size() / 2, png.size() - 1}) refuse(png.substr(0, kept), "cut off");
  std::string damaged = png;
  damaged[png.size() / 2] = static_cast<char>(damaged[png.size() / 2] ^ 1);
  refuse(damaged, "checksum");
  options.pictures = {{directory_.file("none.png"), "none"}};
  expect_error({curves_}, ErrorCode::io, "none.png", options);
}

TEST_F(HtmlReport, ShowsEncodersWithTheirDirections) {
  directory_.write("directions.png", png_file(noise_image(4, 9, 1)));
  const std::string encoders = changed("encoders.json", [](Json& d) {
    d["format"] = "eigenlens.encoders/1";
    d["k"] = 2;
    d["sheet"] = "directions.png";
    const Json checks = {{"residual", 1e-15},
                         {"orthogonality", 1e-14},
                         {"orthogonality_limit", 1e-9},
                         {"rank", 20},
                         {"solver", "by hand"}};
    d["encoders"] = Json::array();
    for (const char* ratio : {"0", "0.5"})
      d["encoders"].push_back({{"pretext",
                                {{"spec", std::string("mask:patch=2,ratio=") + ratio},
                                 {"kind", "mask"},
                                 {"patch", {2, 2}},
                                 {"channels", "together"},
                                 {"ratio", std::stod(ratio)}}},
                               {"eigenvalues", {12345.6, 0.25}},
                               {"alignment", 0.4321},
                               {"checks", checks}});
  });
  EXPECT_THAT(page({encoders}),
              AllOf(HasSubstr("<section id=\"encoders\""), HasSubstr("12,346"), HasSubstr("43.21"),
                    HasSubstr("alt=\"What a feature adds to an image"), Not(HasSubstr("id=\"curves\""))));
}

Json mask_json(int patch, double ratio) {
  return {{"spec", "mask:patch=" + std::to_string(patch) + ",ratio=" + std::to_string(ratio)},
          {"kind", "mask"},
          {"patch", {patch, patch}},
          {"channels", "together"},
          {"ratio", ratio}};
}

/// An advice at K = 4 and 16: at 4 its own noise is best, at 16 another, that it names apart.
void make_advice(Json& d) {
  d["format"] = "eigenlens.advice/1";
  d["basis"] = "labels";
  d["k"] = 4;
  d["shown_k"] = {4, 16};
  d["jackknife"] = {{"shards", 5}, {"student", 2.0}};
  d["verdict"] = "Hide.";
  d["caveat"] = "Linear.";
  d["ranked"] = {
      {{"pretext", mask_json(5, 0.25)}, {"gain", {0.02, -0.01}}, {"gain_se", {0.001, 0.001}}, {"k90", 3}, {"k99", 4}}};
  d["elsewhere"] = {
      {{"k", 16}, {"pretext", mask_json(1, 0.75)}, {"alignment", 0.9}, {"gain", 0.0044}, {"gain_se", 0.00075}}};
}

TEST_F(HtmlReport, SetsTheCurvesOfThePageApartFromTheAdvice) {
  EXPECT_THAT(page({curves_}), AllOf(HasSubstr("Of the curves on this page: at K = 4 "), Not(HasSubstr("The advice")),
                                     HasSubstr("These curves come without intervals")));
  const std::string advice = changed("advice.json", make_advice);
  EXPECT_THAT(page({curves_, advice}),
              AllOf(HasSubstr("The advice, which tried noises of its own, found at K = 4 <code>mask:patch=5,ratio=0.25"
                              "</code> (+2.00 ± 0.20 points); at K = 16 <code>mask:patch=1,ratio=0.75</code> "
                              "(+0.44 ± 0.15 points)."),
                    HasSubstr("The gains of the advice have intervals: ± is half of a 95 % interval"),
                    HasSubstr("± is half of a 95 % interval</caption>"),
                    Not(HasSubstr("These curves come without intervals"))));
  const std::string unsure = changed("unsure.json", [](Json& d) {
    make_advice(d);
    d.erase("jackknife");
    d["elsewhere"][0]["gain"] = 0;
  });
  EXPECT_THAT(page({curves_, unsure}),
              AllOf(HasSubstr("(+2.00 points); at K = 16 none, no noise is best."), HasSubstr("These curves come")));
}

TEST_F(HtmlReport, SaysTheImpactOverK) {
  const std::string impact = changed("impact.json", [](Json& d) {
    d["format"] = "eigenlens.impact/1";
    d["depth"] = "angles";
    d["k"] = {3, 4, 16, 20};
    d["impacts"] = {{{"pretext", mask_json(1, 0.5)}, {"max_sin", {0.1, 0.295, 0.2, 0.0}}},
                    {{"pretext", mask_json(5, 0.5)}, {"max_sin", {0.1, 0.2, 0.898, 0.0}}}};
  });
  EXPECT_THAT(page({impact}), HasSubstr("The most that one of the noises can change the alignment of some task depends "
                                        "on K: 29.5 points at K = 4 (<code>mask:patch=1,ratio=0.5</code>), 89.8 points "
                                        "at K = 16 (<code>mask:patch=5,ratio=0.5</code>)."));
}

TEST_F(HtmlReport, WritesThirtyCurvesOfEveryKWithinThreeMegabytes) {
  const std::string large = changed("large.json", [](Json& d) {
    constexpr int rank = 3072;
    d["dataset"]["rank"] = rank;
    const Json curve = d["curves"][1];
    d["curves"] = Json::array();
    for (int i = 0; i < 30; ++i) {
      Json one = {{"pretext", curve["pretext"]}};
      one["pretext"]["ratio"] = i / 31.0;
      one["pretext"]["spec"] = "mask:patch=1,ratio=" + std::to_string(i / 31.0);
      for (int k = 1; k <= rank; ++k) {
        one["k"].push_back(k);
        const double share = std::log(k) / std::log(rank) * (1 - 0.1 * std::abs(std::sin(k * i)));
        one["alignment"].push_back(share);
        for (const char* name : {"top1", "top1_low", "top1_high"}) one["probe"][name].push_back(share);
      }
      d["curves"].push_back(one);
    }
    d["probe"] = {{"dataset", "test"}, {"n", 10000}};
  });
  const std::string html = page({large});
  EXPECT_LT(html.size(), 3'000'000U);
  RecordProperty("bytes", std::to_string(html.size()));
}

TEST(HtmlText, Base64IsThatOfTheStandard) {
  const auto of = [](const std::string& text) { return base64(std::vector<unsigned char>(text.begin(), text.end())); };
  EXPECT_EQ(of(""), "");
  EXPECT_EQ(of("f"), "Zg==");
  EXPECT_EQ(of("fo"), "Zm8=");
  EXPECT_EQ(of("foo"), "Zm9v");
  EXPECT_EQ(of("foobar"), "Zm9vYmFy");
  EXPECT_EQ(of("\xff\xfe\xfd"), "//79");
}

TEST(HtmlText, PackedListsAddUpAgain) {
  const std::vector<double> values = {0.105404, 0.2, 0.19999, 1, 0};
  const auto list = packed(values, 1e5);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += list[i].get<std::int64_t>();
    EXPECT_NEAR(static_cast<double>(sum) / 1e5, values[i], 0.5e-5 + 1e-12);
  }
}

TEST(HtmlText, ThinnedIndicesKeepBothEnds) {
  for (const std::size_t count : {1UL, 2UL, 7UL, 8UL, 100UL, 784UL, 3072UL}) {
    const auto indices = thinned_indices(count, 7);
    EXPECT_LE(indices.size(), 7U);
    EXPECT_EQ(indices.front(), 0U);
    EXPECT_EQ(indices.back(), count - 1);
    EXPECT_TRUE(std::is_sorted(indices.begin(), indices.end()));
  }
  EXPECT_TRUE(thinned_indices(0, 7).empty());
}

}  // namespace
}  // namespace eigenlens::test
