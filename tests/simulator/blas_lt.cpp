// SPDX-License-Identifier: Apache-2.0
// cuBLASLt for C = Aᵀ·B of 8-bit integers into 32-bit ones, with the rules that NVIDIA's documentation of
// cublasLtMatmul states for integer tensor cores and regular ordering: A transposed and B not; m, k and every leading
// dimension a multiple of 4; pointers aligned to 4 bytes; scalars of int32, 0 or 1. An algorithm wants its pointers as
// aligned as the preference says that it was found for: 256 bytes, if that says nothing.
#include <cublasLt.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "simulator/blas.hpp"

namespace eigenlens::simulator {
namespace {

struct LtHandle {};

struct LtDescription : cublasLtMatmulDescOpaque_t {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  std::int32_t op_a = CUBLAS_OP_N;
  std::int32_t op_b = CUBLAS_OP_N;
  std::int32_t pointers = CUBLASLT_POINTER_MODE_HOST;
  std::int32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
};

struct LtLayout : cublasLtMatrixLayoutOpaque_t {
  std::uint32_t type;
  std::uint64_t rows;
  std::uint64_t cols;
  std::int64_t ld;
  std::int32_t order = CUBLASLT_ORDER_COL;
  std::int32_t batches = 1;
  std::int64_t stride = 0;
};

struct LtPreference : cublasLtMatmulPreferenceOpaque_t {
  std::uint64_t workspace = 0;
  std::array<std::uint32_t, 4> alignments = {256, 256, 256, 256};  ///< of A, B, C, D
};

template <class Object>
Registry<Object>& registry() {
  static auto& instance = *new Registry<Object>;
  return instance;
}

void require_lt(cublasLtHandle_t handle) {
  if (!is_blas_handle(handle)) registry<LtHandle>().find(handle, "cuBLASLt handle");
}

template <class Value>
void set_value(Value& to, const void* from, std::size_t bytes) {
  require(from && bytes == sizeof(Value), "an attribute of another size");
  std::memcpy(&to, from, sizeof(Value));
}

void set_alignment(std::uint32_t& to, const void* from, std::size_t bytes) {
  set_value(to, from, bytes);
  require(to > 0 && to <= 256 && (to & (to - 1)) == 0, "an alignment that is no power of two up to 256");
}

[[noreturn]] void unsupported(const char* message) { throw LibraryRefusal{message, CUBLAS_STATUS_NOT_SUPPORTED}; }

/// The problem as the descriptors state it.
struct LtProblem {
  LtDescription what;
  LtLayout a;
  LtLayout b;
  LtLayout c;
  LtLayout d;

  [[nodiscard]] std::int64_t m() const { return static_cast<std::int64_t>(d.rows); }
  [[nodiscard]] std::int64_t n() const { return static_cast<std::int64_t>(d.cols); }
  [[nodiscard]] std::int64_t k() const { return static_cast<std::int64_t>(a.rows); }
};

LtProblem problem(cublasLtMatmulDesc_t what, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                  cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d) {
  auto& layouts = registry<LtLayout>();
  LtProblem p{registry<LtDescription>().find(what, "matmul descriptor"), layouts.find(a, "layout of A"),
              layouts.find(b, "layout of B"), layouts.find(c ? c : d, "layout of C"), layouts.find(d, "layout of D")};
  const bool a_plain = p.what.op_a == CUBLAS_OP_N;
  const bool b_plain = p.what.op_b == CUBLAS_OP_N;
  require((a_plain ? p.a.rows : p.a.cols) == p.d.rows, "op(A) and D disagree about m");
  require((b_plain ? p.b.cols : p.b.rows) == p.d.cols, "op(B) and D disagree about n");
  require((a_plain ? p.a.cols : p.a.rows) == (b_plain ? p.b.rows : p.b.cols), "op(A) and op(B) disagree about k");
  require(p.c.rows == p.d.rows && p.c.cols == p.d.cols, "C and D are of different sizes");
  require(p.a.batches == p.d.batches && p.b.batches == p.d.batches && p.c.batches == p.d.batches,
          "different numbers of matrices");
  return p;
}

void require_supported(const LtProblem& p) {
  if (p.what.compute != CUBLAS_COMPUTE_32I && p.what.compute != CUBLAS_COMPUTE_32I_PEDANTIC)
    unsupported("the simulator has cublasLtMatmul for CUBLAS_COMPUTE_32I only");
  if (p.what.scale != CUDA_R_32I || p.a.type != CUDA_R_8I || p.b.type != CUDA_R_8I || p.c.type != CUDA_R_32I ||
      p.d.type != CUDA_R_32I)
    unsupported("with CUBLAS_COMPUTE_32I: scale CUDA_R_32I, A and B CUDA_R_8I, C and D CUDA_R_32I");
  for (const LtLayout* layout : {&p.a, &p.b, &p.c, &p.d}) {
    if (layout->order != CUBLASLT_ORDER_COL) unsupported("an order that is not CUBLASLT_ORDER_COL");
    if (layout->ld % 4 != 0) unsupported("a leading dimension that is no multiple of 4");
  }
  if (p.what.op_a != CUBLAS_OP_T || p.what.op_b != CUBLAS_OP_N)
    unsupported("8-bit integers need op(A) = Aᵀ, op(B) = B");
  if (p.m() % 4 != 0 || p.k() % 4 != 0) unsupported("m or k is no multiple of 4");
  if (p.what.epilogue != CUBLASLT_EPILOGUE_DEFAULT) unsupported("an epilogue");
}

constexpr std::uint64_t algorithm_mark = 0x656967656e6c656eULL;
constexpr std::size_t algorithm_workspace = 1 << 20;
constexpr int alignment_bits = 9;  ///< for up to 256

/// What an algorithm found for a problem holds, so that it is not used for another: the last word is its `room`.
cublasLtMatmulAlgo_t algorithm_for(const LtProblem& p, std::uint64_t room) {
  const auto bits = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  return {{algorithm_mark, p.d.rows, p.d.cols, p.a.rows, bits(p.a.ld), bits(p.b.ld), bits(p.d.ld), room}};
}

/// The workspace that an algorithm needs, above the alignments of A, B, C and D.
std::uint64_t room_of(std::size_t workspace, const std::array<std::uint32_t, 4>& alignments) {
  std::uint64_t room = workspace;
  for (const std::uint32_t alignment : alignments) room = room << alignment_bits | alignment;
  return room;
}

Extent batch_extent(const void* data, const LtLayout& layout, const char* name, std::size_t size) {
  if (reinterpret_cast<std::uintptr_t>(data) % 4 != 0) unsupported("a pointer that is not aligned to 4 bytes");
  Extent one = matrix_extent(data, static_cast<std::int64_t>(layout.rows), static_cast<std::int64_t>(layout.cols),
                             layout.ld, name, size);
  if (one.bytes > 0) one.bytes += static_cast<std::size_t>(layout.stride * (layout.batches - 1)) * size;
  return one;
}

/// Sums modulo 2³², as the hardware's.
void multiply(const LtProblem& p, const std::int8_t* a, const std::int8_t* b, const std::int32_t* c, bool product,
              std::int32_t* d) {
  for (std::int64_t j = 0; j < p.n(); ++j)
    for (std::int64_t i = 0; i < p.m(); ++i) {
      const std::int8_t* x = a + i * p.a.ld;
      const std::int8_t* y = b + j * p.b.ld;
      std::uint32_t sum = 0;
      for (std::int64_t l = 0; l < p.k(); ++l) sum += static_cast<std::uint32_t>(x[l] * y[l]);
      if (!product) sum = 0;
      if (c) sum += static_cast<std::uint32_t>(c[i + j * p.c.ld]);
      d[i + j * p.d.ld] = static_cast<std::int32_t>(sum);
    }
}

std::int32_t integer_scalar(const LtProblem& p, const void* data) {
  if (p.what.pointers != CUBLASLT_POINTER_MODE_HOST) unsupported("the simulator reads alpha and beta on the host");
  require(data && !is_device(data), "a scalar that is not in host memory");
  std::int32_t value = 0;
  std::memcpy(&value, data, sizeof(value));
  if (value != 0 && value != 1) unsupported("with scale CUDA_R_32I alpha and beta are 0 or 1");
  return value;
}

struct LtOperands {
  const void* alpha;
  const void* a;
  const void* b;
  const void* beta;
  const void* c;
  void* d;
};

struct LtWorkspace {
  void* data;
  std::size_t bytes;
};

void matmul(const LtProblem& p, const LtOperands& with, const cublasLtMatmulAlgo_t* algo, const LtWorkspace& workspace,
            cudaStream_t stream) {
  require_supported(p);
  const bool product = integer_scalar(p, with.alpha) == 1;
  const bool keep = integer_scalar(p, with.beta) == 1;
  require(reinterpret_cast<std::uintptr_t>(workspace.data) % 256 == 0, "the workspace is not aligned to 256 bytes");
  if (algo) {
    const auto expected = algorithm_for(p, algo->data[7]);
    require(std::memcmp(algo->data, expected.data, sizeof(expected.data)) == 0, "an algorithm for another problem");
    std::uint64_t room = algo->data[7];
    for (const void* data : {static_cast<const void*>(with.d), with.c, with.b, with.a}) {
      if (reinterpret_cast<std::uintptr_t>(data) % (room & ((1U << alignment_bits) - 1)) != 0)
        unsupported("a pointer that is less aligned than the algorithm was asked for");
      room >>= alignment_bits;
    }
    require(workspace.bytes >= room, "less workspace than the algorithm needs");
  }
  std::vector<Extent> extents = {batch_extent(with.a, p.a, "A", 1),
                                 batch_extent(with.b, p.b, "B", 1),
                                 batch_extent(with.d, p.d, "D", 4),
                                 {workspace.data, workspace.bytes, "the workspace"}};
  if (keep) extents.push_back(batch_extent(with.c, p.c, "C", 4));
  const bool corrupt = injected_corruption("cublasLtMatmul");
  enqueue(stream, extents, [=] {
    const std::size_t dirty = algo ? std::min(workspace.bytes, algorithm_workspace) : 0;
    if (dirty > 0) std::memset(workspace.data, poison, dirty);
    for (std::int64_t i = 0; i < p.d.batches; ++i)
      multiply(p, static_cast<const std::int8_t*>(with.a) + i * p.a.stride,
               static_cast<const std::int8_t*>(with.b) + i * p.b.stride,
               keep ? static_cast<const std::int32_t*>(with.c) + i * p.c.stride : nullptr, product,
               static_cast<std::int32_t*>(with.d) + i * p.d.stride);
    if (corrupt) static_cast<std::int32_t*>(with.d)[p.d.rows / 2] += 1;
  });
}

template <class Object>
cublasStatus_t give_back(void* object, const char* kind) {
  const std::lock_guard lock(mutex());
  if (!registry<Object>().contains(object)) return CUBLAS_STATUS_INVALID_VALUE;
  registry<Object>().remove(object, kind);
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace
}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cublasStatus_t CUBLASWINAPI cublasLtCreate(cublasLtHandle_t* handle) {
  return blas_call("cublasLtCreate", [&] {
    require(handle, "nowhere to put the handle");
    *handle = reinterpret_cast<cublasLtHandle_t>(registry<LtHandle>().add(new LtHandle));
  });
}

cublasStatus_t CUBLASWINAPI cublasLtDestroy(cublasLtHandle_t handle) {
  return give_back<LtHandle>(handle, "cuBLASLt handle");
}

std::size_t CUBLASWINAPI cublasLtGetVersion() { return CUBLAS_VERSION; }

cublasStatus_t CUBLASWINAPI cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* description, cublasComputeType_t compute,
                                                     cudaDataType_t scale) {
  return blas_call("cublasLtMatmulDescCreate", [&] {
    *description = registry<LtDescription>().add(new LtDescription{{}, compute, scale});
  });
}

cublasStatus_t CUBLASWINAPI cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t description) {
  return give_back<LtDescription>(description, "matmul descriptor");
}

cublasStatus_t CUBLASWINAPI cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t description,
                                                           cublasLtMatmulDescAttributes_t attribute, const void* value,
                                                           std::size_t bytes) {
  return blas_call("cublasLtMatmulDescSetAttribute", [&] {
    auto& set = registry<LtDescription>().find(description, "matmul descriptor");
    switch (attribute) {
      case CUBLASLT_MATMUL_DESC_TRANSA:
        return set_value(set.op_a, value, bytes);
      case CUBLASLT_MATMUL_DESC_TRANSB:
        return set_value(set.op_b, value, bytes);
      case CUBLASLT_MATMUL_DESC_POINTER_MODE:
        return set_value(set.pointers, value, bytes);
      case CUBLASLT_MATMUL_DESC_EPILOGUE:
        return set_value(set.epilogue, value, bytes);
      default:
        unsupported("an attribute of a product that the simulator does not know");
    }
  });
}

cublasStatus_t CUBLASWINAPI cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType type, uint64_t rows,
                                                       uint64_t cols, int64_t ld) {
  return blas_call("cublasLtMatrixLayoutCreate", [&] {
    *layout = registry<LtLayout>().add(new LtLayout{{}, static_cast<std::uint32_t>(type), rows, cols, ld});
  });
}

cublasStatus_t CUBLASWINAPI cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  return give_back<LtLayout>(layout, "layout");
}

cublasStatus_t CUBLASWINAPI cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                             cublasLtMatrixLayoutAttribute_t attribute,
                                                             const void* value, std::size_t bytes) {
  return blas_call("cublasLtMatrixLayoutSetAttribute", [&] {
    auto& set = registry<LtLayout>().find(layout, "layout");
    switch (attribute) {
      case CUBLASLT_MATRIX_LAYOUT_TYPE:
        return set_value(set.type, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_ORDER:
        return set_value(set.order, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_ROWS:
        return set_value(set.rows, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_COLS:
        return set_value(set.cols, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_LD:
        return set_value(set.ld, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT:
        return set_value(set.batches, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET:
        return set_value(set.stride, value, bytes);
      default:
        unsupported("an attribute of a layout that the simulator does not know");
    }
  });
}

cublasStatus_t CUBLASWINAPI cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  return blas_call("cublasLtMatmulPreferenceCreate",
                   [&] { *preference = registry<LtPreference>().add(new LtPreference{}); });
}

cublasStatus_t CUBLASWINAPI cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  return give_back<LtPreference>(preference, "preference");
}

cublasStatus_t CUBLASWINAPI cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                                 cublasLtMatmulPreferenceAttributes_t attribute,
                                                                 const void* value, std::size_t bytes) {
  return blas_call("cublasLtMatmulPreferenceSetAttribute", [&] {
    auto& set = registry<LtPreference>().find(preference, "preference");
    switch (attribute) {
      case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
        return set_value(set.workspace, value, bytes);
      case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
      case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
      case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
      case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
        return set_alignment(
            set.alignments[static_cast<std::size_t>(attribute) - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES], value,
            bytes);
      default:
        unsupported("a preference that the simulator does not know");
    }
  });
}

cublasStatus_t CUBLASWINAPI cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t description,
                                                           cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                                           cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                                           cublasLtMatmulPreference_t preference, int asked,
                                                           cublasLtMatmulHeuristicResult_t results[], int* found) {
  return blas_call("cublasLtMatmulAlgoGetHeuristic", [&] {
    require_lt(handle);
    require(asked > 0 && results && found, "nowhere to put algorithms");
    *found = 0;
    const LtProblem p = problem(description, a, b, c, d);
    require_supported(p);
    const auto& wish = registry<LtPreference>().find(preference, "preference");
    const std::size_t workspace = wish.workspace >= algorithm_workspace ? algorithm_workspace : 0;
    results[0] = {algorithm_for(p, room_of(workspace, wish.alignments)), workspace, CUBLAS_STATUS_SUCCESS, 1, {}};
    *found = 1;
  });
}

cublasStatus_t CUBLASWINAPI cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t description, const void* alpha,
                                           const void* a, cublasLtMatrixLayout_t layout_a, const void* b,
                                           cublasLtMatrixLayout_t layout_b, const void* beta, const void* c,
                                           cublasLtMatrixLayout_t layout_c, void* d, cublasLtMatrixLayout_t layout_d,
                                           const cublasLtMatmulAlgo_t* algo, void* workspace, std::size_t bytes,
                                           cudaStream_t stream) {
  return blas_call("cublasLtMatmul", [&] {
    require_lt(handle);
    require_stream(stream);
    matmul(problem(description, layout_a, layout_b, layout_c, layout_d), {alpha, a, b, beta, c, d}, algo,
           {workspace, bytes}, stream);
  });
}
