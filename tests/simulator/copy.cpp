// SPDX-License-Identifier: Apache-2.0
// Copies and fills. Page-locked host memory is read and written when the operation runs; pageable memory is read when
// the call is made (the real one stages it) and written before the call returns.
#include <cstring>
#include <memory>
#include <vector>

#include "simulator/call.hpp"
#include "simulator/stream.hpp"

namespace eigenlens::simulator {
namespace {

/// Rows of bytes at a distance.
struct Rows {
  std::size_t width;
  std::size_t height;
  [[nodiscard]] std::size_t extent(std::size_t pitch) const {
    return width == 0 || height == 0 ? 0 : (height - 1) * pitch + width;
  }
};

void copy_rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, const Rows& rows) {
  for (std::size_t row = 0; row < rows.height; ++row)
    std::memmove(static_cast<char*>(to) + row * to_pitch, static_cast<const char*>(from) + row * from_pitch,
                 rows.width);
}

void require_pinned(const void* data, std::size_t bytes) {
  if (!is_pinned(data, bytes))
    throw Refusal{"page-locked memory was given back while a copy was waiting", cudaErrorIllegalAddress};
}

struct Copy {
  void* to;
  std::size_t to_pitch;
  const void* from;
  std::size_t from_pitch;
  Rows rows;

  [[nodiscard]] Extent source() const { return {from, rows.extent(from_pitch), "the source"}; }
  [[nodiscard]] Extent target() const { return {to, rows.extent(to_pitch), "the target"}; }
};

void upload(const Copy& copy, cudaStream_t stream) {
  require(!is_device(copy.from), "host to device, but the source is device memory", cudaErrorInvalidMemcpyDirection);
  const std::size_t bytes = copy.source().bytes;
  if (is_pinned(copy.from, bytes)) {
    enqueue(stream, {copy.target()}, [copy, bytes] {
      require_pinned(copy.from, bytes);
      copy_rows(copy.to, copy.to_pitch, copy.from, copy.from_pitch, copy.rows);
    });
    return;
  }
  require_device(copy.target());
  const auto staged = std::make_shared<std::vector<char>>(copy.rows.width * copy.rows.height);
  copy_rows(staged->data(), copy.rows.width, copy.from, copy.from_pitch, copy.rows);
  enqueue(stream, {copy.target()},
          [copy, staged] { copy_rows(copy.to, copy.to_pitch, staged->data(), copy.rows.width, copy.rows); });
}

void download(const Copy& copy, cudaStream_t stream) {
  require(!is_device(copy.to), "device to host, but the target is device memory", cudaErrorInvalidMemcpyDirection);
  const std::size_t bytes = copy.target().bytes;
  const bool pinned = is_pinned(copy.to, bytes);
  enqueue(stream, {copy.source()}, [copy, bytes, pinned] {
    if (pinned) require_pinned(copy.to, bytes);
    copy_rows(copy.to, copy.to_pitch, copy.from, copy.from_pitch, copy.rows);
  });
  if (!pinned) drain(stream);
}

void copy_async(const Copy& copy, cudaMemcpyKind kind, cudaStream_t stream) {
  require_stream(stream);
  if (copy.rows.width == 0 || copy.rows.height == 0) return;
  require(copy.to && copy.from, "a null pointer");
  if (kind == cudaMemcpyDefault) {
    require(is_device(copy.to) || is_device(copy.from), "cudaMemcpyDefault between two pieces of host memory");
    kind = !is_device(copy.to)    ? cudaMemcpyDeviceToHost
           : is_device(copy.from) ? cudaMemcpyDeviceToDevice
                                  : cudaMemcpyHostToDevice;
  }
  switch (kind) {
    case cudaMemcpyHostToDevice:
      return upload(copy, stream);
    case cudaMemcpyDeviceToHost:
      return download(copy, stream);
    case cudaMemcpyDeviceToDevice:
      return enqueue(stream, {copy.source(), copy.target()},
                     [copy] { copy_rows(copy.to, copy.to_pitch, copy.from, copy.from_pitch, copy.rows); });
    default:
      throw Refusal{"a copy within the host, or of no known kind", cudaErrorInvalidMemcpyDirection};
  }
}

}  // namespace
}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cudaError_t CUDARTAPI cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                                      cudaStream_t stream) {
  return runtime_call("cudaMemcpyAsync", [&] { copy_async({to, bytes, from, bytes, {bytes, 1}}, kind, stream); });
}

cudaError_t CUDARTAPI cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                                        std::size_t width, std::size_t height, cudaMemcpyKind kind,
                                        cudaStream_t stream) {
  return runtime_call("cudaMemcpy2DAsync", [&] {
    require(width <= to_pitch && width <= from_pitch, "rows longer than their distance", cudaErrorInvalidPitchValue);
    copy_async({to, to_pitch, from, from_pitch, {width, height}}, kind, stream);
  });
}

cudaError_t CUDARTAPI cudaMemsetAsync(void* data, int value, std::size_t bytes, cudaStream_t stream) {
  return runtime_call("cudaMemsetAsync", [&] {
    enqueue(stream, {{data, bytes, "the target"}}, [=] {
      if (bytes > 0) std::memset(data, value, bytes);
    });
  });
}

cudaError_t CUDARTAPI cudaMemset2DAsync(void* data, std::size_t pitch, int value, std::size_t width, std::size_t height,
                                        cudaStream_t stream) {
  return runtime_call("cudaMemset2DAsync", [&] {
    require(width <= pitch, "rows longer than their distance", cudaErrorInvalidPitchValue);
    enqueue(stream, {{data, Rows{width, height}.extent(pitch), "the target"}}, [=] {
      for (std::size_t row = 0; row < height && width > 0; ++row)
        std::memset(static_cast<char*>(data) + row * pitch, value, width);
    });
  });
}

// These use the default stream.
cudaError_t CUDARTAPI cudaMemcpy(void*, const void*, std::size_t, cudaMemcpyKind) {
  return runtime_call("cudaMemcpy", [] { require_stream(nullptr); });
}

cudaError_t CUDARTAPI cudaMemset(void*, int, std::size_t) {
  return runtime_call("cudaMemset", [] { require_stream(nullptr); });
}
