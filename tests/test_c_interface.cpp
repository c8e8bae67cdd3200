// SPDX-License-Identifier: Apache-2.0
// The C interface beside the C++ interface and the command line: the same bits, the same document, the same symbols.
// What a C program sees is in tests/c.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "eigenlens/eigenlens.h"
#include "eigenlens/generate.hpp"
#include "eigenlens/impact.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"
#include "support/moved.hpp"
#include "support/program.hpp"
#include "support/temporary_directory.hpp"

namespace eigenlens::test {
namespace {

using ::testing::HasSubstr;

struct Closer {
  void operator()(eigenlens_dataset* handle) const { eigenlens_dataset_close(handle); }
  void operator()(eigenlens_moments* handle) const { eigenlens_moments_close(handle); }
  void operator()(eigenlens_result* handle) const { eigenlens_result_close(handle); }
};
template <class Handle>
using Owned = std::unique_ptr<Handle, Closer>;

/// Calls a function that makes a handle through its last argument.
template <class Handle, class Call>
Owned<Handle> made(const Call& call) {
  Handle* handle = nullptr;
  EXPECT_EQ(call(&handle), EIGENLENS_OK) << eigenlens_last_error();
  return Owned<Handle>(handle);
}

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class CInterface : public ::testing::Test {
 protected:
  void SetUp() override {
    generate_dataset(set_, {.count = 150, .test_count = 50, .shape = {1, 8, 8}, .classes = 3});
    moments_ = made<eigenlens_moments>([&](auto out) {
      const auto set =
          made<eigenlens_dataset>([&](auto handle) { return eigenlens_dataset_open(set_.c_str(), nullptr, handle); });
      return eigenlens_moments_of(set.get(), nullptr, nullptr, out);
    });
  }

  [[nodiscard]] Owned<eigenlens_result> sweep_two() const {
    return made<eigenlens_result>([&](auto out) {
      const char* const pretexts[] = {"reconstruct", "mask:patch=2,ratio=0.5"};
      eigenlens_sweep_options options = EIGENLENS_SWEEP_OPTIONS_INIT;
      options.pretexts = pretexts;
      options.pretext_count = 2;
      return eigenlens_sweep(moments_.get(), &options, nullptr, out);
    });
  }

  static std::vector<double> reals(const eigenlens_result* result, const std::string& pointer) {
    eigenlens_array array = EIGENLENS_ARRAY_INIT;
    EXPECT_EQ(eigenlens_result_array(result, pointer.c_str(), &array), EIGENLENS_OK) << eigenlens_last_error();
    EXPECT_EQ(array.scalar, EIGENLENS_FLOAT64);
    const auto* values = static_cast<const double*>(array.data);
    return {values, values + array.shape[0]};
  }

  TemporaryDirectory folder_;
  std::string set_ = folder_.file("set");
  Owned<eigenlens_moments> moments_;
};

TEST_F(CInterface, ArraysAreTheNumbersOfTheLibrary) {
  const auto result = sweep_two();
  const SweepResult expected = sweep(accumulate(*open_dataset(set_), Device()),
                                     parse_pretexts({"reconstruct", "mask:patch=2,ratio=0.5"}), Device());
  for (std::size_t c = 0; c < 2; ++c) {
    const std::string place = "/curves/" + std::to_string(c);
    EXPECT_EQ(reals(result.get(), place + "/alignment"), expected.curves[c].alignment);
    EXPECT_EQ(reals(result.get(), place + "/eigenvalue"), expected.curves[c].eigenvalues);
    EXPECT_EQ(reals(result.get(), place + "/reconstruction/refit"), expected.curves[c].reconstruction_refit);
  }
}

/// From the curves on: provenance has the time, and timings are never the same twice.
TEST_F(CInterface, DocumentIsThatOfTheCommandLine) {
  const std::string path = folder_.file("cli.json");
  const Outcome outcome = run_program({"sweep", set_, "--pretext", "reconstruct", "--pretext", "mask:patch=2,ratio=0.5",
                                       "--form", "primal", "--out", path, "-q"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  char* text = nullptr;
  const auto result = sweep_two();
  ASSERT_EQ(eigenlens_result_json(result.get(), nullptr, &text), EIGENLENS_OK);
  const std::string document = text, written = file_text(path);
  eigenlens_text_free(text);
  const auto curves = [](const std::string& json) { return json.substr(json.find("\"curves\":[")); };
  const auto head = [](const std::string& json) { return json.substr(0, json.find("\"provenance\"")); };
  EXPECT_EQ(curves(document), curves(written));
  EXPECT_EQ(head(document), head(written));
  for (const char* key :
       {"\"version\":", "\"git\":", "\"time\":", "\"blas\":", "\"moments_device\":", "reading and moments"}) {
    EXPECT_THAT(document, HasSubstr(key));
    EXPECT_THAT(written, HasSubstr(key));
  }
}

TEST_F(CInterface, TextOfADocumentIsWhatIsWritten) {
  const Moments moments = accumulate(*open_dataset(set_), Device());
  const ImpactResult result = impact(moments, parse_pretext("mask:patch=2,ratio=0.5"), Device());
  const ReportOptions options{.k = {}, .provenance = {{"command", "a \"quoted\" one"}}};
  write_json(result, folder_.file("impact.json"), options);
  EXPECT_EQ(to_json(result, options), file_text(folder_.file("impact.json")));
}

TEST_F(CInterface, LastErrorBelongsToItsThread) {
  EXPECT_EQ(eigenlens_result_json(nullptr, nullptr, nullptr), EIGENLENS_USAGE);
  const std::string mine = eigenlens_last_error();
  std::thread([] {
    EXPECT_STREQ(eigenlens_last_error(), "");
    EXPECT_EQ(eigenlens_moments_load("/nowhere/at/all", nullptr), EIGENLENS_USAGE);
    EXPECT_THAT(eigenlens_last_error(), HasSubstr("moments"));
  }).join();
  EXPECT_EQ(eigenlens_last_error(), mine);
}

/// What a command writes to its output.
std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return text;
  for (char buffer[4096]; fgets(buffer, sizeof buffer, pipe);) text += buffer;
  EXPECT_EQ(pclose(pipe), 0) << command;
  return text;
}

std::set<std::string> names_in(const std::string& text, const char* pattern) {
  const std::regex wanted(pattern);
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), wanted), end; it != end; ++it) names.insert((*it)[1]);
  return names;
}

TEST(CSymbols, HeaderAndLibraryHaveTheSame) {
  const std::string header = file_text(moved(EIGENLENS_SOURCE_DIR) + "/include/eigenlens/eigenlens.h");
  const std::string symbols = output_of("nm --dynamic --defined-only '" + moved(EIGENLENS_LIBRARY) + "'");
  const auto declared = names_in(header, "EIGENLENS_API [a-z_0-9 *]*?(eigenlens_[a-z_0-9]+)\\(");
  EXPECT_GT(declared.size(), 50U);
  EXPECT_EQ(names_in(symbols, " T (eigenlens_[a-z_0-9]+)\n"), declared);
  EXPECT_EQ(names_in(symbols, " [TDBRW] ((?!_Z|eigenlens_)\\S+)\n"), std::set<std::string>());
}

/// Every initialiser sets the size of its own struct, and every struct with a size has one.
TEST(CSymbols, EveryStructHasItsDefaults) {
  const std::string header = file_text(moved(EIGENLENS_SOURCE_DIR) + "/include/eigenlens/eigenlens.h");
  const auto structs = names_in(header, "typedef struct (eigenlens_[a-z_]+) \\{");
  const auto sized = names_in(header, "#define EIGENLENS_[A-Z_]+_INIT[ \\\\\n]*\\{sizeof\\((eigenlens_[a-z_]+)\\)");
  EXPECT_EQ(structs, sized);
}

}  // namespace
}  // namespace eigenlens::test
