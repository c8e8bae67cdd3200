// SPDX-License-Identifier: Apache-2.0
// A fiber runs threads of the block, one after the other, until one of them waits at a barrier; then another fiber goes
// on with the threads that have not started. So a kernel without barriers needs one fiber and no switches, and one with
// barriers needs a fiber a thread.
//
// A fiber is entered once with setcontext and from then on with longjmp, which (unlike swapcontext) makes no system
// call. The checking longjmp of fortified builds takes that for a mistake.
#undef _FORTIFY_SOURCE

#include "simulator/fiber.hpp"

#include <fmt/format.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "simulator/call.hpp"

namespace eigenlens::simulator {

uint3 thread_index;
uint3 block_index;
dim3 block_size;
dim3 grid_size;

namespace {

constexpr std::size_t stack_size = 64 << 10;
constexpr std::size_t guard_size = 4 << 10;  // below the stack: an overflow ends the program

class Fiber {
 public:
  Fiber() : stack_(mmap(nullptr, guard_size + stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    require(stack_ != MAP_FAILED, "no memory for the stack of a simulated thread", cudaErrorLaunchOutOfResources);
    mprotect(stack_, guard_size, PROT_NONE);
  }
  ~Fiber() { munmap(stack_, guard_size + stack_size); }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void* stack_;
  jmp_buf jump;
  bool started = false;  ///< `jump` is set
  bool waiting = false;  ///< its thread is at a barrier
  uint3 thread{};
};

struct Block {
  const std::function<void()>* thread = nullptr;
  unsigned next = 0;
  unsigned count = 0;
  bool descending = false;
};

Block running;
Fiber* current = nullptr;
jmp_buf scheduler;

std::vector<std::unique_ptr<Fiber>>& fibers() {
  static auto& instance = *new std::vector<std::unique_ptr<Fiber>>;
  return instance;
}

uint3 position(unsigned number, const dim3& extent) {
  return {number % extent.x, number / extent.x % extent.y, number / extent.x / extent.y};
}

/// Back to the scheduler; comes back when the fiber is resumed.
[[gnu::noinline]] void leave() {
  if (_setjmp(current->jump) == 0) _longjmp(scheduler, 1);
}

[[noreturn]] void fiber_main() {
  for (;;) {
    while (running.next < running.count) {
      const unsigned turn = running.next++;
      current->thread = thread_index = position(running.descending ? running.count - 1 - turn : turn, block_size);
      (*running.thread)();
    }
    leave();
  }
}

void enter_first_time(Fiber& fiber) {
  ucontext_t context;
  getcontext(&context);
  context.uc_stack.ss_sp = static_cast<char*>(fiber.stack_) + guard_size;
  context.uc_stack.ss_size = stack_size;
  context.uc_link = nullptr;
  makecontext(&context, fiber_main, 0);
  fiber.started = true;
  setcontext(&context);
}

[[gnu::noinline]] void resume(Fiber& fiber) {
  current = &fiber;
  thread_index = fiber.thread;
  if (_setjmp(scheduler) != 0) return;
  if (fiber.started) _longjmp(fiber.jump, 1);
  enter_first_time(fiber);
}

Fiber& idle_fiber(std::size_t& from) {
  auto& all = fibers();
  while (from < all.size() && all[from]->waiting) ++from;
  if (from == all.size()) all.push_back(std::make_unique<Fiber>());
  return *all[from];
}

[[noreturn]] void report_divergence(unsigned at_barrier) {
  for (auto& fiber : fibers())
    if (fiber->waiting) fiber->waiting = fiber->started = false;  // what it was doing is given up
  throw Refusal{fmt::format("divergent barrier: {} of the {} threads of block ({}, {}, {}) reached __syncthreads, the "
                            "others returned",
                            at_barrier, running.count, block_index.x, block_index.y, block_index.z),
                cudaErrorLaunchFailure};
}

void run_block(const std::function<void()>& thread, unsigned count, bool descending) {
  running = {&thread, 0, count, descending};
  std::size_t from = 0;
  while (running.next < running.count) resume(idle_fiber(from));
  for (;;) {
    std::vector<Fiber*> waiting;
    for (auto& fiber : fibers())
      if (fiber->waiting) waiting.push_back(fiber.get());
    if (waiting.empty()) return;
    if (waiting.size() < count) report_divergence(static_cast<unsigned>(waiting.size()));
    for (Fiber* fiber : waiting) {
      fiber->waiting = false;
      resume(*fiber);
    }
  }
}

}  // namespace

void barrier() {
  current->waiting = true;
  leave();
}

void run_grid(dim3 grid, dim3 block, const std::function<void()>& thread) {
  static bool backwards = false;
  backwards = !backwards;
  grid_size = grid;
  block_size = block;
  const auto blocks = static_cast<unsigned long long>(grid.x) * grid.y * grid.z;
  for (unsigned long long i = 0; i < blocks; ++i) {
    const auto number = backwards ? blocks - 1 - i : i;
    block_index = {static_cast<unsigned>(number % grid.x), static_cast<unsigned>(number / grid.x % grid.y),
                   static_cast<unsigned>(number / grid.x / grid.y)};
    run_block(thread, block.x * block.y * block.z, number % 2 == 1);
  }
}

}  // namespace eigenlens::simulator
