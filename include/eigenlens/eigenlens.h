/* SPDX-License-Identifier: Apache-2.0 */
/** \file
 * The C interface: opaque handles, status codes, the text of the last error. Everything that eigenlens does is here;
 * the quantities are explained in the C++ headers that the comments name, the fields of results in docs/formats.md.
 *
 * - A function that can fail returns an eigenlens_status; what it makes goes through its last argument, which is left
 *   alone on failure. eigenlens_last_error() then says in one sentence what is wrong, where, and what was expected.
 * - A struct that is passed in begins with its size: initialise it with its EIGENLENS_…_INIT, and a library that knows
 *   more members takes their defaults. Strings that are NULL stand for the default. Texts are UTF-8.
 * - A handle that a function makes is the caller's; its …_close takes NULL too. Handles are not thread-safe: one thread
 *   at a time each, but different handles in different threads.
 * - Pointers to const that are given out belong to the handle, and live until it is closed or changed.
 * - Nothing is printed, and no exception leaves.
 */
#ifndef EIGENLENS_EIGENLENS_H
#define EIGENLENS_EIGENLENS_H

#include <stddef.h>
#include <stdint.h>

#include "eigenlens/export.hpp"

#ifdef __cplusplus
extern "C" {
#endif

/** Raised when something that is here changes in an incompatible way; additions do not raise it. */
#define EIGENLENS_INTERFACE 1

/** What a call came to; the numbers are also the exit codes of the command line. */
typedef enum eigenlens_status {
  EIGENLENS_OK = 0,
  EIGENLENS_UNKNOWN = 1,     /**< anything else: a bug */
  EIGENLENS_USAGE = 2,       /**< an argument that can never work */
  EIGENLENS_DATA = 3,        /**< data or file damaged, or not what it says */
  EIGENLENS_IO = 4,          /**< the system refused to read or write */
  EIGENLENS_MEMORY = 5,      /**< the plan does not fit, or the system gave no more */
  EIGENLENS_NUMERICAL = 6,   /**< the mathematics has no answer (rank 0, one class) */
  EIGENLENS_UNAVAILABLE = 7, /**< a device, library or program is not there */
  EIGENLENS_CANCELLED = 8,   /**< the progress function, or a reader, said stop */
  EIGENLENS_DEVICE = 9       /**< a GPU or one of its libraries failed while it worked */
} eigenlens_status;

EIGENLENS_API const char* eigenlens_version(void); /**< "0.1.0 (git …)" */
EIGENLENS_API int32_t eigenlens_interface(void);   /**< EIGENLENS_INTERFACE of the library that is loaded */
/** Of the last call in this thread that failed; "" before. Lives until the next call in this thread. */
EIGENLENS_API const char* eigenlens_last_error(void);
/** Frees a text that a function gave out through char**. */
EIGENLENS_API void eigenlens_text_free(char* text);

/* ---- Where the work is done (device.hpp) ------------------------------------------------------------------------ */

typedef struct eigenlens_device eigenlens_device;
typedef struct eigenlens_device_options {
  size_t struct_size;
  const char* name; /**< auto (default) | cpu | cuda | cuda:N */
  int32_t threads;  /**< of the host; 0: every core that may be used */
  int64_t memory;   /**< budget of host memory in bytes; 0: what is available */
} eigenlens_device_options;
EIGENLENS_API eigenlens_status eigenlens_device_open(const eigenlens_device_options* options,
                                                     eigenlens_device** device);
/** A JSON object: device, chosen, notice, threads, memory_budget, and what the backend says of itself. */
EIGENLENS_API eigenlens_status eigenlens_device_describe(const eigenlens_device* device, char** json);
EIGENLENS_API void eigenlens_device_close(eigenlens_device* device);
/** CUDA devices of this machine, usable or not, and versions: a JSON object. */
EIGENLENS_API eigenlens_status eigenlens_cuda_survey(char** json);
/** `total` is 0 if unknown. Called from the thread that called the library; a value other than 0 stops the work. */
typedef int32_t (*eigenlens_progress)(void* user_data, const char* stage, int64_t done, int64_t total,
                                      const char* unit);

/** How work is run; NULL in its place: the device `auto`, no progress. */
typedef struct eigenlens_run {
  size_t struct_size;
  const eigenlens_device* device; /**< NULL: auto */
  eigenlens_progress progress;    /**< NULL: none */
  void* user_data;
} eigenlens_run;

/* ---- Data sets (dataset.hpp) ------------------------------------------------------------------------------------ */

typedef enum eigenlens_scalar {
  EIGENLENS_UINT8 = 0, /**< exact int64 moments */
  EIGENLENS_FLOAT32 = 1,
  EIGENLENS_FLOAT64 = 2,
  EIGENLENS_INT64 = 3 /**< of arrays that are given out */
} eigenlens_scalar;

typedef enum eigenlens_place {
  EIGENLENS_HOST = 0,
  /** Memory of the CUDA device that the accumulator works on; work on it makes it the calling thread's current one. */
  EIGENLENS_CUDA = 1
} eigenlens_place;

/** b samples of D values each, side by side (C order, b × D); labels in [0, classes), on the host. */
typedef struct eigenlens_batch {
  size_t struct_size;
  int32_t scalar; /**< eigenlens_scalar */
  int32_t place;  /**< eigenlens_place, of the values */
  int64_t count;
  int64_t dimension;
  const void* values;
  const int32_t* labels; /**< NULL: one class, 0 */
  uintptr_t stream;      /**< the cudaStream_t whose work writes CUDA values (1: the default), waited for; 0: ready */
} eigenlens_batch;

typedef struct eigenlens_samples {
  size_t struct_size;
  const char* name;                /**< for people */
  int32_t scalar;                  /**< eigenlens_scalar */
  int64_t channels, height, width; /**< D is their product; vectors are 1 × 1 × D */
  int64_t classes;                 /**< C; 0: as many as the largest label says (not for readers of one's own) */
  int64_t count;                   /**< N; 0: not known (not for readers of one's own) */
  const char* const* class_names;  /**< NULL, or C names */
} eigenlens_samples;

typedef struct eigenlens_dataset eigenlens_dataset;
typedef struct eigenlens_dataset_options {
  size_t struct_size;
  const char* format;     /**< auto | idx | cifar10 | cifar100 | npy | image-folder | image-list | generated */
  const char* split;      /**< train (default) | test */
  const char* labels;     /**< labels file; "none": there are none */
  const char* layout;     /**< of a 4-D .npy: auto | nhwc | nchw */
  const char* label_kind; /**< of CIFAR-100: fine | coarse */
  const char* resize;     /**< of image files, as are the next three: "S" or "HxW" */
  const char* crop;
  const char* colour; /**< auto | rgb | grey */
  int64_t skip_bad;   /**< files that may be damaged; they are left out and listed */
  int64_t label_base, classes;
  int64_t batch;   /**< samples a batch; 0: about 8 MiB */
  int32_t threads; /**< that decode images; 0: every core */
} eigenlens_dataset_options;
/** A data set of one's own, in host memory. Before every pass `rewind` goes to the first sample; `next` fills a batch
 * that lives until its next call, count 0 at the end. Both are called from the thread that called the library. A value
 * other than 0 stops the work: with that status if it is one from EIGENLENS_USAGE on, else EIGENLENS_CANCELLED. */
typedef struct eigenlens_reader {
  size_t struct_size;
  int32_t (*next)(void* user_data, eigenlens_batch* batch);
  int32_t (*rewind)(void* user_data);
  void* user_data;
} eigenlens_reader;
EIGENLENS_API eigenlens_status eigenlens_dataset_open(const char* path, const eigenlens_dataset_options* options,
                                                      eigenlens_dataset** dataset);
EIGENLENS_API eigenlens_status eigenlens_dataset_from(const eigenlens_samples* samples, const eigenlens_reader* reader,
                                                      eigenlens_dataset** dataset);
/** Fills `samples`, whose struct_size is set; texts are the data set's. */
EIGENLENS_API eigenlens_status eigenlens_dataset_samples(const eigenlens_dataset* dataset, eigenlens_samples* samples);
/** The next batch, host memory of the data set's until the next call; count 0 at the end. */
EIGENLENS_API eigenlens_status eigenlens_dataset_next(eigenlens_dataset* dataset, eigenlens_batch* batch);
/** Back to the first sample. Functions that take a data set do this first, and leave it there. */
EIGENLENS_API eigenlens_status eigenlens_dataset_rewind(eigenlens_dataset* dataset);
/** Files that were left out of the last pass that came to its end: a JSON list of {path, reason}. */
EIGENLENS_API eigenlens_status eigenlens_dataset_skipped(const eigenlens_dataset* dataset, char** json);
EIGENLENS_API void eigenlens_dataset_close(eigenlens_dataset* dataset);

typedef struct eigenlens_generate_options {
  size_t struct_size;
  int64_t count, test_count;       /**< images to train on, and to test on */
  int64_t channels, height, width; /**< 1 or 3 channels */
  int64_t classes;                 /**< 2 to 10 */
  double background;               /**< strength of the texture, in [0, 1] */
  uint64_t seed;
} eigenlens_generate_options;
/** generate.hpp: a data set written into a folder. */
EIGENLENS_API eigenlens_status eigenlens_generate(const char* folder, const eigenlens_generate_options* options,
                                                  const eigenlens_run* run);

/* ---- Arrays ----------------------------------------------------------------------------------------------------- */

/** Memory of a handle's. Element (i, j, …) is data[i·strides[0] + j·strides[1] + …], strides in elements. */
typedef struct eigenlens_array {
  size_t struct_size;
  const void* data;
  int32_t scalar; /**< eigenlens_scalar */
  int32_t ndim;   /**< up to 4; 0: a number */
  int64_t shape[4];
  int64_t strides[4];
} eigenlens_array;

/* ---- Moments (moments.hpp, dual_moments.hpp) -------------------------------------------------------------------- */

typedef struct eigenlens_moments eigenlens_moments;
typedef struct eigenlens_accumulator eigenlens_accumulator;
/** Σx, Σxxᵀ, Σxyᵀ of batches that the caller has. uint8 batches give exact moments: the same bits for every split. */
EIGENLENS_API eigenlens_status eigenlens_accumulator_open(const eigenlens_samples* samples, const eigenlens_run* run,
                                                          eigenlens_accumulator** accumulator);
/** Adds a batch; values are not copied but where a batch is small. A refused batch leaves the sums as they were. */
EIGENLENS_API eigenlens_status eigenlens_accumulator_add(eigenlens_accumulator* accumulator,
                                                         const eigenlens_batch* batch);
/** What was added; the accumulator is empty afterwards. */
EIGENLENS_API eigenlens_status eigenlens_accumulator_finish(eigenlens_accumulator* accumulator,
                                                            eigenlens_moments** moments);
EIGENLENS_API void eigenlens_accumulator_close(eigenlens_accumulator* accumulator);

typedef struct eigenlens_moments_options {
  size_t struct_size;
  const char* form;            /**< primal (default) | dual | auto: dual where there are fewer samples than inputs */
  const char* const* pretexts; /**< of the dual form: those that will be swept */
  size_t pretext_count;
} eigenlens_moments_options;
/** A data set read once. */
EIGENLENS_API eigenlens_status eigenlens_moments_of(eigenlens_dataset* dataset,
                                                    const eigenlens_moments_options* options, const eigenlens_run* run,
                                                    eigenlens_moments** moments);
/** The same in `count` shards, for intervals (jackknife.hpp); `shards` has room for as many handles. */
EIGENLENS_API eigenlens_status eigenlens_moments_shards(eigenlens_dataset* dataset, int64_t count,
                                                        const eigenlens_run* run, eigenlens_moments** shards);
EIGENLENS_API eigenlens_status eigenlens_moments_merge(const eigenlens_moments* a, const eigenlens_moments* b,
                                                       eigenlens_moments** sum);
EIGENLENS_API eigenlens_status eigenlens_moments_subtract(const eigenlens_moments* a, const eigenlens_moments* b,
                                                          eigenlens_moments** difference);
EIGENLENS_API eigenlens_status eigenlens_moments_save(const eigenlens_moments* moments, const char* path);
EIGENLENS_API eigenlens_status eigenlens_moments_load(const char* path, eigenlens_moments** moments);
EIGENLENS_API eigenlens_status eigenlens_moments_samples(const eigenlens_moments* moments, eigenlens_samples* samples);
/** The tensors of docs/formats.md by name: "gram", "cross", "sum", "class_counts", … USAGE lists them. */
EIGENLENS_API eigenlens_status eigenlens_moments_array(const eigenlens_moments* moments, const char* name,
                                                       eigenlens_array* array);
/** A JSON object: form, arithmetic, dataset, n, d, shape, classes, class_names, and the names of the arrays. */
EIGENLENS_API eigenlens_status eigenlens_moments_describe(const eigenlens_moments* moments, char** json);
EIGENLENS_API void eigenlens_moments_close(eigenlens_moments* moments);

/* ---- Results ---------------------------------------------------------------------------------------------------- */

/** What an operation found: a document, the fields of docs/formats.md, whose lists of numbers are also arrays. */
typedef struct eigenlens_result eigenlens_result;
typedef struct eigenlens_result_options {
  size_t struct_size;
  const int64_t* k; /**< latent dimensions to write; NULL: all */
  size_t k_count;
  const char* const* provenance; /**< key, value, key, value …: added to what is known of device and library */
  size_t provenance_count;       /**< texts in all: twice the keys */
} eigenlens_result_options;
/** The document of any result file. A loaded result can do all but table, CSV and options. */
EIGENLENS_API eigenlens_status eigenlens_result_load(const char* path, eigenlens_result** result);
/** "eigenlens.curves/1". */
EIGENLENS_API const char* eigenlens_result_format(const eigenlens_result* result);
/** The document as eigenlens_result_save writes it. */
EIGENLENS_API eigenlens_status eigenlens_result_json(const eigenlens_result* result,
                                                     const eigenlens_result_options* options, char** json);
/** Numbers by their JSON pointer, "/curves/0/alignment", "/dataset/shape", "/dataset/rank" (ndim 0), with all K: int64
 * where all are whole in the document, else float64, the weight "inf" included; of encoders and frontiers also matrices
 * that no document has: "/encoders/0/encoder". USAGE names the nearest place that is there. */
EIGENLENS_API eigenlens_status eigenlens_result_array(const eigenlens_result* result, const char* pointer,
                                                      eigenlens_array* array);
EIGENLENS_API eigenlens_status eigenlens_result_save(const eigenlens_result* result, const char* path,
                                                     const eigenlens_result_options* options);
EIGENLENS_API eigenlens_status eigenlens_result_csv(const eigenlens_result* result, const char* path,
                                                    const eigenlens_result_options* options);
/** For a terminal. */
EIGENLENS_API eigenlens_status eigenlens_result_table(const eigenlens_result* result,
                                                      const eigenlens_result_options* options, char** text);
/** A picture (.svg or .png), by gnuplot; of encoders a .png of their directions. */
EIGENLENS_API eigenlens_status eigenlens_result_plot(const eigenlens_result* result, const char* out);
EIGENLENS_API void eigenlens_result_close(eigenlens_result* result);

typedef struct eigenlens_report_options {
  size_t struct_size;
  const char* title;           /**< NULL: the data set's name */
  const char* const* pictures; /**< PNG files beside those that the results name, each followed by its caption */
  size_t picture_count;        /**< texts in all: twice the pictures */
} eigenlens_report_options;
/** One HTML file of result files, which needs no network (html_report.hpp). */
EIGENLENS_API eigenlens_status eigenlens_report(const char* const* result_paths, size_t count, const char* out,
                                                const eigenlens_report_options* options);

/* ---- Operations. Pretexts are specifications (pretext.hpp): "mask:patch=4,ratio=0:0.9:10" stands for ten. ------- */

typedef enum eigenlens_mode { EIGENLENS_STANDARD = 0, EIGENLENS_ACCURATE = 1 } eigenlens_mode;
typedef struct eigenlens_sweep_options {
  size_t struct_size;
  const char* const* pretexts;
  size_t pretext_count;
  int32_t mode;      /**< eigenlens_mode */
  int64_t largest_k; /**< the largest K that is wanted; 0: the rank */
  double ridge;      /**< of eigenlens_probe */
} eigenlens_sweep_options;
/** sweep.hpp: eigenlens.curves/1. Moments of either form. */
EIGENLENS_API eigenlens_status eigenlens_sweep(const eigenlens_moments* moments, const eigenlens_sweep_options* options,
                                               const eigenlens_run* run, eigenlens_result** result);
/** jackknife.hpp: the same of all shards, with intervals. */
EIGENLENS_API eigenlens_status eigenlens_jackknife(const eigenlens_moments* const* shards, size_t shard_count,
                                                   const eigenlens_sweep_options* options, const eigenlens_run* run,
                                                   eigenlens_result** result);
/** probe.hpp: the same with the accuracy on a test set at every K. */
EIGENLENS_API eigenlens_status eigenlens_probe(const eigenlens_moments* moments, eigenlens_dataset* test,
                                               const eigenlens_sweep_options* options, const eigenlens_run* run,
                                               eigenlens_result** result);

typedef struct eigenlens_encoder_options {
  size_t struct_size;
  const char* const* pretexts;
  size_t pretext_count;
  int64_t k;          /**< features; 0: the rank */
  int32_t mode;       /**< eigenlens_mode */
  int32_t unlabelled; /**< other than 0: labels are not used, and no classifier is made */
  const char* folder; /**< where the matrices are written as .npy; NULL: nowhere */
} eigenlens_encoder_options;
/** encoders.hpp: eigenlens.encoders/1, with the arrays "/encoders/0/encoder" (D × K), "…/decoder" and "…/refit"
 * (K × D), "…/classifier" (K × C), "/mean" (D), "/frequency" (C). */
EIGENLENS_API eigenlens_status eigenlens_encoders(const eigenlens_moments* moments,
                                                  const eigenlens_encoder_options* options, const eigenlens_run* run,
                                                  eigenlens_result** result);

typedef struct eigenlens_impact_options {
  size_t struct_size;
  const char* const* pretexts;
  size_t pretext_count;
  int32_t mode;      /**< eigenlens_mode */
  int32_t couplings; /**< other than 0: couplings alone, no angles (ImpactDepth) */
  const int64_t* k;  /**< where sin θ_max is computed; NULL: about twenty */
  size_t k_count;
} eigenlens_impact_options;
/** impact.hpp: eigenlens.impact/1. */
EIGENLENS_API eigenlens_status eigenlens_impact(const eigenlens_moments* moments,
                                                const eigenlens_impact_options* options, const eigenlens_run* run,
                                                eigenlens_result** result);

typedef struct eigenlens_frontier_options {
  size_t struct_size;
  const double* lambdas; /**< NULL: those of the command line, usual_lambdas */
  size_t lambda_count;
  int64_t maps_k;     /**< features of the maps; 0: none */
  const char* folder; /**< where the maps are written as .npy; NULL: nowhere */
} eigenlens_frontier_options;
/** frontier.hpp: eigenlens.frontier/1. With maps, "/maps/0/encoder" (D × K), "…/classifier" (K × C) and "…/decoder"
 * (K × D) of every point are arrays, as are "/mean" (D) and "/frequency" (C). */
EIGENLENS_API eigenlens_status eigenlens_frontier(const eigenlens_moments* moments,
                                                  const eigenlens_frontier_options* options, const eigenlens_run* run,
                                                  eigenlens_result** result);

typedef struct eigenlens_advice_options {
  size_t struct_size;
  int64_t k;          /**< 0: a tenth of the rank */
  int32_t unlabelled; /**< other than 0: ranked by impact */
} eigenlens_advice_options;
/** advice.hpp: eigenlens.advice/1; one shard: no intervals. */
EIGENLENS_API eigenlens_status eigenlens_advise(const eigenlens_moments* const* shards, size_t shard_count,
                                                const eigenlens_advice_options* options, const eigenlens_run* run,
                                                eigenlens_result** result);

/** learning.hpp: eigenlens.learning/1. `initial`: the strength at the beginning; 0: 1e-4. */
EIGENLENS_API eigenlens_status eigenlens_learning(const eigenlens_moments* moments, double initial,
                                                  const eigenlens_run* run, eigenlens_result** result);

typedef struct eigenlens_bands_options {
  size_t struct_size;
  const double* top; /**< shares of the variance */
  size_t top_count;
  const double* bottom;
  size_t bottom_count;
  eigenlens_dataset* test;   /**< whose accuracy is wanted, or NULL */
  eigenlens_dataset* source; /**< that is projected, or NULL */
  const char* folder;        /**< where the bands of `source` are written as data sets; NULL: nowhere */
  const char* sheet;         /**< PNG with images of `source` and their bands; NULL: none */
  int32_t float32;           /**< other than 0: written as .npy of float32 whatever was read */
} eigenlens_bands_options;
/** bands.hpp: eigenlens.bands/1. */
EIGENLENS_API eigenlens_status eigenlens_bands(const eigenlens_moments* moments, const eigenlens_bands_options* options,
                                               const eigenlens_run* run, eigenlens_result** result);

/* ---- Pretexts and plans ----------------------------------------------------------------------------------------- */

/** The pretexts that a specification stands for, spelled out: a JSON list of texts. */
EIGENLENS_API eigenlens_status eigenlens_pretexts(const char* specification, char** json);
/** mask_moments.hpp: `count` masks as count × P bytes, 1 shown, into `masks`. `patches` P is written first; masks may
 * be NULL to ask for it. */
EIGENLENS_API eigenlens_status eigenlens_draw_masks(const char* pretext, const eigenlens_samples* samples,
                                                    int64_t count, int64_t* patches, uint8_t* masks);
/** What a sweep of such samples takes before it starts (plan_sweep): a JSON object: bytes, budget, device_bytes,
 * device_budget, lanes, fits, text. */
EIGENLENS_API eigenlens_status eigenlens_plan(const eigenlens_samples* samples, const eigenlens_sweep_options* options,
                                              const eigenlens_run* run, char** json);

/* ---- The defaults of every struct ------------------------------------------------------------------------------- */

/* clang-format off */
#define EIGENLENS_DEVICE_OPTIONS_INIT {sizeof(eigenlens_device_options), NULL, 0, 0}
#define EIGENLENS_RUN_INIT {sizeof(eigenlens_run), NULL, NULL, NULL}
#define EIGENLENS_BATCH_INIT {sizeof(eigenlens_batch), EIGENLENS_UINT8, EIGENLENS_HOST, 0, 0, NULL, NULL, 0}
#define EIGENLENS_SAMPLES_INIT {sizeof(eigenlens_samples), NULL, EIGENLENS_UINT8, 1, 1, 0, 0, 0, NULL}
#define EIGENLENS_DATASET_OPTIONS_INIT \
  {sizeof(eigenlens_dataset_options), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0}
#define EIGENLENS_READER_INIT {sizeof(eigenlens_reader), NULL, NULL, NULL}
#define EIGENLENS_GENERATE_OPTIONS_INIT {sizeof(eigenlens_generate_options), 60000, 10000, 1, 28, 28, 10, 0.5, 1}
#define EIGENLENS_ARRAY_INIT {sizeof(eigenlens_array), NULL, EIGENLENS_FLOAT64, 0, {0, 0, 0, 0}, {0, 0, 0, 0}}
#define EIGENLENS_MOMENTS_OPTIONS_INIT {sizeof(eigenlens_moments_options), NULL, NULL, 0}
#define EIGENLENS_RESULT_OPTIONS_INIT {sizeof(eigenlens_result_options), NULL, 0, NULL, 0}
#define EIGENLENS_REPORT_OPTIONS_INIT {sizeof(eigenlens_report_options), NULL, NULL, 0}
#define EIGENLENS_SWEEP_OPTIONS_INIT {sizeof(eigenlens_sweep_options), NULL, 0, EIGENLENS_STANDARD, 0, 0}
#define EIGENLENS_ENCODER_OPTIONS_INIT {sizeof(eigenlens_encoder_options), NULL, 0, 0, EIGENLENS_STANDARD, 0, NULL}
#define EIGENLENS_IMPACT_OPTIONS_INIT {sizeof(eigenlens_impact_options), NULL, 0, EIGENLENS_STANDARD, 0, NULL, 0}
#define EIGENLENS_FRONTIER_OPTIONS_INIT {sizeof(eigenlens_frontier_options), NULL, 0, 0, NULL}
#define EIGENLENS_ADVICE_OPTIONS_INIT {sizeof(eigenlens_advice_options), 0, 0}
#define EIGENLENS_BANDS_OPTIONS_INIT {sizeof(eigenlens_bands_options), NULL, 0, NULL, 0, NULL, NULL, NULL, NULL, 0}
/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
