// SPDX-License-Identifier: Apache-2.0
#include "data/generated.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>
#include <utility>

#include "data/directory.hpp"
#include "data/generated_image.hpp"
#include "data/sample_dataset.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens {

namespace {

[[noreturn]] void fail_specification(const std::string& specification, const std::string& found,
                                     const std::string& expected) {
  throw Error(ErrorCode::usage, fmt::format("'{}': {}: expected {}", specification, found, expected));
}

/// All of `text` as a number.
template <class Number>
Number parse_number(std::string_view text, const std::string& specification, std::string_view key,
                    const char* expected) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    fail_specification(specification, fmt::format("{} = '{}'", key, text), expected);
  }
  return number;
}

ImageShape parse_shape(std::string_view text, const std::string& specification) {
  std::int64_t extents[3] = {};
  constexpr const char* expected = "channels, height and width as CxHxW, for example 1x28x28";
  std::string_view rest = text;
  for (int i = 0; i < 3; ++i) {
    const std::size_t end = i < 2 ? rest.find('x') : rest.size();
    if (end == std::string_view::npos) fail_specification(specification, fmt::format("shape = '{}'", text), expected);
    extents[i] = parse_number<std::int64_t>(rest.substr(0, end), specification, "shape", expected);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {extents[0], extents[1], extents[2]};
}

void parse_item(std::string_view key, std::string_view value, const std::string& specification,
                GenerateOptions& options) {
  constexpr const char* whole = "a whole number";
  if (key == "count") {
    options.count = parse_number<std::int64_t>(value, specification, key, whole);
  } else if (key == "test_count") {
    options.test_count = parse_number<std::int64_t>(value, specification, key, whole);
  } else if (key == "shape") {
    options.shape = parse_shape(value, specification);
  } else if (key == "classes") {
    options.classes = parse_number<std::int64_t>(value, specification, key, whole);
  } else if (key == "background") {
    options.background = parse_number<double>(value, specification, key, "a number from 0 to 1");
  } else if (key == "seed") {
    options.seed = parse_number<std::uint64_t>(value, specification, key, "a whole number from 0 to 2^64 - 1");
  } else {
    fail_specification(specification, fmt::format("unknown '{}'", key), std::string(kGenerateForm));
  }
}

class GeneratedDataset final : public SampleDataset {
 public:
  GeneratedDataset(DatasetInfo info, const OpenOptions& options, const GenerateOptions& generate, bool test)
      : SampleDataset(std::move(info), options.batch), generator_(generate, test) {}

 private:
  void read(std::int64_t first, std::int64_t count, std::byte* values, std::int32_t* labels) override {
    for (std::int64_t i = 0; i < count; ++i) {
      labels[i] = generator_.label(first + i);
      generator_.draw(first + i, reinterpret_cast<std::uint8_t*>(values) + i * info().shape.size());
    }
  }

  ImageGenerator generator_;
};

}  // namespace

GenerateOptions parse_generate(const std::string& specification) {
  if (!specification.starts_with(kGeneratePrefix)) {
    fail_specification(specification, "not a generated set", std::string(kGenerateForm));
  }
  GenerateOptions options;
  std::set<std::string_view> seen;
  std::string_view rest = std::string_view(specification).substr(kGeneratePrefix.size());
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) {
      fail_specification(specification, fmt::format("'{}' has no value", item), std::string(kGenerateForm));
    }
    const std::string_view key = item.substr(0, equals);
    if (!seen.insert(key).second) fail_specification(specification, fmt::format("{} twice", key), "each key once");
    parse_item(key, item.substr(equals + 1), specification, options);
  }
  check_generate(options);
  return options;
}

std::unique_ptr<Dataset> open_generated(const std::string& specification, const OpenOptions& options) {
  const GenerateOptions generate = parse_generate(specification);
  const bool test = options.split == "test";
  const std::string splits[] = {"train", "test"};
  if (!test && options.split != "train") fail_split(specification, options.split, splits);
  if (test && generate.test_count == 0) {
    throw Error(ErrorCode::data, fmt::format("'{}' is empty: its test_count is 0", specification));
  }
  if ((options.classes != 0 && options.classes < generate.classes) || options.label_base != 0) {
    throw Error(ErrorCode::usage,
                fmt::format("'{}' has the labels 0 to {}: expected label base 0 and at least {} classes", specification,
                            generate.classes - 1, generate.classes));
  }
  DatasetInfo info{.name = "generated",
                   .source = specification,
                   .format = "generated",
                   .split = options.split,
                   .scalar = ScalarType::uint8,
                   .shape = generate.shape,
                   .count = test ? generate.test_count : generate.count,
                   .classes = options.classes > 0 ? options.classes : generate.classes,
                   .class_names = {}};
  if (info.classes == generate.classes) info.class_names = generated_class_names(generate.classes);
  return std::make_unique<GeneratedDataset>(std::move(info), options, generate, test);
}

}  // namespace eigenlens
