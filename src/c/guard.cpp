// SPDX-License-Identifier: Apache-2.0
#include "c/guard.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

#include "eigenlens/error.hpp"
#include "eigenlens/version.hpp"

namespace eigenlens::c {
namespace {

/// The sentence of a thread; a fixed one where there was no memory for it.
struct Sentence {
  std::string text;
  const char* fixed = nullptr;
};

Sentence& sentence() noexcept {
  thread_local Sentence of_this_thread;
  return of_this_thread;
}

eigenlens_status say(eigenlens_status status, const char* text) noexcept {
  Sentence& last = sentence();
  try {
    last.text = text;
    last.fixed = nullptr;
  } catch (const std::bad_alloc&) {
    last.fixed = "there is not even memory left for the sentence that says what failed";
  }
  return status;
}

}  // namespace

eigenlens_status refused() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return say(static_cast<eigenlens_status>(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return say(EIGENLENS_MEMORY, "the system gave no more memory");
  } catch (const std::exception& error) {
    return say(EIGENLENS_UNKNOWN, error.what());
  } catch (...) {
    return say(EIGENLENS_UNKNOWN, "something that is no exception of C++ was thrown");
  }
}

const char* last_error() noexcept {
  const Sentence& last = sentence();
  return last.fixed ? last.fixed : last.text.c_str();
}

void refuse_null(const char* name) { throw Error(ErrorCode::usage, fmt::format("{} is NULL: expected one", name)); }

std::string required_text(const char* text, const char* name) { return &required(text, name); }

std::string text_or(const char* text, const std::string& fallback) { return text ? text : fallback; }

std::vector<std::string> texts(const char* const* list, std::size_t count, const char* name) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(required_text((&required(list, name))[i], fmt::format("entry {} of {}", i, name).c_str()));
  return all;
}

char* given_out(const std::string& text) {
  void* const copy = std::malloc(text.size() + 1);
  if (!copy) throw std::bad_alloc();
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return static_cast<char*>(copy);
}

}  // namespace eigenlens::c

const char* eigenlens_version(void) { return EIGENLENS_VERSION " (git " EIGENLENS_GIT ")"; }
int32_t eigenlens_interface(void) { return EIGENLENS_INTERFACE; }
const char* eigenlens_last_error(void) { return eigenlens::c::last_error(); }
void eigenlens_text_free(char* text) { std::free(text); }
