// SPDX-License-Identifier: Apache-2.0
#include "support/golden_data.hpp"

#include <regex>
#include <stdexcept>

#include "support/moved.hpp"
#include "support/shared_data.hpp"

namespace eigenlens::test {
namespace {

Pretext pretext_of(const std::string& name) {
  Pretext pretext;
  std::smatch part;
  if (name == "reconstruct") return pretext;
  if (std::regex_match(name, part, std::regex("gauss_([0-9.]+)"))) {
    pretext.kind = PretextKind::gaussian;
    pretext.sigma = std::stod(part[1]);
  } else if (std::regex_match(name, part, std::regex("dropout_r([0-9.]+)"))) {
    pretext.kind = PretextKind::dropout;
    pretext.ratio = std::stod(part[1]);
  } else if (std::regex_match(name, part, std::regex("mask(ch)?_p([0-9]+)_r([0-9.]+)"))) {
    pretext.kind = PretextKind::mask;
    pretext.channels = part[1].matched ? ChannelMode::separate : ChannelMode::together;
    pretext.patch_height = pretext.patch_width = std::stoll(part[2]);
    pretext.ratio = std::stod(part[3]);
  } else if (std::regex_match(name, part, std::regex("mae_p([0-9]+)_m([0-9]+)of[0-9]+"))) {
    pretext.kind = PretextKind::keep;
    pretext.patch_height = pretext.patch_width = std::stoll(part[1]);
    pretext.keep_count = std::stoll(part[2]);
  } else {
    throw std::runtime_error("no pretext is known for the golden curve " + name);
  }
  return pretext;
}

}  // namespace

std::optional<std::filesystem::path> golden_data(const std::string& file) {
  const std::filesystem::path own =
      std::filesystem::path(moved(EIGENLENS_SOURCE_DIR)) / "tests" / "data" / "golden" / file;
  if (std::filesystem::exists(own)) return own;
  return shared_data("golden/" + file);
}

std::map<std::string, Pretext> golden_pretexts(const Npz& npz) {
  const std::string ending = "/alignment";
  std::map<std::string, Pretext> pretexts;
  for (const auto& [name, array] : npz.arrays()) {
    if (!name.ends_with(ending)) continue;
    const std::string curve = name.substr(0, name.size() - ending.size());
    pretexts.emplace(curve, pretext_of(curve));
  }
  return pretexts;
}

Samples golden_samples(const Npz& npz) {
  const std::vector<std::int64_t>& shape = npz.integers("image_shape");
  const std::vector<std::uint8_t>& images = npz.bytes("images");
  Samples samples;
  samples.shape = {shape.at(0), shape.at(1), shape.at(2)};
  samples.classes = npz.at("class_counts").shape.at(0);
  samples.values = DenseF64(samples.shape.size(), npz.at("images").shape.at(0));
  for (std::size_t i = 0; i < images.size(); ++i) samples.values.data()[i] = images[i];
  for (const std::int64_t label : npz.integers("labels")) samples.labels.push_back(static_cast<std::int32_t>(label));
  return samples;
}

}  // namespace eigenlens::test
