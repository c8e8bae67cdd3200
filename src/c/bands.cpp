// SPDX-License-Identifier: Apache-2.0
#include "eigenlens/bands.hpp"

#include <utility>

#include "c/dataset.hpp"
#include "c/device.hpp"
#include "c/guard.hpp"
#include "c/moments.hpp"
#include "c/result.hpp"
#include "c/versions.hpp"

namespace eigenlens::c {
namespace {

BandsOptions bands_options_of(const eigenlens_bands_options& given) {
  BandsOptions options;
  options.bands =
      bands_of(numbers(given.top, given.top_count, "top"), numbers(given.bottom, given.bottom_count, "bottom"));
  if (given.test) {
    options.test = [set = given.test] { return set->unread(); };
    options.ahead = given.test->read_ahead ? ReadAhead::allowed : ReadAhead::forbidden;
  }
  if (given.source) options.source = [set = given.source] { return set->unread(); };
  options.folder = text_or(given.folder, "");
  options.sheet = text_or(given.sheet, "");
  options.numbers = given.float32 != 0 ? NumberForm::float32 : NumberForm::as_read;
  return options;
}

}  // namespace
}  // namespace eigenlens::c

using namespace eigenlens::c;

eigenlens_status eigenlens_bands(const eigenlens_moments* moments, const eigenlens_bands_options* options,
                                 const eigenlens_run* run, eigenlens_result** result) {
  return guarded([&] {
    auto& out = required(result, "result");
    const eigenlens::Moments& value = primal(moments, "cutting bands");
    eigenlens::BandsOptions wanted =
        bands_options_of(versioned(options, eigenlens_bands_options EIGENLENS_BANDS_OPTIONS_INIT, "bands options"));
    const Run how = run_of(run);
    wanted.progress = how.progress;
    out = new_result(eigenlens::bands(value, how.device, wanted), moments->reading);
  });
}
