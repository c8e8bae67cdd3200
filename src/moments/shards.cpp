// SPDX-License-Identifier: Apache-2.0
// One pass over a data set, dealt out to several sets of moments.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

#include "data/scalar_size.hpp"
#include "eigenlens/error.hpp"
#include "eigenlens/jackknife.hpp"
#include "moments/batch_checks.hpp"

namespace eigenlens {
namespace {

constexpr std::uint64_t deal_seed = 20240217;

/// Which shard the next sample goes to: a new random order of all shards, round after round.
class Deal {
 public:
  explicit Deal(std::size_t shards) : order_(shards), at_(shards) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
  }
  std::size_t next() {
    if (at_ == order_.size()) {
      for (std::size_t i = order_.size() - 1; i > 0; --i)  // std::shuffle differs between libraries
        std::swap(order_[i], order_[engine_() % (i + 1)]);
      at_ = 0;
    }
    return order_[at_++];
  }

 private:
  std::vector<std::size_t> order_;
  std::size_t at_;
  std::mt19937_64 engine_{deal_seed};
};

/// The samples of one batch that one shard gets.
struct Hand {
  std::vector<char> values;
  std::vector<std::int32_t> labels;
};

/// Deals `batch` out, side by side as they came.
void deal(const Batch& batch, Deal& order, std::vector<Hand>& hands) {
  const std::size_t sample = static_cast<std::size_t>(batch.dimension) * scalar_size(batch.scalar);
  for (Hand& hand : hands) {
    hand.values.clear();
    hand.labels.clear();
  }
  for (std::int64_t n = 0; n < batch.count; ++n) {
    Hand& hand = hands[order.next()];
    const char* values = static_cast<const char*>(batch.values) + static_cast<std::size_t>(n) * sample;
    hand.values.insert(hand.values.end(), values, values + sample);
    hand.labels.push_back(batch.labels[n]);
  }
}

}  // namespace

std::vector<Moments> accumulate_shards(Dataset& dataset, std::int64_t shards, const Device& device,
                                       const Progress& progress) {
  const DatasetInfo& info = dataset.info();
  if (shards < 2 || shards > most_shards)
    throw Error(ErrorCode::usage, fmt::format("a jackknife of {} shards: expected 2 to {}", shards, most_shards));
  check_extents(info);
  std::vector<MomentsAccumulator> sums;
  for (std::int64_t s = 0; s < shards; ++s) sums.emplace_back(device, info);
  Deal order(sums.size());
  std::vector<Hand> hands(sums.size());
  std::int64_t done = 0;
  const auto report = [&] {
    if (progress && !progress({"reading", done, info.count, "images"}))
      throw Error(ErrorCode::cancelled, fmt::format("{}: cancelled after {} samples", info.name, done));
  };
  report();
  while (const auto batch = dataset.next()) {
    check_batch(*batch, info, info.classes, done, device.threads());
    deal(*batch, order, hands);
    for (std::size_t s = 0; s < sums.size(); ++s) {
      Batch part = *batch;
      part.count = static_cast<std::int64_t>(hands[s].labels.size());
      part.values = hands[s].values.data();
      part.labels = hands[s].labels.data();
      sums[s].add(part);
    }
    done += batch->count;
    report();
  }
  if (done < shards)
    throw Error(ErrorCode::data,
                fmt::format("{}: {} samples cannot be dealt out to {} shards", info.name, done, shards));
  std::vector<Moments> result;
  for (MomentsAccumulator& sum : sums) result.push_back(sum.finish());
  return result;
}

}  // namespace eigenlens
