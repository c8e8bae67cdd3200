// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/tridiagonal_route.hpp"

#include <algorithm>

#include "backend/cuda/eigen_solvers.hpp"
#include "host/index.hpp"
#include "kernels/reflector_block.hpp"
#include "kernels/reversed_columns.hpp"
#include "kernels/tridiagonal_reduction.hpp"
#include "kernels/twisted_vectors.hpp"

namespace eigenlens::cuda {
namespace {

using kernels::panel_width;

/// Columns of the trailing matrix in one product: few launches, and little of the upper triangle.
constexpr std::int64_t update_columns = 256;
/// Reflectors applied together.
constexpr std::int64_t block_width = 128;
/// Vectors made at once.
constexpr std::int64_t vector_columns = 1024;

std::int64_t vectors_room(std::int64_t n) { return kernels::twisted_room(n, std::min(n, vector_columns)); }
std::int64_t block_room(std::int64_t n) { return block_width * (2 * n + block_width); }

/// A batch on its way through the steps, and the memory that all of them share.
class Route {
 public:
  Route(Context& context, std::int64_t n, std::span<double* const> a, std::span<double* const> z)
      : context_(context),
        n_(n),
        lanes_(static_cast<std::int64_t>(a.size())),
        a_(a.begin(), a.end()),
        z_(z.begin(), z.end()),
        matrices_(context.uploaded<double*>(a_)),
        panel_(context.allocate<double>(lanes_ * 3 * panel_width * n)),
        partial_(context.allocate<double>(lanes_ * kernels::product_tiles(n) * n)),
        vectors_(context.allocate<double>(lanes_ * n * vector_count)),
        sums_(context.allocate<double>(lanes_ * 2 * (kernels::reduction_blocks(n) + panel_width))),
        shifts_(context.allocate<kernels::Shift>(lanes_)),
        unresolved_(context.allocate<int>(lanes_)) {}

  void reduce();
  void find_values();
  void find_vectors();
  /// Reads what was found; lanes with vectors missing are solved by the library.
  std::vector<TridiagonalAnswer> answers();
  void back_transform(const std::vector<TridiagonalAnswer>& answers);

 private:
  /// d, e, τ, τAv, pivots, ratios, values
  static constexpr std::int64_t vector_count = 7;

  [[nodiscard]] double* vectors(std::int64_t which) const { return vectors_.data() + which * lanes_ * n_; }
  [[nodiscard]] kernels::Reduction reduction() const;
  [[nodiscard]] kernels::TridiagonalBatch batch() const;
  [[nodiscard]] std::vector<double*> update_pointers() const;
  void solve_by_library(std::int64_t lane, TridiagonalAnswer& answer);
  void apply_block(Lane& lane, std::int64_t l, std::int64_t first);

  Context& context_;
  std::int64_t n_, lanes_;
  std::vector<double*> a_, z_;
  Array<double*> matrices_;
  Array<double> panel_, partial_, vectors_, sums_;
  Array<kernels::Shift> shifts_;
  Array<int> unresolved_;
};

kernels::Reduction Route::reduction() const {
  return {.n = n_,
          .lanes = lanes_,
          .a = matrices_.data(),
          .panel = panel_.data(),
          .partial = partial_.data(),
          .raw = vectors(3),
          .sums = sums_.data(),
          .dots = sums_.data() + 2 * lanes_ * kernels::reduction_blocks(n_),
          .d = vectors(0),
          .e = vectors(1),
          .tau = vectors(2)};
}

kernels::TridiagonalBatch Route::batch() const {
  return {.n = n_,
          .lanes = lanes_,
          .d = vectors(0),
          .e = vectors(1),
          .pivots = vectors(4),
          .ratios = vectors(5),
          .shifts = shifts_.data(),
          .values = vectors(6),
          .unresolved = unresolved_.data()};
}

/// For every product of the trailing updates, in their order: a pointer a lane to [V, W], to [W, V] and to A.
std::vector<double*> Route::update_pointers() const {
  std::vector<double*> all;
  for (std::int64_t end = panel_width; end < n_; end += panel_width)
    for (std::int64_t c = end; c < n_; c += update_columns) {
      for (const std::int64_t column : {std::int64_t{0}, panel_width})
        for (std::int64_t l = 0; l < lanes_; ++l)
          all.push_back(panel_.data() + (l * 3 * panel_width + column) * n_ + c);
      for (double* matrix : a_) all.push_back(matrix + c + c * n_);
    }
  return all;
}

void Route::reduce() {
  const kernels::Reduction r = reduction();
  Lane& main = context_.main();
  const Array<double*> pointers = context_.uploaded<double*>(update_pointers());
  double** next = pointers.data();
  const double one = 1, minus = -1;
  for (std::int64_t first = 0; first < n_; first += panel_width) {
    const std::int64_t end = std::min(first + panel_width, n_);
    for (std::int64_t j = first; j < end; ++j)
      check_launch(kernels::reduce_column(r, j, j - first, main.raw()), "reduce_column");
    if (end == n_) break;
    check_launch(kernels::finish_panel(r, end - 1, panel_width, main.raw()), "finish_panel");
    for (std::int64_t c = end; c < n_; c += update_columns, next += 3 * lanes_)
      check(cublasDgemmBatched_64(main.blas(), CUBLAS_OP_N, CUBLAS_OP_T, n_ - c, std::min(update_columns, n_ - c),
                                  2 * panel_width, &minus, next, n_, next + lanes_, n_, &one, next + 2 * lanes_, n_,
                                  lanes_),
            "cublasDgemmBatched");
  }
}

void Route::find_values() {
  const cudaStream_t stream = context_.main().raw();
  check_launch(kernels::factor_tridiagonal(batch(), stream), "factor_tridiagonal");
  check_launch(kernels::tridiagonal_values(batch(), stream), "tridiagonal_values");
}

void Route::find_vectors() {
  const kernels::TridiagonalBatch b = batch();
  context_.for_lanes(z_.size(), [&](Lane& lane, std::size_t l) {
    auto* room = static_cast<double*>(lane.room().get(at(vectors_room(n_)) * sizeof(double)));
    const auto number = static_cast<std::int64_t>(l);
    for (std::int64_t first = 0; first < n_; first += vector_columns)
      check_launch(
          kernels::twisted_vectors(b, number, first, std::min(vector_columns, n_ - first), room, z_[l], lane.raw()),
          "twisted_vectors");
    check_launch(kernels::separate_clusters(b, number, z_[l], lane.raw()), "separate_clusters");
  });
}

/// Z ← eigenvectors of T, as an array with zeros.
void Route::solve_by_library(std::int64_t l, TridiagonalAnswer& answer) {
  Lane& main = context_.main();
  double* z = z_[at(l)];
  const std::size_t size = sizeof(double);
  const Array<double> values = context_.allocate<double>(n_);
  const Array<int> info = context_.allocate<int>(1);
  check(cudaMemsetAsync(z, 0, at(n_ * n_) * size, main.raw()), "cudaMemsetAsync");
  const auto fill = [&](double* to, const double* from, std::int64_t count) {
    check(cudaMemcpy2DAsync(to, at(n_ + 1) * size, from, size, size, at(count), cudaMemcpyDeviceToDevice, main.raw()),
          "cudaMemcpy2DAsync");
  };
  fill(z, vectors(0) + l * n_, n_);
  if (n_ > 1) fill(z + 1, vectors(1) + l * n_, n_ - 1);
  syevd(main, n_, z, values.data(), info.data());
  context_.download(values.data(), n_, answer.descending.data());
  context_.download(info.data(), 1, &answer.info);
  std::reverse(answer.descending.begin(), answer.descending.end());
}

std::vector<TridiagonalAnswer> Route::answers() {
  std::vector<TridiagonalAnswer> all(a_.size());
  std::vector<kernels::Shift> shifts(a_.size());
  std::vector<int> unresolved(a_.size());
  context_.download(shifts_.data(), lanes_, shifts.data());
  context_.download(unresolved_.data(), lanes_, unresolved.data());
  for (std::size_t l = 0; l < all.size(); ++l) {
    TridiagonalAnswer& answer = all[l];
    answer.unresolved = unresolved[l];
    answer.descending.resize(at(n_));
    double sigma = shifts[l].sigma;
    const auto lane = static_cast<std::int64_t>(l);
    if (answer.unresolved == 0) {
      answer.positive = sigma == 0;
      context_.download(vectors(6) + lane * n_, n_, answer.descending.data());
    } else {
      sigma = 0;
      solve_by_library(lane, answer);
    }
    for (double& value : answer.descending) value = (value + sigma) / shifts[l].scale;
  }
  return all;
}

/// Z ← (I − V Y Vᵀ) Z.
void Route::apply_block(Lane& lane, std::int64_t l, std::int64_t first) {
  const std::int64_t width = std::min(block_width, n_ - 1 - first), rows = n_ - first - 1;
  const double *a = a_[at(l)], *tau = vectors(2) + l * n_;
  double *v = static_cast<double*>(lane.room().get(at(block_room(n_)) * sizeof(double))), *w = v + block_width * n_,
         *inverse = w + block_width * n_, *z = z_[at(l)] + first + 1;
  const double one = 1, zero = 0, minus = -1;
  check_launch(kernels::reflector_block(a, tau, n_, first, width, v, lane.raw()), "reflector_block");
  check(cublasDgemm_64(lane.blas(), CUBLAS_OP_T, CUBLAS_OP_N, width, width, rows, &one, v, rows, v, rows, &zero,
                       inverse, width),
        "cublasDgemm");
  check_launch(kernels::reflector_diagonal(tau, first, width, inverse, lane.raw()), "reflector_diagonal");
  check(cublasDgemm_64(lane.blas(), CUBLAS_OP_T, CUBLAS_OP_N, width, n_, rows, &one, v, rows, z, n_, &zero, w, width),
        "cublasDgemm");
  check(cublasDtrsm_64(lane.blas(), CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_UPPER, CUBLAS_OP_N, CUBLAS_DIAG_NON_UNIT, width,
                       n_, &one, inverse, width, w, width),
        "cublasDtrsm");
  check(cublasDgemm_64(lane.blas(), CUBLAS_OP_N, CUBLAS_OP_N, rows, n_, width, &minus, v, rows, w, width, &one, z, n_),
        "cublasDgemm");
}

void Route::back_transform(const std::vector<TridiagonalAnswer>& answers) {
  context_.for_lanes(z_.size(), [&](Lane& lane, std::size_t l) {
    for (std::int64_t first = (n_ - 2) / block_width * block_width; n_ > 1 && first >= 0; first -= block_width)
      apply_block(lane, static_cast<std::int64_t>(l), first);
    if (answers[l].unresolved == 0) return;
    // The library's are ascending; A is not needed any more.
    check_launch(kernels::reversed_columns(n_, n_, z_[l], a_[l], lane.raw()), "reversed_columns");
    check(cudaMemcpyAsync(z_[l], a_[l], at(n_ * n_) * sizeof(double), cudaMemcpyDeviceToDevice, lane.raw()),
          "cudaMemcpyAsync on the device");
  });
}

}  // namespace

std::vector<TridiagonalAnswer> tridiagonal_eigen(Context& context, std::int64_t n, std::span<double* const> a,
                                                 std::span<double* const> z, const TridiagonalObserver& done) {
  Route route(context, n, a, z);
  route.reduce();
  done("reduction");
  route.find_values();
  done("eigenvalues");
  route.find_vectors();
  std::vector<TridiagonalAnswer> answers = route.answers();
  done("vectors");
  route.back_transform(answers);
  done("way back");
  return answers;
}

std::int64_t tridiagonal_bytes(std::int64_t n) {
  const std::int64_t updates = (n / panel_width + 1) * (n / update_columns + 2) / 2 + 1;
  return 8 * (n * (3 * panel_width + kernels::product_tiles(n) + 8) + 4 * panel_width + 3 * updates +
              std::max(vectors_room(n), block_room(n)));
}

}  // namespace eigenlens::cuda
