// SPDX-License-Identifier: Apache-2.0
#include "status.hpp"

namespace eigenlens::python {

void refuse(eigenlens_status status, const std::string& sentence) {
  const nb::object kinds = nb::module_::import_("eigenlens.errors").attr("BY_CODE");
  const nb::object kind = kinds[nb::int_(static_cast<int>(status))];
  PyErr_SetObject(kind.ptr(), nb::str(sentence.c_str(), sentence.size()).ptr());
  throw nb::python_error();
}

void check(eigenlens_status status) {
  if (status != EIGENLENS_OK) refuse(status, eigenlens_last_error());
}

}  // namespace eigenlens::python
