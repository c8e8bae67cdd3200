// SPDX-License-Identifier: Apache-2.0
#include "report/probe_values.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "eigenlens/error.hpp"
#include "eigenlens/probe.hpp"
#include "report/labels.hpp"
#include "report/selection.hpp"

namespace eigenlens {
namespace {

double share_of(std::int64_t correct, std::int64_t count) {
  return static_cast<double>(correct) / static_cast<double>(count);
}

}  // namespace

std::array<ProbeValue, 9> probe_values(const SweepResult& result, const Curve& curve, std::int64_t k) {
  std::array<ProbeValue, 9> values = {{{"top1", {}},
                                       {"top1_low", {}},
                                       {"top1_high", {}},
                                       {"top5", {}},
                                       {"top5_low", {}},
                                       {"top5_high", {}},
                                       {"squared_error", {}},
                                       {"squared_error_deviation", {}},
                                       {"training_squared_error", {}}}};
  if (!curve.probe || !result.probe) return values;
  const ProbeCurve& probe = *curve.probe;
  const auto i = static_cast<std::size_t>(k - 1);
  const std::size_t length = curve.alignment.size();
  if (i >= length || probe.top1.size() != length || probe.squared_error.size() != length ||
      probe.squared_error_deviation.size() != length || probe.training_squared_error.size() != length ||
      (!probe.top5.empty() && probe.top5.size() != length))
    throw Error(ErrorCode::usage,
                fmt::format("curve {}: its probe does not go to K = {}", curve.pretext.to_string(), length));
  const std::int64_t count = result.probe->count;
  const auto accuracy = [&](std::size_t first, const std::vector<std::int64_t>& correct) {
    if (correct.empty()) return;
    const ConfidenceInterval interval = accuracy_interval(correct[i], count);
    values[first].value = share_of(correct[i], count);
    values[first + 1].value = interval.low;
    values[first + 2].value = interval.high;
  };
  accuracy(0, probe.top1);
  accuracy(3, probe.top5);
  values[6].value = probe.squared_error[i];
  values[7].value = probe.squared_error_deviation[i];
  values[8].value = probe.training_squared_error[i];
  for (const ProbeValue& each : values)
    if (each.value) finite(*each.value, each.name);
  return values;
}

std::string probe_table(const SweepResult& result, const std::vector<std::string>& labels,
                        const std::vector<std::int64_t>& k, std::size_t width) {
  if (!result.probe) return {};
  const ProbeFacts& facts = *result.probe;
  std::string text =
      fmt::format("\nA linear classifier on the K features, read on {} samples of {}{}:\n", with_thousands(facts.count),
                  facts.dataset, facts.ridge > 0 ? fmt::format(" (ridge {:g})", facts.ridge) : "");
  text += fmt::format("{:{}}  {:^{}}       {}\n{:{}} ", "", width, "accuracy (%) at K =", 7 * k.size() - 1,
                      "best   at K  enough", "pretext task", width);
  for (const std::int64_t wanted : k) text += fmt::format(" {:>6}", wanted);
  text += "\n" + std::string(width + 1 + 7 * k.size() + 2 + 21, '-') + "\n";
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!result.curves[i].probe || result.curves[i].probe->top1.empty()) continue;
    const std::vector<std::int64_t>& correct = result.curves[i].probe->top1;
    const auto share = [&](std::int64_t at) {
      return fmt::format("{:.2f}", 100 * share_of(correct[static_cast<std::size_t>(at - 1)], facts.count));
    };
    text += fmt::format("{:{}} ", labels[i], width);
    for (const std::int64_t wanted : k)
      text += fmt::format(" {:>6}", wanted <= static_cast<std::int64_t>(correct.size()) ? share(wanted) : "-");
    const std::int64_t best = std::max_element(correct.begin(), correct.end()) - correct.begin() + 1;
    text += fmt::format("   {:>6} {:>6} {:>6}\n", share(best), best, smallest_sufficient_k(correct, facts.count));
  }
  return text + "enough: the smallest K whose accuracy lies in the 95 % interval of the best.\n";
}

}  // namespace eigenlens
