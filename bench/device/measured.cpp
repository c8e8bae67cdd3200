// SPDX-License-Identifier: Apache-2.0
#include "device/measured.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>

#include "eigenlens/error.hpp"

namespace eigenlens::bench {

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Timing measure(int runs, double limit, const std::function<void()>& work) {
  const double warm_up = seconds(work);
  std::vector<double> times;
  for (double spent = warm_up; static_cast<int>(times.size()) < runs && spent < limit; spent += times.back())
    times.push_back(seconds(work));
  if (times.empty()) times.push_back(warm_up);
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.front(), static_cast<int>(times.size())};
}

void Report::note(const std::string& key, const std::string& value) {
  notes_.emplace_back(key, value);
  fmt::print("{}: {}\n", key, value);
  write();
}

void Report::begin(const std::string& title) {
  tables_.push_back({title, {}});
  fmt::print("\n### {}\n\n| what | median ms | min ms | runs | Gop/s | GB/s | of its floor | verified | note |\n",
             title);
  fmt::print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |\n");
}

void Report::add(const Row& row) {
  tables_.back().rows.push_back(row);
  const auto rate = [&](double amount) {
    return amount > 0 ? fmt::format("{:.0f}", amount / row.time.median / 1e9) : std::string();
  };
  fmt::print("| {} | {:.3f} | {:.3f} | {} | {} | {} | {} | {} | {} |\n", row.what, 1e3 * row.time.median,
             1e3 * row.time.least, row.time.runs, rate(row.operations), rate(row.bytes),
             row.floor > 0 ? fmt::format("{:.0f} %", 100 * row.floor / row.time.median) : "", row.error, row.note);
  std::fflush(stdout);
  write();
}

void Report::fail(const std::string& what, const std::string& why) {
  failures_.emplace_back(what, why);
  fmt::print(stderr, "{}: {}: {}\n", program_, what, why);
  write();
}

void Report::write() const {
  if (json_.empty()) return;
  nlohmann::ordered_json file{{"program", program_},
                              {"notes", nlohmann::ordered_json::object()},
                              {"tables", nlohmann::ordered_json::array()},
                              {"failures", nlohmann::ordered_json::array()}};
  for (const auto& [key, value] : notes_) file["notes"][key] = value;
  for (const Table& table : tables_) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const Row& row : table.rows)
      rows.push_back({{"what", row.what},
                      {"median_s", row.time.median},
                      {"min_s", row.time.least},
                      {"runs", row.time.runs},
                      {"operations", row.operations},
                      {"bytes", row.bytes},
                      {"floor_s", row.floor},
                      {"verified", row.error},
                      {"note", row.note}});
    file["tables"].push_back({{"title", table.title}, {"rows", std::move(rows)}});
  }
  for (const auto& [what, why] : failures_) file["failures"].push_back({{"what", what}, {"why", why}});
  std::ofstream out(json_);
  out << file.dump(1) << '\n';
  if (!out) throw Error(ErrorCode::io, fmt::format("cannot write {}", json_));
}

Arguments::Arguments(int argc, char** argv, const std::vector<std::string>& allowed) {
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (name.rfind("--", 0) != 0 || std::find(allowed.begin(), allowed.end(), name.substr(2)) == allowed.end())
      throw Error(ErrorCode::usage,
                  fmt::format("'{}': expected one of --help, --{}", name, fmt::join(allowed, ", --")));
    if (i + 1 == argc) throw Error(ErrorCode::usage, fmt::format("{} wants a value", name));
    values_.emplace_back(name.substr(2), argv[i + 1]);
  }
}

std::vector<std::string> Arguments::all(const std::string& name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : values_)
    if (key == name) found.push_back(value);
  return found;
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  const auto found = all(name);
  return found.empty() ? otherwise : found.back();
}

std::int64_t Arguments::number(const std::string& name, std::int64_t otherwise) const {
  const auto found = all(name);
  if (found.empty()) return otherwise;
  try {
    return std::stoll(found.back());
  } catch (const std::exception&) {
    throw Error(ErrorCode::usage, fmt::format("--{} {}: expected a number", name, found.back()));
  }
}

int main_of(const char* program, const char* usage, int (*run)(int, char**), int argc, char** argv) {
  try {
    if (std::any_of(argv + 1, argv + argc, [](const char* argument) { return std::strcmp(argument, "--help") == 0; })) {
      fmt::print("{}", usage);
      return 0;
    }
    return run(argc, argv);
  } catch (const Error& error) {
    fmt::print(stderr, "{}: {}\n", program, error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", program, error.what());
    return 1;
  }
}

}  // namespace eigenlens::bench
