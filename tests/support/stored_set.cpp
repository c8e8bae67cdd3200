// SPDX-License-Identifier: Apache-2.0
#include "support/stored_set.hpp"

#include <fmt/format.h>

#include <vector>

#include "support/dataset_files.hpp"
#include "support/image_files.hpp"

namespace eigenlens::test {

namespace {

template <class Scalar>
std::string bytes_as(const Samples& samples) {
  const double* values = samples.values.data();
  std::vector<Scalar> stored;
  for (std::int64_t i = 0; i < samples.values.size(); ++i) stored.push_back(static_cast<Scalar>(values[i]));
  return bytes_of_values(stored);
}

}  // namespace

std::string store_samples(const TemporaryDirectory& directory, const std::string& folder, const Samples& samples,
                          ScalarType scalar) {
  const ImageShape& s = samples.shape;
  const bool vectors = s.channels == 1 && s.height == 1;
  const std::string shape = vectors ? fmt::format("({}, {})", samples.count(), s.width)
                                    : fmt::format("({}, {}, {}, {})", samples.count(), s.channels, s.height, s.width);
  std::string values = npy_file("|u1", shape, bytes_as<std::uint8_t>(samples));
  if (scalar == ScalarType::float32) values = npy_file("<f4", shape, bytes_as<float>(samples));
  if (scalar == ScalarType::float64) values = npy_file("<f8", shape, bytes_as<double>(samples));
  put(directory, folder + "/images.npy", values);
  put(directory, folder + "/labels.npy",
      npy_file("<i4", fmt::format("({},)", samples.count()), bytes_of_values(samples.labels)));
  return directory.file(folder);
}

}  // namespace eigenlens::test
