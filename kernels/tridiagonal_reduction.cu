// SPDX-License-Identifier: Apache-2.0
// A = QTQᵀ, column by column of a panel, for all lanes (grid y) in the same three launches: the column brought up to
// date, 256 rows a block; Av by tiles of 64 × 64 of the lower triangle, each read once for both of its products, beside
// a block for each of the 2i inner products with V and W; and their sum. Bytes moved: 4(n − j)² a column and lane, the
// lower triangle once, which is all of 4n³/3. The library reduces one matrix at a time, waits between columns, and its
// symv without atomics reads twice as much.
#include "kernels/block_tree.cuh"
#include "kernels/launch_grid.cuh"
#include "kernels/tridiagonal_reduction.hpp"

namespace eigenlens::kernels {
namespace {

constexpr int threads = 256;
constexpr int tile = static_cast<int>(product_tile);
constexpr int groups = threads / tile, each = tile / groups;
static_assert(threads == reduction_rows);

/// One lane's part of a Reduction, at column j.
struct Place {
  std::int64_t n, j;
  double *a, *v, *w, *again, *partial, *raw, *squares, *products, *dots, *d, *e, *tau;

  __device__ Place(const Reduction& r, std::int64_t column) : n(r.n), j(column) {
    const std::int64_t lane = blockIdx.y, blocks = reduction_blocks(n);
    a = r.a[lane];
    v = r.panel + lane * 3 * panel_width * n;
    w = v + panel_width * n;
    again = w + panel_width * n;
    partial = r.partial + lane * product_tiles(n) * n;
    raw = r.raw + lane * n;
    squares = r.sums + lane * 2 * blocks;
    products = squares + blocks;
    dots = r.dots + lane * 2 * panel_width;
    d = r.d + lane * n;
    e = r.e + lane * n;
    tau = r.tau + lane * n;
  }
  __device__ Reflector reflector() const {
    double square = 0;
    for (std::int64_t b = 0; b < reduction_blocks(n - j); ++b) square += squares[b];
    return reflector_of(a[j + 1 + j * n], square);
  }
  /// ½τ(τAv)ᵀv of column j.
  __device__ double half_product() const {
    double product = 0;
    for (std::int64_t b = 0; b < reduction_blocks(n - j - 1); ++b) product += products[b];
    return tau[j] * product / 2;
  }
  __device__ double v_entry(const Reflector& h, std::int64_t i) const {
    if (i <= j || i >= n) return 0;
    return i == j + 1 ? 1 : a[i + j * n] * h.scale;
  }
};

__global__ void finish_kernel(Reduction r, std::int64_t j, std::int64_t done) {
  const Place at(r, j);
  const std::int64_t i = j + 1 + static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x, k = (done - 1) * at.n;
  if (i < at.n) at.w[i + k] = at.raw[i] - at.half_product() * at.v[i + k];
}

__global__ void column_kernel(Reduction r, std::int64_t j, std::int64_t done) {
  __shared__ double room[threads];
  const Place at(r, j);
  const std::int64_t n = at.n, i = j + static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  double square = 0;
  if (i < n) {
    double value = at.a[i + j * n];
    if (done > 0) {  // w of the column before is not in the panel yet; row j of it may be another block's
      const std::int64_t last = (done - 1) * n;
      const double half = Place(r, j - 1).half_product();
      const double w_i = at.raw[i] - half * at.v[i + last], w_j = at.raw[j] - half * at.v[j + last];
      at.w[i + last] = w_i;
      for (std::int64_t p = 0; p < last; p += n) value -= at.v[i + p] * at.w[j + p] + at.w[i + p] * at.v[j + p];
      value -= at.v[i + last] * w_j + w_i * at.v[j + last];
      at.a[i + j * n] = value;
    }
    if (i == j) at.d[j] = value;
    if (i > j + 1) square = value * value;
  }
  square = block_tree(square, room, Sum{});
  if (threadIdx.x == 0) at.squares[blockIdx.x] = square;
}

/// Both products of a tile: its rows', and, below the diagonal, its columns'. All of a thread's entries are asked for
/// before anything waits: for the reflector first.
__device__ void multiply_tile(const Place& at, std::int64_t first, TilePlace place) {
  __shared__ double values[tile * (tile + 1)];
  __shared__ double v_rows[tile], v_columns[tile], along[threads], down[threads];
  const int t = static_cast<int>(threadIdx.x), lane = t % tile, group = t / tile;
  const std::int64_t n = at.n, row = (first + place.row) * tile, column = (first + place.column) * tile;
  const std::int64_t i = row + lane, below = i < n ? i - column - group : -1;  // columns of this thread up to i
  const double* entry = at.a + i + (column + group) * n;
  double held[each], sum = 0;
#pragma unroll
  for (int q = 0; q < each; ++q) held[q] = q * groups <= below ? entry[q * groups * n] : 0;
  const Reflector h = at.reflector();
  if (t < tile) v_rows[t] = at.v_entry(h, row + t);
  if (t >= tile && t < 2 * tile) v_columns[lane] = at.v_entry(h, column + lane);
  __syncthreads();
#pragma unroll
  for (int q = 0; q < each; ++q) {
    const int c = group + q * groups;
    values[lane + c * (tile + 1)] = held[q];
    sum += held[q] * v_columns[c];
  }
  along[t] = sum;
  __syncthreads();
  const bool diagonal = place.row == place.column;
  sum = 0;
#pragma unroll
  for (int q = 0; q < each; ++q) {
    const int r = group + q * groups;
    if (!diagonal || r != lane) sum += values[r + lane * (tile + 1)] * v_rows[r];
  }
  down[t] = sum;
  __syncthreads();
  if (t >= tile) return;
  double rows = 0, columns = 0;
  for (int g = 0; g < groups; ++g) {
    rows += along[t + g * tile];
    columns += down[t + g * tile];
  }
  if (diagonal) rows += columns;
  if (row + t < n) at.partial[row + t + (first + place.column) * n] = rows;
  if (!diagonal) at.partial[column + t + (first + place.row) * n] = columns;
}

/// Number `index` of Wᵀv and then Vᵀv, of `done` each.
__device__ void multiply_panel(const Place& at, std::int64_t index, std::int64_t done) {
  __shared__ double room[threads];
  const Reflector h = at.reflector();
  const std::int64_t p = index % done;
  const double* column = (index < done ? at.w : at.v) + p * at.n;
  double sum = 0;
  for (std::int64_t i = at.j + 1 + threadIdx.x; i < at.n; i += threads) sum += column[i] * at.v_entry(h, i);
  sum = block_tree(sum, room, Sum{});
  if (threadIdx.x == 0) at.dots[p + (index < done ? 0 : panel_width)] = sum;
}

__global__ void product_kernel(Reduction r, std::int64_t j, std::int64_t done) {
  const Place at(r, j);
  const std::int64_t first = (j + 1) / tile, count = product_tiles(at.n) - first, tiles = count * (count + 1) / 2;
  const std::int64_t block = blockIdx.x;
  if (block < tiles)
    multiply_tile(at, first, tile_place(block));
  else
    multiply_panel(at, block - tiles, done);
}

__global__ void sum_kernel(Reduction r, std::int64_t j, std::int64_t done) {
  __shared__ double room[threads];
  const Place at(r, j);
  const Reflector h = at.reflector();
  const std::int64_t n = at.n, i = j + 1 + static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  double product = 0;
  if (i < n) {
    double y = 0;
    for (std::int64_t t = (j + 1) / tile; t < product_tiles(n); ++t) y += at.partial[i + t * n];
    for (std::int64_t p = 0; p < done; ++p)
      y -= at.v[i + p * n] * at.dots[p] + at.w[i + p * n] * at.dots[p + panel_width];
    const double v = at.v_entry(h, i);
    at.raw[i] = h.tau * y;
    at.v[i + done * n] = at.again[i + done * n] = v;
    if (i > j + 1) at.a[i + j * n] = v;
    product = h.tau * y * v;
  }
  product = block_tree(product, room, Sum{});
  if (threadIdx.x != 0) return;
  at.products[blockIdx.x] = product;
  if (blockIdx.x == 0) {
    at.e[j] = h.beta;
    at.tau[j] = h.tau;
  }
}

}  // namespace

Status reduce_column(const Reduction& reduction, std::int64_t j, std::int64_t done, Stream stream) {
  const std::int64_t n = reduction.n;
  const auto lanes = static_cast<unsigned>(reduction.lanes);
  Status status = launch(stream, dim3(blocks_x(n - j, threads), lanes), threads, column_kernel, reduction, j, done);
  if (status != cudaSuccess || j == n - 1) return status;
  const std::int64_t count = product_tiles(n) - (j + 1) / tile, blocks = count * (count + 1) / 2 + 2 * done;
  status = launch(stream, dim3(blocks_x(blocks, 1), lanes), threads, product_kernel, reduction, j, done);
  if (status != cudaSuccess) return status;
  return launch(stream, dim3(blocks_x(n - j - 1, threads), lanes), threads, sum_kernel, reduction, j, done);
}

Status finish_panel(const Reduction& reduction, std::int64_t j, std::int64_t done, Stream stream) {
  return launch(stream, dim3(blocks_x(reduction.n - j - 1, threads), static_cast<unsigned>(reduction.lanes)), threads,
                finish_kernel, reduction, j, done);
}

}  // namespace eigenlens::kernels
