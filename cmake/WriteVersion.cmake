# SPDX-License-Identifier: Apache-2.0
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12
                OUTPUT_VARIABLE state OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR NOT state)
  set(state "unknown")
endif()
set(text "// SPDX-License-Identifier: Apache-2.0
/// \\file
/// Written by the build.
#pragma once

#define EIGENLENS_VERSION \"${VERSION}\"
#define EIGENLENS_GIT \"${state}\"
")
if(EXISTS ${OUT})
  file(READ ${OUT} old)
endif()
if(NOT "${old}" STREQUAL "${text}")
  file(WRITE ${OUT} "${text}")
endif()
