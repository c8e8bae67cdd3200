// SPDX-License-Identifier: Apache-2.0
/// \file
/// int8 × int8 → int32 products on tensor cores, through cuBLASLt.
#pragma once

#include <cublasLt.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include "backend/cuda/context.hpp"

namespace eigenlens::cuda {

/// C ← AᵀB + βC. Plainly ordered matrices want just this form on int8 tensor cores ("TN"), with leading dimensions that
/// are multiples of 4; multiples of 16 are fast. Algorithms are asked for once a shape; one that the library does not
/// run after all makes way for the next, and the last is the library's own choice without a workspace: for int8 that
/// has been known to work where its suggestions did not.
class IntegerGemm {
 public:
  /// Bytes of workspace that it holds on the device.
  static constexpr std::int64_t workspace_bytes = std::int64_t{32} << 20;

  explicit IntegerGemm(Context& context);
  ~IntegerGemm();
  IntegerGemm(const IntegerGemm&) = delete;
  IntegerGemm& operator=(const IntegerGemm&) = delete;

  /// A: k × m, B: k × n, of leading dimension ldab; C: m × n, of leading dimension ldc. All sizes are multiples of 16;
  /// β is 0 (C is not read) or 1. 2mnk operations on the main stream.
  void multiply(std::int64_t m, std::int64_t n, std::int64_t k, const std::int8_t* a, const std::int8_t* b,
                std::int64_t ldab, std::int32_t beta, std::int32_t* c, std::int64_t ldc);

 private:
  struct Destroy {
    void operator()(cublasLtContext* handle) const noexcept { cublasLtDestroy(handle); }
    void operator()(cublasLtMatmulDescOpaque_t* desc) const noexcept { cublasLtMatmulDescDestroy(desc); }
    void operator()(cublasLtMatrixLayoutOpaque_t* layout) const noexcept { cublasLtMatrixLayoutDestroy(layout); }
    void operator()(cublasLtMatmulPreferenceOpaque_t* preference) const noexcept {
      cublasLtMatmulPreferenceDestroy(preference);
    }
  };
  using Layout = std::unique_ptr<cublasLtMatrixLayoutOpaque_t, Destroy>;
  struct Plan {
    Layout a, b, c;
    std::deque<std::optional<cublasLtMatmulAlgo_t>> algorithms;  ///< best first; nothing: the library's own choice
  };
  using Shape = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

  static Layout layout(cudaDataType type, std::int64_t rows, std::int64_t cols, std::int64_t ld);
  Plan& plan(const Shape& shape);

  Context& context_;
  Array<std::byte> workspace_;
  std::unique_ptr<cublasLtContext, Destroy> handle_;
  std::unique_ptr<cublasLtMatmulDescOpaque_t, Destroy> product_;
  std::unique_ptr<cublasLtMatmulPreferenceOpaque_t, Destroy> preference_;
  std::map<Shape, Plan> plans_;
};

}  // namespace eigenlens::cuda
