// SPDX-License-Identifier: Apache-2.0
/// \file
/// Codes of the C interface as exceptions of Python: the classes are in eigenlens/errors.py.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>

#include "eigenlens/eigenlens.h"

namespace eigenlens::python {

namespace nb = nanobind;

/// Raises what `status` stands for, with the sentence of the last error; nothing for OK. The GIL is held.
void check(eigenlens_status status);
/// The same with a sentence of one's own.
[[noreturn]] void refuse(eigenlens_status status, const std::string& sentence);

/// Calls `function(…, &text)` without the GIL, checks, and gives the text.
template <class Function>
std::string text_of(const Function& function) {
  char* text = nullptr;
  eigenlens_status status;
  {
    nb::gil_scoped_release released;
    status = function(&text);
  }
  check(status);
  std::string copy(text);
  eigenlens_text_free(text);
  return copy;
}

}  // namespace eigenlens::python
