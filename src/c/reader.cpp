// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "c/dataset.hpp"
#include "c/samples.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::c {
namespace {

class ReaderDataset final : public Dataset {
 public:
  ReaderDataset(const eigenlens_reader& reader, DatasetInfo info) : reader_(reader), info_(std::move(info)) {}

  [[nodiscard]] const DatasetInfo& info() const override { return info_; }

  std::optional<Batch> next() override {
    if (!started_) require_success(reader_.rewind(reader_.user_data), "rewind");
    started_ = true;
    eigenlens_batch batch = EIGENLENS_BATCH_INIT;
    batch.scalar = number_of(info_.scalar);
    batch.dimension = info_.shape.size();
    require_success(reader_.next(reader_.user_data, &batch), "next");
    const Batch given = batch_of(&batch, done_, zeros_);
    if (given.count > 0 ? given.count > info_.count - done_ : done_ < info_.count)
      throw Error(ErrorCode::data, fmt::format("{}: its reader has {} samples{}, but {} were announced", info_.name,
                                               done_ + given.count, given.count > 0 ? " or more" : "", info_.count));
    if (given.count == 0) return std::nullopt;
    require_announced(given);
    done_ += given.count;
    return given;
  }

 private:
  void require_success(std::int32_t status, const char* function) const {
    if (status == 0) return;
    const bool known = status >= EIGENLENS_USAGE && status <= EIGENLENS_DEVICE;
    throw Error(known ? static_cast<ErrorCode>(status) : ErrorCode::cancelled,
                fmt::format("{}: the function {} of its reader said stop, after {} samples (it returned {})",
                            info_.name, function, done_, status));
  }

  /// A batch of other samples, elsewhere, or of other classes.
  void require_announced(const Batch& batch) const {
    if (batch.place != MemoryPlace::host)
      throw Error(ErrorCode::usage,
                  fmt::format("{}: its reader gave CUDA memory: only an accumulator takes it", info_.name));
    for (std::int64_t i = 0; i < batch.count; ++i)
      if (batch.labels[i] < 0 || batch.labels[i] >= info_.classes)
        throw Error(ErrorCode::data, fmt::format("{}: sample {} has label {}; expected 0 to {}", info_.name,
                                                 batch.first + i, batch.labels[i], info_.classes - 1));
    if (batch.scalar != info_.scalar || batch.dimension != info_.shape.size())
      throw Error(ErrorCode::usage, fmt::format("{}: its reader gave a batch of scalar {} with {} values a sample, and "
                                                "announced scalar {} with {}",
                                                info_.name, number_of(batch.scalar), batch.dimension,
                                                number_of(info_.scalar), info_.shape.size()));
  }

  eigenlens_reader reader_;
  DatasetInfo info_;
  bool started_ = false;
  std::int64_t done_ = 0;
  std::vector<std::int32_t> zeros_;
};

}  // namespace

std::unique_ptr<Dataset> read_with(const eigenlens_reader& reader, const DatasetInfo& info) {
  return std::make_unique<ReaderDataset>(reader, info);
}

}  // namespace eigenlens::c
