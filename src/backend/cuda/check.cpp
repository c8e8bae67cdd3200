// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/check.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "eigenlens/error.hpp"

namespace eigenlens::cuda {
namespace {

/// "backend/cuda/lane.cpp:40"
std::string place(const Where& where) {
  std::string_view file = where.file_name();
  const auto at = file.rfind("src/");
  if (at != std::string_view::npos) file.remove_prefix(at + 4);
  return fmt::format("{}:{}", file, where.line());
}

[[noreturn]] void fail(ErrorCode code, const char* call, std::string_view status, const Where& where) {
  int device = -1;
  if (cudaGetDevice(&device) != cudaSuccess) device = -1;
  cudaGetLastError();  // a status that is not sticky must not answer for the next launch
  throw Error(code, fmt::format("{} failed on cuda:{}: {} ({})", call, device, status, place(where)));
}

}  // namespace

const char* status_name(cusolverStatus_t status) {
  switch (status) {
    case CUSOLVER_STATUS_SUCCESS:
      return "CUSOLVER_STATUS_SUCCESS";
    case CUSOLVER_STATUS_NOT_INITIALIZED:
      return "CUSOLVER_STATUS_NOT_INITIALIZED";
    case CUSOLVER_STATUS_ALLOC_FAILED:
      return "CUSOLVER_STATUS_ALLOC_FAILED";
    case CUSOLVER_STATUS_INVALID_VALUE:
      return "CUSOLVER_STATUS_INVALID_VALUE";
    case CUSOLVER_STATUS_ARCH_MISMATCH:
      return "CUSOLVER_STATUS_ARCH_MISMATCH";
    case CUSOLVER_STATUS_EXECUTION_FAILED:
      return "CUSOLVER_STATUS_EXECUTION_FAILED";
    case CUSOLVER_STATUS_INTERNAL_ERROR:
      return "CUSOLVER_STATUS_INTERNAL_ERROR";
    case CUSOLVER_STATUS_NOT_SUPPORTED:
      return "CUSOLVER_STATUS_NOT_SUPPORTED";
    case CUSOLVER_STATUS_INVALID_WORKSPACE:
      return "CUSOLVER_STATUS_INVALID_WORKSPACE";
    default:
      return "another cuSOLVER status";
  }
}

void check(cudaError_t status, const char* call, const Where& where) {
  if (status == cudaSuccess) return;
  const auto text = fmt::format("{} ({})", cudaGetErrorString(status), cudaGetErrorName(status));
  fail(status == cudaErrorMemoryAllocation ? ErrorCode::memory : ErrorCode::device, call, text, where);
}

void check(cublasStatus_t status, const char* call, const Where& where) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail(status == CUBLAS_STATUS_ALLOC_FAILED ? ErrorCode::memory : ErrorCode::device, call,
       cublasGetStatusString(status), where);
}

void check(cusolverStatus_t status, const char* call, const Where& where) {
  if (status == CUSOLVER_STATUS_SUCCESS) return;
  const auto text = fmt::format("{} ({})", status_name(status), static_cast<int>(status));
  fail(status == CUSOLVER_STATUS_ALLOC_FAILED ? ErrorCode::memory : ErrorCode::device, call, text, where);
}

void check_launch(int status, const char* kernel, const Where& where) {
  check(static_cast<cudaError_t>(status), kernel, where);
}

}  // namespace eigenlens::cuda
