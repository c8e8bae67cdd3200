// SPDX-License-Identifier: Apache-2.0
// Directions, curves, accuracy, sheet and folders in one result.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "eigenlens/bands.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {
namespace {

/// Times a stage of the work.
class Stage {
 public:
  Stage(std::string name, ResultFacts& facts) : name_(std::move(name)), facts_(facts) {}
  void end() const {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    facts_.timings.push_back({name_, seconds});
  }

 private:
  std::string name_;
  ResultFacts& facts_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void test(const PrincipalDirections& principal, const Device& device, const BandsOptions& options,
          BandsResult& result) {
  const Stage stage("testing", result);
  auto set = options.test();
  if (options.ahead == ReadAhead::allowed) set = prefetch(std::move(set));
  test_bands(principal, *set, device, options.progress, result.curves);
  stage.end();
}

void draw(const PrincipalDirections& principal, const Device& device, const BandsOptions& options,
          BandsResult& result) {
  const Stage stage("contact sheet", result);
  draw_bands(principal, *options.source(), options.bands, options.sheet, device);
  stage.end();
}

void write(const PrincipalDirections& principal, const Device& device, const BandsOptions& options,
           BandsResult& result) {
  const Stage stage("writing bands", result);
  const auto train = options.source(), tested = options.test ? options.test() : nullptr;
  std::vector<BandSource> sets = {{*train, principal.count}};
  if (tested && fit_one_folder(train->info(), tested->info(), options.numbers))
    sets.push_back({*tested, result.curves.test_count});
  else if (tested)
    result.notice =
        "the test set is not written: one folder holds two splits of one set, with one format and the same classes";
  result.written =
      write_bands(principal, sets, options.bands, options.folder, options.numbers, device, options.progress);
  stage.end();
}

}  // namespace

std::vector<Band> bands_of(const std::vector<double>& top, const std::vector<double>& bottom) {
  std::vector<Band> bands;
  for (const double share : top) bands.push_back({BandEnd::top, share});
  for (const double share : bottom) bands.push_back({BandEnd::bottom, share});
  return bands;
}

void require_bands(const BandsOptions& options) {
  const std::vector<Band>& bands = options.bands;
  for (auto band = bands.begin(); band != bands.end(); ++band)
    if (std::find(bands.begin(), band, *band) != band)
      throw Error(ErrorCode::usage, fmt::format("the band {} is asked for twice", band->name()));
  const bool samples = !options.folder.empty() || !options.sheet.empty();
  if (samples && (bands.empty() || !options.source))
    throw Error(ErrorCode::usage, "a folder or a sheet of bands wants bands, and the data set that they are cut from");
  if (!options.sheet.empty() && !options.sheet.ends_with(".png"))
    throw Error(ErrorCode::usage, fmt::format("sheet {}: the name must end in .png", options.sheet));
  if (!options.folder.empty())
    for (const Band& band : bands) band_folder(options.folder, band);
  if (!options.sheet.empty()) require_sheet(options.source()->info());
  if (options.test) options.test();
}

BandsResult bands(const Moments& moments, const Device& device, const BandsOptions& options) {
  require_bands(options);
  const Device taken =
      suited(device, moments.shape, moments.classes(), {Pretext{}}, SolveMode::standard, Outcome::encoders);
  SweepOptions sweep;
  sweep.progress = options.progress;
  const PrincipalDirections principal = principal_directions(moments, taken, sweep);
  BandsResult result;
  static_cast<ResultFacts&>(result) = principal;
  result.eigenvalues = principal.eigenvalues;
  result.curves = band_curves(principal);
  for (const double share : band_shares())
    for (const BandEnd end : {BandEnd::top, BandEnd::bottom}) result.table.push_back(cut_band(principal, {end, share}));
  if (options.test) test(principal, taken, options, result);
  for (const Band& band : options.bands) result.written.push_back({.cut = cut_band(principal, band), .folder = {}});
  result.sheet = options.sheet;
  if (!options.sheet.empty()) draw(principal, taken, options, result);
  if (!options.folder.empty()) write(principal, taken, options, result);
  return result;
}

}  // namespace eigenlens
