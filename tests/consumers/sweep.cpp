// SPDX-License-Identifier: Apache-2.0
// What a program that uses eigenlens does: a generated set, its moments, a sweep, and a look at the curve.
#include <eigenlens/dataset.hpp>
#include <eigenlens/moments.hpp>
#include <eigenlens/pretext.hpp>
#include <eigenlens/sweep.hpp>
#include <iostream>

int main() try {
  const eigenlens::Device device;
  const auto data = eigenlens::open_dataset("generate:count=300,shape=1x8x8,classes=3");
  const auto moments = eigenlens::accumulate(*data, device);
  const auto result = eigenlens::sweep(moments, eigenlens::parse_pretext("mask:patch=2,ratio=0.5"), device);
  const double all = result.curves.at(0).alignment.back();
  std::cout << "alignment of all features: " << all << '\n';
  return all > 0.999 && all < 1.001 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
