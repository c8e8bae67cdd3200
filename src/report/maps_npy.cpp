// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>

#include "eigenlens/frontier.hpp"
#include "report/npy_arrays.hpp"

namespace eigenlens {

void write_maps(const JointMaps& maps, const std::string& folder) {
  const std::string own = fmt::format("{}/lambda-{}", folder, maps.lambda);
  make_folder(own);
  write_matrix(own + "/encoder.npy", maps.encoder);
  write_matrix(own + "/classifier.npy", maps.classifier);
  write_matrix(own + "/decoder.npy", maps.decoder);
  write_vector(folder + "/mean.npy", maps.mean);
  write_vector(folder + "/std.npy", {maps.std});
  write_vector(folder + "/frequency.npy", maps.frequency);
}

}  // namespace eigenlens
