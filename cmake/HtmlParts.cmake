# SPDX-License-Identifier: Apache-2.0
# build/generated/report/html_parts.cpp: the files of src/report/html/ and Chart.js, for the pages of eigenlens report.
find_file(EIGENLENS_CHART_JS NAMES chart.min.js Chart.min.js
          HINTS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist /usr/lib/node_modules/chart.js/dist
          DOC "Chart.js 3, minified, for the pages that eigenlens report writes" NO_CMAKE_FIND_ROOT_PATH)
if(NOT EIGENLENS_CHART_JS OR NOT EXISTS "${EIGENLENS_CHART_JS}")
  message(FATAL_ERROR "The report needs the minified file of Chart.js 3, and none is at \"${EIGENLENS_CHART_JS}\". "
                      "On Debian: apt-get install libjs-chart.js. Elsewhere name it: -DEIGENLENS_CHART_JS=FILE")
endif()
file(STRINGS "${EIGENLENS_CHART_JS}" chart_js_version LIMIT_COUNT 1 REGEX "Chart\\.js v3\\.")
if(NOT chart_js_version)
  message(FATAL_ERROR "${EIGENLENS_CHART_JS} does not say that it is Chart.js v3 (EIGENLENS_CHART_JS)")
endif()

set(html_folder ${CMAKE_CURRENT_SOURCE_DIR}/report/html)
set(EIGENLENS_HTML_PARTS ${EIGENLENS_GENERATED}/report/html_parts.cpp)
file(GLOB html_files CONFIGURE_DEPENDS ${html_folder}/*)
add_custom_command(OUTPUT ${EIGENLENS_HTML_PARTS}
  COMMAND ${CMAKE_COMMAND} -DFOLDER=${html_folder} -DCHART_JS=${EIGENLENS_CHART_JS} -DOUT=${EIGENLENS_HTML_PARTS}
          -P ${CMAKE_CURRENT_LIST_DIR}/WriteHtmlParts.cmake
  DEPENDS ${html_files} ${EIGENLENS_CHART_JS} ${CMAKE_CURRENT_LIST_DIR}/WriteHtmlParts.cmake
  COMMENT "Embedding the parts of the report" VERBATIM)
