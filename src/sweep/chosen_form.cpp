// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "eigenlens/dual_moments.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

MomentsForm chosen_form(MomentsForm wanted, const DatasetInfo& info, const std::vector<Pretext>& pretexts) {
  const auto without = std::find_if(pretexts.begin(), pretexts.end(), needs_inputs);
  if (wanted == MomentsForm::dual && without != pretexts.end())
    throw Error(ErrorCode::usage, fmt::format("pretext '{}' is not to be had in the dual form: it needs second moments "
                                              "of the inputs, D x D (--form primal)",
                                              without->to_string()));
  if (wanted != MomentsForm::automatic) return wanted;
  return info.count < info.shape.size() && without == pretexts.end() ? MomentsForm::dual : MomentsForm::primal;
}

}  // namespace eigenlens
