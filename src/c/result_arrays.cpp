// SPDX-License-Identifier: Apache-2.0
// Numbers of a document by their JSON pointers (RFC 6901).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "c/result.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::c {
namespace {

using Document = nlohmann::json;

constexpr std::uint64_t largest_whole = std::numeric_limits<std::int64_t>::max();

const Document& document_of(const eigenlens_result& result) {
  if (!result.document) result.document = Document::parse(document_text(result, {}));
  return *result.document;
}

/// "which has dataset, n, …" or "which has 3 entries".
std::string contents_of(const Document& place) {
  if (place.is_array()) return fmt::format("which has {} entries", place.size());
  if (!place.is_object()) return "which has no parts";
  std::vector<std::string> names;
  for (const auto& [name, value] : place.items()) names.push_back(name);
  return fmt::format("which has {}", fmt::join(names, ", "));
}

/// "~1" stands for a slash, "~0" for a tilde.
std::string unescaped(std::string token) {
  for (const auto& [escape, character] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}})
    for (std::size_t at = 0; (at = token.find(escape, at)) != std::string::npos; ++at) token.replace(at, 2, character);
  return token;
}

/// One step down; null if there is none.
const Document* part_of(const Document& place, const std::string& token) {
  if (place.is_object()) {
    const auto found = place.find(token);
    return found == place.end() ? nullptr : &*found;
  }
  const bool digits = !token.empty() && token.size() < 10 && token.find_first_not_of("0123456789") == std::string::npos;
  if (!place.is_array() || !digits || (token.size() > 1 && token.front() == '0')) return nullptr;
  const std::size_t index = std::stoul(token);
  return index < place.size() ? &place[index] : nullptr;
}

const Document& place_at(const Document& document, const std::string& pointer) {
  if (!pointer.empty() && pointer.front() != '/')
    throw Error(ErrorCode::usage,
                fmt::format("'{}' is no JSON pointer: expected one such as /curves/0/alignment", pointer));
  const Document* place = &document;
  for (std::size_t begin = 0; begin < pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', begin + 1), pointer.size());
    const Document* part = part_of(*place, unescaped(pointer.substr(begin + 1, end - begin - 1)));
    if (!part)
      throw Error(ErrorCode::usage,
                  fmt::format("the result has no '{}': it leads to {}, {}", pointer,
                              begin == 0 ? "the document" : "'" + pointer.substr(0, begin) + "'", contents_of(*place)));
    place = part;
    begin = end;
  }
  return *place;
}

/// The weight "inf" of a joint objective is a number too.
bool is_number(const Document& value) { return value.is_number() || value == "inf"; }

/// Whole, and in the range of int64.
bool is_whole(const Document& value) {
  return value.is_number_integer() && !(value.is_number_unsigned() && value.get<std::uint64_t>() > largest_whole);
}

double real_of(const Document& value) {
  return value.is_string() ? std::numeric_limits<double>::infinity() : value.get<double>();
}

NumberList list_of(const Document& place, const std::string& pointer) {
  const bool alone = is_number(place);
  const auto each = [&](const auto& visit) {
    if (alone) return visit(place);
    for (const Document& value : place) visit(value);
  };
  bool whole = alone || !place.empty(), good = alone || place.is_array();
  if (good)
    each([&](const Document& value) {
      good = good && is_number(value);
      whole = whole && is_whole(value);
    });
  if (!good)
    throw Error(ErrorCode::usage,
                fmt::format("the result has no numbers at '{}', but {}, {}", pointer,
                            place.is_array() ? "other things" : place.type_name(), contents_of(place)));
  NumberList list;
  each([&](const Document& value) {
    if (whole)
      list.wholes.push_back(value.get<std::int64_t>());
    else
      list.reals.push_back(real_of(value));
  });
  if (!alone) list.view.shape = {static_cast<std::int64_t>(place.size())};
  list.view.strides = row_major(list.view.shape);
  list.view.scalar = whole ? EIGENLENS_INT64 : EIGENLENS_FLOAT64;
  return list;
}

ArrayView view_of(const std::vector<double>& values) {
  return {values.data(), EIGENLENS_FLOAT64, {static_cast<std::int64_t>(values.size())}, {1}};
}

/// Column-major, as it lies.
ArrayView view_of(const DenseF64& matrix) {
  return {matrix.data(), EIGENLENS_FLOAT64, {matrix.rows(), matrix.cols()}, {1, matrix.rows()}};
}

}  // namespace

const ArrayView& numbers_at(const eigenlens_result& result, const std::string& pointer) {
  if (const auto matrix = result.matrices.find(pointer); matrix != result.matrices.end()) return matrix->second;
  auto found = result.lists.find(pointer);
  if (found == result.lists.end()) {
    found = result.lists.emplace(pointer, list_of(place_at(document_of(result), pointer), pointer)).first;
    NumberList& list = found->second;
    list.view.values = list.view.scalar == EIGENLENS_INT64 ? static_cast<const void*>(list.wholes.data())
                                                           : static_cast<const void*>(list.reals.data());
  }
  return found->second.view;
}

void add_matrices(const MappedFrontier& frontier, std::map<std::string, ArrayView>& matrices) {
  for (std::size_t i = 0; i < frontier.maps.size(); ++i) {
    const JointMaps& maps = frontier.maps[i];
    matrices[fmt::format("/maps/{}/encoder", i)] = view_of(maps.encoder);
    matrices[fmt::format("/maps/{}/classifier", i)] = view_of(maps.classifier);
    matrices[fmt::format("/maps/{}/decoder", i)] = view_of(maps.decoder);
  }
  if (frontier.maps.empty()) return;
  matrices["/mean"] = view_of(frontier.maps.front().mean);
  matrices["/frequency"] = view_of(frontier.maps.front().frequency);
}

void add_matrices(const EncodersResult& result, std::map<std::string, ArrayView>& matrices) {
  for (std::size_t i = 0; i < result.encoders.size(); ++i) {
    const PretextEncoder& one = result.encoders[i];
    matrices[fmt::format("/encoders/{}/encoder", i)] = view_of(one.encoder);
    matrices[fmt::format("/encoders/{}/decoder", i)] = view_of(one.decoder);
    matrices[fmt::format("/encoders/{}/refit", i)] = view_of(one.refit);
    if (one.classifier.size() > 0) matrices[fmt::format("/encoders/{}/classifier", i)] = view_of(one.classifier);
  }
  matrices["/mean"] = view_of(result.mean);
}

}  // namespace eigenlens::c
