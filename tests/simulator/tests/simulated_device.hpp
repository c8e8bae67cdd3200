// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the tests of the simulator start from: a stream, memory that gives itself back, and no leak at the end.
#pragma once

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simulator/simulator.hpp"

namespace eigenlens::test {

/// Device memory for `count` values.
template <class Value>
class OnDevice {
 public:
  explicit OnDevice(std::size_t count) : count_(count) {
    void* fresh = nullptr;
    EXPECT_EQ(cudaMalloc(&fresh, count * sizeof(Value)), cudaSuccess);
    data_ = static_cast<Value*>(fresh);
  }
  OnDevice(const std::vector<Value>& values, cudaStream_t stream) : OnDevice(values.size()) {
    EXPECT_EQ(cudaMemcpyAsync(data_, values.data(), bytes(), cudaMemcpyHostToDevice, stream), cudaSuccess);
  }
  ~OnDevice() { cudaFree(data_); }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

  [[nodiscard]] Value* get() const { return data_; }
  [[nodiscard]] std::size_t bytes() const { return count_ * sizeof(Value); }
  [[nodiscard]] std::vector<Value> values(cudaStream_t stream) const {
    std::vector<Value> host(count_);
    EXPECT_EQ(cudaMemcpyAsync(host.data(), data_, bytes(), cudaMemcpyDeviceToHost, stream), cudaSuccess)
        << eigenlens_simulator_message();
    return host;
  }

 private:
  Value* data_ = nullptr;
  std::size_t count_;
};

class SimulatedDevice : public ::testing::Test {
 protected:
  void SetUp() override {
    eigenlens_simulator_reset();
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  }
  void TearDown() override {
    eigenlens_simulator_reset();
    EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess) << eigenlens_simulator_message();
    EXPECT_EQ(eigenlens_simulator_live_allocations(), 0);
    EXPECT_EQ(eigenlens_simulator_live_objects(), 0);
    eigenlens_simulator_reset();
  }
  static std::string message() { return eigenlens_simulator_message(); }

  cudaStream_t stream = nullptr;
};

}  // namespace eigenlens::test
