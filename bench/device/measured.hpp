// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the device benchmarks share: a clock, rows of a table, and the JSON file that bench/device_table.py reads.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace eigenlens::bench {

struct Timing {
  double median = 0;  ///< seconds
  double least = 0;
  int runs = 0;  ///< 1: the limit was reached by the warm-up, which is what is reported
};

/// One warm-up, then up to `runs` timed calls; stops after `limit` seconds in all. `work` returns when all is done.
Timing measure(int runs, double limit, const std::function<void()>& work);
double seconds(const std::function<void()>& work);

struct Row {
  std::string what;
  Timing time;
  double operations = 0;  ///< 0: not counted
  double bytes = 0;       ///< the fewest that must move; 0: not counted
  double floor = 0;       ///< seconds at the ceilings of this run; 0: not known
  std::string error;      ///< what was verified, and how far off it was
  std::string note;
};

struct Table {
  std::string title;
  std::vector<Row> rows;
};

/// Rows are printed and written as they come, so that a run that is cut short leaves what it had.
class Report {
 public:
  /// json: a path, or empty for none. Throws Error(io).
  Report(std::string program, std::string json) : program_(std::move(program)), json_(std::move(json)) {}
  void note(const std::string& key, const std::string& value);
  void begin(const std::string& title);
  void add(const Row& row);
  /// A result that must not be timed, or a case that could not be run.
  void fail(const std::string& what, const std::string& why);
  /// 0 or 1: whether something failed.
  [[nodiscard]] int status() const noexcept { return failures_.empty() ? 0 : 1; }

 private:
  void write() const;

  std::string program_;
  std::string json_;
  std::vector<std::pair<std::string, std::string>> notes_;
  std::vector<Table> tables_;
  std::vector<std::pair<std::string, std::string>> failures_;
};

/// --NAME VALUE pairs; a name may come several times. Throws Error(usage) for a name that is not allowed.
class Arguments {
 public:
  Arguments(int argc, char** argv, const std::vector<std::string>& allowed);
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise) const;
  [[nodiscard]] std::int64_t number(const std::string& name, std::int64_t otherwise) const;
  [[nodiscard]] std::vector<std::string> all(const std::string& name) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

/// Calls run(argc, argv); an Error becomes a line on stderr and its code the exit status. Where --help is among the
/// arguments, `usage` is printed instead, and 0 returned.
int main_of(const char* program, const char* usage, int (*run)(int, char**), int argc, char** argv);

}  // namespace eigenlens::bench
