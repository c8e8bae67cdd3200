// SPDX-License-Identifier: Apache-2.0
#include "simulator/stream.hpp"

#include <chrono>
#include <deque>
#include <memory>

#include "simulator/call.hpp"
#include "simulator/context.hpp"

namespace eigenlens::simulator {
namespace {

struct Stream {
  int device;
  std::deque<Operation> queue;
};

using Clock = std::chrono::steady_clock;

/// One cudaEventRecord. Waiting for an event is waiting for its last record.
struct Record {
  Stream* stream;
  bool done = false;
  Clock::time_point when;
};

struct Event {
  bool timing;
  std::shared_ptr<Record> record;
};

Registry<Stream>& streams() {
  static auto& instance = *new Registry<Stream>;
  return instance;
}

Registry<Event>& events() {
  static auto& instance = *new Registry<Event>;
  return instance;
}

Stream& stream_of(cudaStream_t stream) {
  require(stream && stream != cudaStreamLegacy && stream != cudaStreamPerThread,
          "the default stream (a rule of this house: every operation names its stream)",
          cudaErrorInvalidResourceHandle);
  return streams().find(stream, "stream");
}

Event& event_of(cudaEvent_t event) { return events().find(event, "event"); }

void run_next(Stream& stream) {
  const Operation operation = std::move(stream.queue.front());
  stream.queue.pop_front();
  if (sticky_error()) return;  // nothing works on a broken device
  try {
    operation();
  } catch (const Refusal& refusal) {
    set_sticky_error(refusal.status == cudaErrorInvalidValue ? cudaErrorIllegalAddress : refusal.status,
                     "while a stream ran: " + refusal.message);
  } catch (const std::exception& error) {
    set_sticky_error(cudaErrorUnknown, std::string("while a stream ran: ") + error.what());
  }
}

/// Done, or never to be: a broken device forgets its queues.
bool is_over(const Record& record) {
  return record.done || !streams().contains(record.stream) || record.stream->queue.empty();
}

/// Runs the recording stream as far as its record.
void reach(const Record& record) {
  while (!is_over(record)) run_next(*record.stream);
}

}  // namespace

void require_stream(cudaStream_t stream) { stream_of(stream); }

void enqueue(cudaStream_t stream, const std::vector<Extent>& extents, Operation operation) {
  Stream& queue = stream_of(stream);
  require_used(queue.device, "the stream");
  for (const auto& extent : extents) require_device(extent);
  queue.queue.push_back([extents, run = std::move(operation)] {
    for (const auto& extent : extents) require_present(extent);
    run();
  });
}

void drain(cudaStream_t stream) {
  Stream& all = stream_of(stream);
  while (!all.queue.empty()) run_next(all);
}

void drain_all() {
  for (Stream* stream : streams().all())
    while (!stream->queue.empty()) run_next(*stream);
}

}  // namespace eigenlens::simulator

using namespace eigenlens::simulator;  // NOLINT: the functions below are C's

cudaError_t CUDARTAPI cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int flags) {
  return runtime_call("cudaStreamCreateWithFlags", [&] {
    require(stream, "nowhere to put the stream");
    require(flags == cudaStreamNonBlocking || flags == cudaStreamDefault, "unknown flags");
    *stream = reinterpret_cast<cudaStream_t>(streams().add(new Stream{used_device(), {}}));
  });
}

cudaError_t CUDARTAPI cudaStreamCreate(cudaStream_t* stream) {
  return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}

cudaError_t CUDARTAPI cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned int flags, int) {
  return cudaStreamCreateWithFlags(stream, flags);
}

cudaError_t CUDARTAPI cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  return runtime_call("cudaDeviceGetStreamPriorityRange", [&] {
    if (least) *least = 0;
    if (greatest) *greatest = -5;
  });
}

cudaError_t CUDARTAPI cudaStreamDestroy(cudaStream_t stream) {
  return release_call("cudaStreamDestroy", [&] {
    drain(stream);
    streams().remove(stream, "stream");
  });
}

cudaError_t CUDARTAPI cudaStreamSynchronize(cudaStream_t stream) {
  return runtime_call("cudaStreamSynchronize", [&] { drain(stream); });
}

cudaError_t CUDARTAPI cudaDeviceSynchronize() {
  return runtime_call("cudaDeviceSynchronize", [] { drain_all(); });
}

// A query does one operation: a host that asks again and again must come to an end.
cudaError_t CUDARTAPI cudaStreamQuery(cudaStream_t stream) {
  bool ready = true;
  const auto status = runtime_call("cudaStreamQuery", [&] {
    Stream& asked = stream_of(stream);
    ready = asked.queue.empty();
    if (!ready) run_next(asked);
  });
  return status || ready ? status : cudaErrorNotReady;
}

cudaError_t CUDARTAPI cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int) {
  return runtime_call("cudaStreamWaitEvent", [&] {
    const auto record = event_of(event).record;
    require_stream(stream);
    if (record) enqueue(stream, {}, [record] { reach(*record); });
  });
}

cudaError_t CUDARTAPI cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return runtime_call("cudaEventCreateWithFlags", [&] {
    require(event, "nowhere to put the event");
    *event = reinterpret_cast<cudaEvent_t>(events().add(new Event{!(flags & cudaEventDisableTiming), nullptr}));
  });
}

cudaError_t CUDARTAPI cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }

cudaError_t CUDARTAPI cudaEventDestroy(cudaEvent_t event) {
  return release_call("cudaEventDestroy", [&] { events().remove(event, "event"); });
}

cudaError_t CUDARTAPI cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return runtime_call("cudaEventRecord", [&] {
    Event& recorded = event_of(event);
    const auto record = std::make_shared<Record>(Record{&stream_of(stream), false, {}});
    recorded.record = record;
    enqueue(stream, {}, [record] {
      record->when = Clock::now();
      record->done = true;
    });
  });
}

cudaError_t CUDARTAPI cudaEventSynchronize(cudaEvent_t event) {
  return runtime_call("cudaEventSynchronize", [&] {
    if (const auto record = event_of(event).record) reach(*record);
  });
}

cudaError_t CUDARTAPI cudaEventQuery(cudaEvent_t event) {
  bool ready = true;
  const auto status = runtime_call("cudaEventQuery", [&] {
    const auto record = event_of(event).record;
    ready = !record || is_over(*record);
    if (!ready) run_next(*record->stream);
  });
  return status || ready ? status : cudaErrorNotReady;
}

cudaError_t CUDARTAPI cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  bool ready = true;
  const auto status = runtime_call("cudaEventElapsedTime", [&] {
    const Event& first = event_of(start);
    const Event& last = event_of(end);
    require(first.timing && last.timing, "an event without timing", cudaErrorInvalidResourceHandle);
    require(first.record && last.record, "an event that was never recorded", cudaErrorInvalidResourceHandle);
    ready = first.record->done && last.record->done;
    *milliseconds = std::chrono::duration<float, std::milli>(last.record->when - first.record->when).count();
  });
  return status || ready ? status : cudaErrorNotReady;
}
