// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "eigenlens/encoders.hpp"
#include "eigenlens/error.hpp"
#include "report/npy_arrays.hpp"

namespace eigenlens {

std::vector<std::string> encoder_folders(const std::vector<Pretext>& pretexts, const std::string& folder) {
  std::vector<std::string> folders;
  std::set<std::string> taken;
  for (const Pretext& pretext : pretexts) {
    std::string name = pretext.to_string();  // files of masks are named in it
    std::replace(name.begin(), name.end(), '/', '_');
    folders.push_back(fmt::format("{}/{}", folder, name));
    if (!taken.insert(folders.back()).second)
      throw Error(ErrorCode::usage,
                  fmt::format("two pretexts would be written to {}: give each pretext once", folders.back()));
  }
  return folders;
}

void write_encoders(const EncodersResult& result, const std::string& folder) {
  std::vector<Pretext> pretexts;
  for (const PretextEncoder& encoder : result.encoders) pretexts.push_back(encoder.pretext);
  const std::vector<std::string> folders = encoder_folders(pretexts, folder);
  make_folder(folder);
  write_vector(folder + "/mean.npy", result.mean);
  write_vector(folder + "/std.npy", {result.global_std});
  if (!result.frequency.empty()) write_vector(folder + "/frequency.npy", result.frequency);
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const PretextEncoder& encoder = result.encoders[i];
    make_folder(folders[i]);
    write_matrix(folders[i] + "/encoder.npy", encoder.encoder);
    write_matrix(folders[i] + "/decoder.npy", encoder.decoder);
    write_matrix(folders[i] + "/refit.npy", encoder.refit);
    if (!result.frequency.empty()) write_matrix(folders[i] + "/classifier.npy", encoder.classifier);
  }
}

}  // namespace eigenlens
