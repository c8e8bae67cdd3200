// SPDX-License-Identifier: Apache-2.0
/// \file
/// The boundary of the C interface: no exception leaves, and every one becomes a status and a sentence in one place.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "eigenlens/eigenlens.h"

namespace eigenlens::c {

/// The status of the exception that is being handled; its sentence becomes last_error().
eigenlens_status refused() noexcept;

/// Of the last call in this thread that failed; "" before.
const char* last_error() noexcept;

/// Runs what a function of the interface does.
template <class Work>
eigenlens_status guarded(const Work& work) noexcept {
  try {
    work();
    return EIGENLENS_OK;
  } catch (...) {
    return refused();
  }
}

/// Throws Error(usage): "NAME is NULL: …".
[[noreturn]] void refuse_null(const char* name);

/// What a pointer points to: Error(usage) that names it for NULL.
template <class T>
T& required(T* pointer, const char* name) {
  if (!pointer) refuse_null(name);
  return *pointer;
}

std::string required_text(const char* text, const char* name);
/// The text, or what stands for NULL.
std::string text_or(const char* text, const std::string& fallback);
/// A list of texts; none of them may be NULL.
std::vector<std::string> texts(const char* const* list, std::size_t count, const char* name);
/// A list of numbers.
template <class T>
std::vector<T> numbers(const T* list, std::size_t count, const char* name) {
  if (count == 0) return {};
  required(list, name);
  return {list, list + count};
}

/// A copy that eigenlens_text_free frees.
char* given_out(const std::string& text);

}  // namespace eigenlens::c
