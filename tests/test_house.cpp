// SPDX-License-Identifier: Apache-2.0
// The rules of the house that a program can check (HACKING.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/moved.hpp"

namespace {

namespace fs = std::filesystem;

const fs::path root = eigenlens::test::moved(EIGENLENS_SOURCE_DIR);
const std::vector<std::string> code_folders = {"include",  "src",   "kernels", "tests", "bench",
                                               "examples", "cmake", "scripts", "docs",  "python"};

std::string read(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Every file below the folders of code, whatever its kind.
std::vector<fs::path> files() {
  std::vector<fs::path> found;
  for (const auto& folder : code_folders) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder))
      if (entry.is_regular_file() && entry.path().string().find("__pycache__") == std::string::npos)
        found.push_back(entry.path());
  }
  return found;
}

bool is_code(const fs::path& path) {
  static const std::set<std::string> endings = {".cpp", ".hpp", ".h", ".cu", ".cuh", ".cmake", ".py", ".sh", ".txt"};
  return endings.contains(path.extension().string()) || path.parent_path().filename() == "scripts";
}

/// What `text` names in backticks that looks like a path: it has a slash or the ending of a source file.
/// "src/data/{idx,npy}.cpp" stands for two. Options, equations, commands, patterns and made-up names (NAME, FOO) are no
/// paths.
std::set<std::string> paths_named(const std::string& text) {
  static const std::regex quoted("`([^`\n]+)`");
  static const std::regex path(R"([A-Za-z0-9_.{},/-]+)");
  static const std::regex ending(R"(.*\.(cpp|hpp|h|cu|cmake|md|py|txt|json|yml)$)");
  static const std::regex made_up(R"((^|.*[/_])[A-Z]{3,}(\..*|/.*|$))");
  static const std::regex braces(R"(^([^{]*)\{([^}]*)\}(.*)$)");
  static const std::set<std::string> top = {"README.md", "HACKING.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"};
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), quoted), end; it != end; ++it) {
    const std::string name = (*it)[1];
    if (!std::regex_match(name, path)) continue;
    const bool has_slash = name.find('/') != std::string::npos && name.front() != '/';
    if (!has_slash && !std::regex_match(name, ending)) continue;
    std::smatch parts;
    std::vector<std::string> names;
    if (std::regex_match(name, parts, braces)) {
      std::stringstream list(parts[2]);
      for (std::string item; std::getline(list, item, ',');) names.push_back(parts[1].str() + item + parts[3].str());
    } else {
      names.push_back(name);
    }
    for (const auto& one : names)
      if (top.contains(fs::path(one).filename()) || !std::regex_match(one, made_up)) found.insert(one);
  }
  return found;
}

/// Made by building or by running, or beside the checkout: named in the text, but not part of the source.
bool is_made(const std::string& path) {
  return path.starts_with("build/") || path.starts_with("demo/") || path.starts_with("../") ||
         path.starts_with(".venv");
}

class Document : public ::testing::TestWithParam<const char*> {};

TEST_P(Document, NamesPathsThatExist) {
  const auto text = read(root / GetParam());
  const auto named = paths_named(text);
  for (const auto& path : named) {
    if (is_made(path)) continue;
    const bool there = fs::exists(root / path) || fs::exists((root / GetParam()).parent_path() / path) ||
                       fs::exists(root / "include" / path);
    EXPECT_TRUE(there) << GetParam() << " names `" << path << "`, which does not exist";
  }
}

INSTANTIATE_TEST_SUITE_P(House, Document,
                         ::testing::Values("HACKING.md", "README.md", "CONTRIBUTING.md", "kernels/README.md",
                                           "docs/math.md"));

TEST(House, PathsAreFoundInText) {
  const auto named = paths_named(
      "`src/a.cpp` and `src/{b,c}.hpp`, a `name.cpp`, `--option`, `a + b`, `O(D²)`, `NAME.cu`, `src/FOO.cpp`, `1/2 of "
      "it`, `README.md`");
  EXPECT_EQ(named, (std::set<std::string>{"src/a.cpp", "src/b.hpp", "src/c.hpp", "name.cpp", "README.md"}));
}

TEST(House, HackingNamesEveryFolder) {
  const auto text = read(root / "HACKING.md");
  for (const auto& entry : fs::directory_iterator(root / "src")) {
    if (!entry.is_directory()) continue;
    const auto folder = "`src/" + entry.path().filename().string() + "/";
    EXPECT_NE(text.find(folder), std::string::npos) << entry.path() << " is not in HACKING.md";
  }
}

TEST(House, HackingNamesEveryVerb) {
  const auto text = read(root / "HACKING.md");
  auto interface = read(root / "src/backend/backend.hpp");
  interface.erase(0, interface.find("class Backend {"));
  static const std::regex verb("virtual [^;(]*[ >&*]([a-z_]+)\\(");
  int verbs = 0;
  for (std::sregex_iterator it(interface.begin(), interface.end(), verb), end; it != end; ++it, ++verbs)
    EXPECT_NE(text.find("`" + (*it)[1].str() + "`"), std::string::npos) << (*it)[1] << " is not in HACKING.md";
  EXPECT_GT(verbs, 10);
}

TEST(House, NoFileIsLong) {
  for (const auto& path : files()) {
    if (!is_code(path)) continue;
    const auto text = read(path);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 400) << path << " has more than 400 lines: split it";
  }
}

TEST(House, NoFileIsADrawer) {
  const std::set<std::string> drawers = {"util",   "utils", "utility", "utilities",
                                         "common", "misc",  "helper",  "helpers"};
  for (const auto& path : files())
    EXPECT_FALSE(drawers.contains(path.stem().string())) << path << ": name it for what it holds";
}

TEST(House, EveryCodeFileNamesItsLicence) {
  for (const auto& path : files()) {
    if (!is_code(path)) continue;
    const auto text = read(path);
    EXPECT_LT(text.substr(0, 200).find("SPDX-License-Identifier: Apache-2.0"), 200U) << path;
  }
}

}  // namespace
