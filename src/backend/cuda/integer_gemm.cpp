// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/integer_gemm.hpp"

#include <array>

namespace eigenlens::cuda {
namespace {

/// How many algorithms are asked for.
constexpr int most_algorithms = 4;

}  // namespace

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

/// The handle holds memory of the device; where that is gone, it went with it.
IntegerGemm::~IntegerGemm() {
  const CurrentDevice here(context_.device(), std::nothrow);
  if (here.reached())
    handle_.reset();
  else
    static_cast<void>(handle_.release());
}

IntegerGemm::Layout IntegerGemm::layout(cudaDataType type, std::int64_t rows, std::int64_t cols, std::int64_t ld) {
  cublasLtMatrixLayout_t made = nullptr;
  check(cublasLtMatrixLayoutCreate(&made, type, static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(cols), ld),
        "cublasLtMatrixLayoutCreate");
  return Layout(made);
}

IntegerGemm::Plan& IntegerGemm::plan(const Shape& shape) {
  if (const auto found = plans_.find(shape); found != plans_.end()) return found->second;
  const auto [m, n, k, ldab, ldc] = shape;
  Plan plan{layout(CUDA_R_8I, k, m, ldab), layout(CUDA_R_8I, k, n, ldab), layout(CUDA_R_32I, m, n, ldc), {}};
  std::array<cublasLtMatmulHeuristicResult_t, most_algorithms> best{};
  int found = 0;
  const cublasStatus_t status =
      cublasLtMatmulAlgoGetHeuristic(handle_.get(), product_.get(), plan.a.get(), plan.b.get(), plan.c.get(),
                                     plan.c.get(), preference_.get(), most_algorithms, best.data(), &found);
  if (status != CUBLAS_STATUS_NOT_SUPPORTED) check(status, "cublasLtMatmulAlgoGetHeuristic of int8");
  for (int i = 0; status == CUBLAS_STATUS_SUCCESS && i < found; ++i)
    if (best[static_cast<std::size_t>(i)].state == CUBLAS_STATUS_SUCCESS)
      plan.algorithms.emplace_back(best[static_cast<std::size_t>(i)].algo);
  plan.algorithms.emplace_back(std::nullopt);
  return plans_.emplace(shape, std::move(plan)).first->second;
}

void IntegerGemm::multiply(std::int64_t m, std::int64_t n, std::int64_t k, const std::int8_t* a, const std::int8_t* b,
                           std::int64_t ldab, std::int32_t beta, std::int32_t* c, std::int64_t ldc) {
  Plan& of = plan({m, n, k, ldab, ldc});
  const std::int32_t one = 1;
  for (;;) {
    const std::optional<cublasLtMatmulAlgo_t>& algorithm = of.algorithms.front();
    const cublasStatus_t status =
        cublasLtMatmul(handle_.get(), product_.get(), &one, a, of.a.get(), b, of.b.get(), &beta, c, of.c.get(), c,
                       of.c.get(), algorithm ? &*algorithm : nullptr, algorithm ? workspace_.data() : nullptr,
                       algorithm ? static_cast<std::size_t>(workspace_bytes) : 0, context_.main().raw());
    if (status != CUBLAS_STATUS_NOT_SUPPORTED || of.algorithms.size() == 1)
      return check(status, "cublasLtMatmul of int8");
    of.algorithms.pop_front();  // nothing was queued
  }
}

}  // namespace eigenlens::cuda
