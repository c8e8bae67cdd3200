# SPDX-License-Identifier: Apache-2.0
# Writes OUT, a source file with the texts of FOLDER and of CHART_JS as raw strings, and their checksums.

# Appends a part: its NAME, then the files whose texts, one behind the other, it is.
function(add_part name)
  set(text "")
  foreach(path IN LISTS ARGN)
    file(READ ${path} content)
    string(APPEND text "${content}")
  endforeach()
  string(FIND "${text}" ")EIGENLENS" end_mark)
  string(FIND "${text}" "\r" carriage_return)
  if(NOT end_mark EQUAL -1 OR NOT carriage_return EQUAL -1)
    message(FATAL_ERROR "${ARGN}: holds )EIGENLENS or a carriage return, and cannot be embedded")
  endif()
  string(SHA256 sum "${text}")
  string(APPEND source "const HtmlPart ${name} = {R\"EIGENLENS(${text})EIGENLENS\", \"${sum}\"};\n")
  set(source "${source}" PARENT_SCOPE)
endfunction()

set(source "// SPDX-License-Identifier: Apache-2.0
// Written by the build.
#include \"report/html_parts.hpp\"

namespace eigenlens::html_parts {

")
file(GLOB scripts ${FOLDER}/*.js)
list(SORT scripts)
add_part(page ${FOLDER}/page.html)
add_part(style ${FOLDER}/report.css)
add_part(script ${scripts})
add_part(chart_library ${CHART_JS})
add_part(chart_licence ${FOLDER}/chart-licence.txt)
string(APPEND source "\n}  // namespace eigenlens::html_parts\n")
file(WRITE ${OUT} "${source}")
