// SPDX-License-Identifier: Apache-2.0
/// \file
/// Data sets: of the library, or read by two callables of Python.
#pragma once

#include <exception>
#include <memory>

#include "run.hpp"

namespace eigenlens::python {

/// An eigenlens_reader over two callables: `next()` gives (values, labels or None), or None at the end; `rewind()` goes
/// back to the first sample. They may be called from any thread. What they raise stops the work and is kept.
class Reader {
 public:
  Reader(nb::object next, nb::object rewind);

  [[nodiscard]] eigenlens_reader interface();
  /// Raises what a callable raised. The GIL is held.
  void raise_kept();

 private:
  static std::int32_t next(void* self, eigenlens_batch* batch);
  static std::int32_t rewind(void* self);

  nb::object next_;
  nb::object rewind_;
  nb::object held_;  ///< the arrays of the batch that was given out
  std::exception_ptr exception_;
};

class Dataset : public Handle<eigenlens_dataset, eigenlens_dataset_close> {
 public:
  explicit Dataset(eigenlens_dataset* raw, std::unique_ptr<Reader> reader = nullptr)
      : Handle(raw), reader_(std::move(reader)) {}
  Dataset(Dataset&&) = default;
  ~Dataset();

  [[nodiscard]] Reader* reader() const noexcept { return reader_.get(); }

 private:
  std::unique_ptr<Reader> reader_;
};

inline void raise_kept(const Dataset& dataset) {
  if (dataset.reader()) dataset.reader()->raise_kept();
}

}  // namespace eigenlens::python
