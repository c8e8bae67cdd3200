// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which noise to train with: a search over patches and ratios, judged at one latent dimension (docs/math.md, (95) to
/// (99)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eigenlens/device.hpp"
#include "eigenlens/export.hpp"
#include "eigenlens/jackknife.hpp"
#include "eigenlens/moments.hpp"
#include "eigenlens/pretext.hpp"
#include "eigenlens/progress.hpp"
#include "eigenlens/report.hpp"
#include "eigenlens/sweep.hpp"

namespace eigenlens {

/// By what noises are ranked.
enum class AdviceBasis {
  labels,  ///< alignment with the classes at K
  impact,  ///< how much a noise can change any task at K, for better or worse: labels are not used
};

/// A structure whose strengths are tried.
struct AdviceFamily {
  Pretext pretext;             ///< mask or dropout; its ratio does not matter
  std::int64_t groups = 0;     ///< P: patches of an image, or single values
  std::vector<double> ratios;  ///< ascending, of the first round
};

/// What is tried, by the shape alone: fewer noises for larger images.
struct AdviceSearch {
  std::vector<AdviceFamily> families;
  std::size_t refined_families = 0;  ///< the best ones, whose strengths are refined between grid points
  int rounds = 0;                    ///< of refinement
  std::size_t ranked_families = 0;   ///< whose best is ranked, with its interval
  std::vector<std::string> notes;    ///< what is left out, and why

  /// The first round, plain reconstruction first.
  [[nodiscard]] EIGENLENS_API std::vector<Pretext> grid() const;
  /// Curves in all, at most, with a jackknife of this many shards (1: none).
  [[nodiscard]] EIGENLENS_API std::int64_t most_curves(std::int64_t shards) const;
};

/// Patches: at most six sizes that divide the image, evenly spread on a logarithmic axis, below its size; single values
/// where they differ from single pixels, and alone where the shape is none of an image.
EIGENLENS_API AdviceSearch plan_search(const ImageShape& shape);

struct AdviceOptions {
  std::int64_t k = 0;  ///< 0: a tenth of the rank, rounded, at least 1
  AdviceBasis basis = AdviceBasis::labels;
  Progress progress;
};

/// Something that was tried.
struct AdviceTrial {
  Pretext pretext;
  int round = 0;                  ///< 0: the grid
  std::optional<double> gain;     ///< of alignment at K over plain reconstruction
  std::optional<double> max_sin;  ///< sin θ_max at K, where impact ranks
};

/// The best of a family at K, or plain reconstruction.
struct AdviceRow {
  Pretext pretext;
  std::vector<double> alignment;  ///< at Advice::shown_k, in [0, 1]; empty where labels are not used
  std::vector<double> gain;       ///< over plain reconstruction, at the same
  std::vector<double> gain_se;    ///< empty without a jackknife
  std::int64_t k90 = 0;           ///< smallest K for an alignment of 90 %
  std::int64_t k99 = 0;
  double learning_ratio = 0;      ///< (98); 0 where labels are not used
  std::optional<double> max_sin;  ///< sin θ_max at K: no task changes by more than this share
  std::int64_t keep_count = 0;    ///< patches kept that learn (nearly) the same, (97); 0: there is no such count
  bool as_good_as_best = false;   ///< its distance to the first row is within the two intervals, (96)
};

/// The best noise at another K, of all that were tried.
struct AdviceElsewhere {
  std::int64_t k = 0;
  Pretext pretext;
  double alignment = 0;
  double gain = 0;
  std::optional<double> gain_se;
};

struct Advice : ResultFacts {
  AdviceBasis basis = AdviceBasis::labels;
  std::int64_t k = 0;
  std::vector<std::int64_t> shown_k;  ///< about K/4, K, 4K
  std::size_t k_place = 0;            ///< of K in shown_k
  std::int64_t shards = 0;            ///< of the jackknife; 0: no intervals
  double student = 0;                 ///< half an interval in standard errors
  std::vector<AdviceRow> rows;        ///< best first
  std::vector<AdviceElsewhere> elsewhere;
  std::vector<AdviceTrial> trials;
  std::vector<std::string> notes;

  /// The row of plain reconstruction.
  [[nodiscard]] EIGENLENS_API const AdviceRow& plain() const;
  /// Whether this is the weakest or the strongest that was tried of its kind, so that something beyond may be better.
  [[nodiscard]] EIGENLENS_API bool at_edge(const Pretext& pretext) const;
};

/// Of the data set in these shards; one shard: no intervals. Cost: AdviceSearch::most_curves. Errors: those of
/// jackknife() and impact(). One class: ranked by impact, whatever the options say.
EIGENLENS_API Advice advise(const ShardPointers& shards, const Device& device, const AdviceOptions& options = {});
EIGENLENS_API Advice advise(const std::vector<Moments>& shards, const Device& device,
                            const AdviceOptions& options = {});
/// With the shards, which the caller holds.
EIGENLENS_API MemoryPlan plan_advice(const ImageShape& shape, std::int64_t classes, std::int64_t shards,
                                     const Device& device);

/// What to do, in a few sentences: what the table's first rows mean.
EIGENLENS_API std::string advice_verdict(const Advice& advice);
/// What a linear theory cannot say.
EIGENLENS_API std::string advice_caveat(const Advice& advice);

/// `eigenlens.advice/1`, written atomically; ReportOptions::k does not matter.
EIGENLENS_API void write_json(const Advice& advice, const std::string& path, const ReportOptions& options = {});
/// The same document as a text.
EIGENLENS_API std::string to_json(const Advice& advice, const ReportOptions& options = {});
/// Ranked table, verdict and caveat, for a terminal.
EIGENLENS_API std::string format_table(const Advice& advice);
/// Draws an advice file: gain at K against the share hidden, a line a patch size. Errors as plot_curves.
EIGENLENS_API void plot_advice(const std::string& advice_json, const std::string& out);

}  // namespace eigenlens
