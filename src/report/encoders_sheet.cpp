// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "data/atomic_file.hpp"
#include "data/contact_sheet.hpp"
#include "data/png_writer.hpp"
#include "eigenlens/bands.hpp"
#include "eigenlens/encoders.hpp"
#include "host/index.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t columns = 10;

/// Rows first … first + count − 1 of a decoder as images: grey for 0, black or white for the largest magnitude of each.
std::vector<std::uint8_t> shades(const DenseF64& decoder, std::int64_t first, std::int64_t count) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(at(count * decoder.cols()));
  for (std::int64_t k = first; k < first + count; ++k) {
    double largest = 0;
    for (std::int64_t i = 0; i < decoder.cols(); ++i) largest = std::max(largest, std::fabs(decoder(k, i)));
    const double scale = largest > 0 ? 127 / largest : 0;
    for (std::int64_t i = 0; i < decoder.cols(); ++i)
      bytes.push_back(static_cast<std::uint8_t>(std::nearbyint(128 + scale * decoder(k, i))));
  }
  return bytes;
}

}  // namespace

void draw_encoders(const EncodersResult& result, const std::string& out) {
  DatasetInfo info;
  info.source = result.dataset;
  info.shape = result.shape;
  require_sheet(info);
  AtomicFile picture(out);
  std::vector<std::vector<std::uint8_t>> rows;
  for (const PretextEncoder& encoder : result.encoders) {
    const std::int64_t features = encoder.refit.rows(), shown = std::min(features, columns);
    rows.push_back(shades(encoder.refit, 0, shown));
    rows.push_back(shades(encoder.refit, features - shown, shown));
  }
  picture.write(encode_png(contact_sheet(rows, result.shape)));
  picture.commit();
}

}  // namespace eigenlens
