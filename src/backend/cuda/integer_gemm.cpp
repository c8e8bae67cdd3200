// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/integer_gemm.hpp"

#include <fmt/format.h>

#include "eigenlens/error.hpp"

namespace eigenlens::cuda {

IntegerGemm::IntegerGemm(Context& context)
    : context_(context), workspace_(context.allocate<std::byte>(workspace_bytes)) {
  cublasLtHandle_t handle = nullptr;
  check(cublasLtCreate(&handle), "cublasLtCreate");
  handle_.reset(handle);
  cublasLtMatmulDesc_t product = nullptr;
  check(cublasLtMatmulDescCreate(&product, CUBLAS_COMPUTE_32I, CUDA_R_32I), "cublasLtMatmulDescCreate");
  product_.reset(product);
  const cublasOperation_t transposed = CUBLAS_OP_T;
  check(cublasLtMatmulDescSetAttribute(product, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof(transposed)),
        "cublasLtMatmulDescSetAttribute");
  cublasLtMatmulPreference_t preference = nullptr;
  check(cublasLtMatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate");
  preference_.reset(preference);
  const std::size_t workspace = workspace_bytes;
  check(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace,
                                             sizeof(workspace)),
        "cublasLtMatmulPreferenceSetAttribute");
}

IntegerGemm::Layout IntegerGemm::layout(cudaDataType type, std::int64_t rows, std::int64_t cols, std::int64_t ld) {
  cublasLtMatrixLayout_t made = nullptr;
  check(cublasLtMatrixLayoutCreate(&made, type, static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(cols), ld),
        "cublasLtMatrixLayoutCreate");
  return Layout(made);
}

const IntegerGemm::Plan& IntegerGemm::plan(const Shape& shape) {
  if (const auto found = plans_.find(shape); found != plans_.end()) return found->second;
  const auto [m, n, k, ldab, ldc] = shape;
  Plan plan{layout(CUDA_R_8I, k, m, ldab), layout(CUDA_R_8I, k, n, ldab), layout(CUDA_R_32I, m, n, ldc), {}};
  cublasLtMatmulHeuristicResult_t best{};
  int found = 0;
  check(cublasLtMatmulAlgoGetHeuristic(handle_.get(), product_.get(), plan.a.get(), plan.b.get(), plan.c.get(),
                                       plan.c.get(), preference_.get(), 1, &best, &found),
        "cublasLtMatmulAlgoGetHeuristic of int8");
  if (found == 0)
    throw Error(ErrorCode::device,
                fmt::format("cuBLASLt has no int8 product for {} × {} × {} on cuda:{}", m, n, k, context_.device()));
  check(best.state, "cublasLtMatmulAlgoGetHeuristic of int8");
  plan.algorithm = best.algo;
  return plans_.emplace(shape, std::move(plan)).first->second;
}

void IntegerGemm::multiply(std::int64_t m, std::int64_t n, std::int64_t k, const std::int8_t* a, const std::int8_t* b,
                           std::int64_t ldab, std::int32_t beta, std::int32_t* c, std::int64_t ldc) {
  const Plan& of = plan({m, n, k, ldab, ldc});
  const std::int32_t one = 1;
  check(cublasLtMatmul(handle_.get(), product_.get(), &one, a, of.a.get(), b, of.b.get(), &beta, c, of.c.get(), c,
                       of.c.get(), &of.algorithm, workspace_.data(), static_cast<std::size_t>(workspace_bytes),
                       context_.main().raw()),
        "cublasLtMatmul of int8");
}

}  // namespace eigenlens::cuda
