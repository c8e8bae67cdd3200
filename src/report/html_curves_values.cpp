// SPDX-License-Identifier: Apache-2.0
// The curves of all results of a page together: values at a K, gains, and which K to begin with.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "report/html_page.hpp"
#include "report/labels.hpp"

namespace eigenlens {
namespace {

constexpr std::int64_t tenth = 10;
constexpr double same_curve = 1e-8;  // of an alignment: the same curve from another run

/// A K that advice is about, else a tenth of the largest, in the list.
std::int64_t first_shown(const std::vector<ReportResult>& results, const std::vector<std::int64_t>& k) {
  std::int64_t wanted = std::max<std::int64_t>(1, k.back() / tenth);
  for (const ReportResult& result : results)
    if (result.kind == "advice") wanted = result.top()["k"].positive();
  const auto place = std::lower_bound(k.begin(), k.end(), wanted);
  return place == k.end() ? k.back() : *place;
}

bool hides_nothing(const Pretext& pretext) {
  const bool hides = pretext.kind == PretextKind::mask || pretext.kind == PretextKind::dropout;
  return pretext.kind == PretextKind::reconstruct || (hides && pretext.ratio == 0);
}

/// Adds what another file knows of the same curve.
bool merge(const ReportCurve& other, ReportCurve& known) {
  if (!(known.curve.pretext == other.curve.pretext) || known.curve.k != other.curve.k) return false;
  for (std::size_t i = 0; i < known.curve.k.size(); ++i)
    if (std::abs(known.curve.alignment[i] - other.curve.alignment[i]) > same_curve) return false;
  const bool new_test = known.test_count == 0 && other.test_count > 0;
  const bool new_errors = known.curve.gain_se.empty() && !other.curve.gain_se.empty();
  if (known.test_count > 0 && other.test_count > 0) return false;
  FileCurve& curve = known.curve;
  if (new_test) {
    curve.accuracy = other.curve.accuracy;
    curve.accuracy_low = other.curve.accuracy_low;
    curve.accuracy_high = other.curve.accuracy_high;
    curve.sufficient_k = other.curve.sufficient_k;
    known.test_count = other.test_count;
  }
  if (new_errors) {
    curve.gain_k = other.curve.gain_k;
    curve.gain_se = other.curve.gain_se;
    known.student = other.student;
  }
  return true;
}

void add_curve(ReportCurve curve, std::vector<ReportCurve>& all) {
  for (ReportCurve& known : all)
    if (merge(curve, known)) return;
  all.push_back(std::move(curve));
}

/// One specification in several files: the file's number tells them apart.
void number_equal_labels(std::vector<ReportCurve>& all) {
  std::map<std::string, int> seen;
  for (const ReportCurve& one : all) ++seen[one.label];
  for (ReportCurve& one : all)
    if (seen[one.label] > 1) one.label += " (file " + std::to_string(one.file + 1) + ")";
}

}  // namespace

ReportCurves read_report_curves(const std::vector<ReportResult>& results) {
  ReportCurves curves;
  std::set<std::int64_t> k;
  for (const ReportResult& result : results) {
    if (result.kind != "curves") continue;
    CurvesFile file = read_curves(result.top());
    std::vector<Pretext> pretexts;
    for (const FileCurve& curve : file.curves) pretexts.push_back(curve.pretext);
    const std::vector<std::string> labels = labels_of(pretexts);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      k.insert(file.curves[i].k.begin(), file.curves[i].k.end());
      const std::int64_t tested = file.curves[i].accuracy.empty() ? 0 : file.test_count;
      const double student = file.curves[i].gain_se.empty() ? 0 : file.student;
      add_curve({std::move(file.curves[i]), labels[i], curves.files.size(), student, tested}, curves.all);
    }
    file.curves.clear();
    curves.files.push_back(std::move(file));
  }
  number_equal_labels(curves.all);
  curves.k.assign(k.begin(), k.end());
  if (!curves.k.empty()) curves.shown_k = first_shown(results, curves.k);
  return curves;
}

std::optional<std::size_t> ReportCurves::place(const std::vector<std::int64_t>& list, std::int64_t latent) {
  const auto found = std::lower_bound(list.begin(), list.end(), latent);
  if (found == list.end() || *found != latent) return std::nullopt;
  return static_cast<std::size_t>(found - list.begin());
}

std::optional<std::size_t> ReportCurves::baseline(const ReportCurve& curve) const {
  std::optional<std::size_t> elsewhere;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!hides_nothing(all[i].curve.pretext)) continue;
    if (all[i].file == curve.file) return i;
    if (!elsewhere) elsewhere = i;
  }
  return elsewhere;
}

std::optional<double> ReportCurves::alignment(const ReportCurve& curve, std::int64_t latent) const {
  const auto i = place(curve.curve.k, latent);
  if (!i) return std::nullopt;
  return curve.curve.alignment[*i];
}

std::optional<double> ReportCurves::gain(const ReportCurve& curve, std::int64_t latent) const {
  const auto base = baseline(curve);
  if (!base || &all[*base] == &curve) return std::nullopt;
  const auto own = alignment(curve, latent), plain = alignment(all[*base], latent);
  if (!own || !plain) return std::nullopt;
  return *own - *plain;
}

double ReportCurves::margin(const ReportCurve& curve, std::int64_t latent) const {
  const auto i = place(curve.curve.gain_k, latent);
  return i ? curve.student * curve.curve.gain_se[*i] : 0;
}

}  // namespace eigenlens
