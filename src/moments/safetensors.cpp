// SPDX-License-Identifier: Apache-2.0
#include "moments/safetensors.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "data/atomic_file.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::safetensors {
namespace {

using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little,
              "the files are little-endian, and so is every tested machine");

constexpr std::int64_t length_bytes = 8;                         // the header's length comes first
constexpr std::int64_t largest_header = std::int64_t{16} << 20;  // ours have about 1 kB
constexpr std::int64_t element_bytes = 8;
constexpr std::size_t read_bytes = std::size_t{4} << 20;  // a piece is summed while it is in the cache

const char* name_of(Element element) { return element == Element::i64 ? "I64" : "F64"; }

/// Bytes of a tensor; negative if a dimension is negative or the product exceeds 64 bits.
std::int64_t bytes_of(const std::vector<std::int64_t>& shape) {
  std::int64_t bytes = element_bytes;
  for (const std::int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(bytes, extent, &bytes)) return -1;
  return bytes;
}

/// nlohmann's own conversion would accept 8.5 and 1e300.
std::int64_t integer_of(const Json& value) {
  if (!value.is_number_integer()) return -1;  // refused later, as every negative number is
  return value.get<std::int64_t>();
}

std::string checksum_text(std::uint32_t sum) { return fmt::format("{:08x}", sum); }

std::uint32_t add_to_checksum(std::uint32_t sum, const void* bytes, std::size_t count) {
  return static_cast<std::uint32_t>(crc32_z(sum, static_cast<const Bytef*>(bytes), count));
}

}  // namespace

void write(const std::string& path, const Metadata& metadata, const std::vector<TensorView>& tensors) {
  AtomicFile file(path);  // first: a path that cannot be written is known before the checksums are computed
  Json notes = Json::object();
  for (const auto& [key, value] : metadata) notes[key] = value;
  Json entries = Json::object();
  std::int64_t offset = 0;
  for (const TensorView& tensor : tensors) {
    const std::int64_t bytes = bytes_of(tensor.shape);
    const std::uint32_t sum = add_to_checksum(0, tensor.values, static_cast<std::size_t>(bytes));
    notes["crc32." + tensor.name] = checksum_text(sum);
    entries[tensor.name] = {
        {"dtype", name_of(tensor.element)}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  Json header = {{"__metadata__", std::move(notes)}};
  header.update(entries);
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the tensors start at a multiple of 8 bytes

  const std::uint64_t length = text.size();
  file.write(&length, sizeof length);
  file.write(text);
  for (const TensorView& tensor : tensors) file.write(tensor.values, static_cast<std::size_t>(bytes_of(tensor.shape)));
  file.commit();
}

Reader::Reader(std::string path) : path_(std::move(path)) {
  struct stat status {};
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
    const int error = errno;
    if (descriptor_ >= 0) ::close(descriptor_);
    throw Error(ErrorCode::io, fmt::format("cannot read {}: {}", path_, std::strerror(error)));
  }
  length_ = status.st_size;
  try {
    if (!S_ISREG(status.st_mode)) refuse("not a regular file");
    parse(read_header());
    check_tiling();
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

Reader::~Reader() { ::close(descriptor_); }

void Reader::refuse(const std::string& reason) const {
  throw Error(ErrorCode::data, fmt::format("{}: {}", path_, reason));
}

void Reader::read_at(std::int64_t offset, void* bytes, std::size_t count) {
  char* next = static_cast<char*>(bytes);
  while (count > 0) {
    const ssize_t got = ::pread(descriptor_, next, count, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(ErrorCode::io, fmt::format("cannot read {}: {}", path_, std::strerror(errno)));
    if (got == 0) refuse(fmt::format("the file ends at byte {} while it is being read", offset));
    next += got;
    offset += got;
    count -= static_cast<std::size_t>(got);
  }
}

std::string Reader::read_header() {
  std::uint64_t header = 0;
  if (length_ < length_bytes) refuse(fmt::format("not a safetensors file: only {} bytes long", length_));
  read_at(0, &header, sizeof header);
  if (header > static_cast<std::uint64_t>(largest_header))
    refuse(fmt::format("not a safetensors file: its first 8 bytes announce a header of {} bytes (at most {} expected)",
                       header, largest_header));
  data_begin_ = length_bytes + static_cast<std::int64_t>(header);
  if (data_begin_ > length_)
    refuse(fmt::format("damaged: a header of {} bytes is announced, but the file has {} bytes", header, length_));
  std::string text(header, ' ');
  read_at(length_bytes, text.data(), text.size());
  return text;
}

void Reader::parse(const std::string& text) {
  const Json header = Json::parse(text, nullptr, false);
  if (!header.is_object()) refuse("damaged: the header is not a JSON object");
  std::string name;  // for the message
  try {
    for (const auto& [key, value] : header.items()) {
      name = key;
      if (key == "__metadata__") {
        metadata_ = value.get<std::map<std::string, std::string>>();
        continue;
      }
      const auto dtype = value.at("dtype").get<std::string>();
      if (dtype != "I64" && dtype != "F64")
        refuse(fmt::format("tensor {}: element type {}, expected I64 or F64", name, dtype));
      Entry entry{dtype == "I64" ? Element::i64 : Element::f64, {}, 0, 0};
      for (const Json& extent : value.at("shape")) entry.shape.push_back(integer_of(extent));
      entry.begin = integer_of(value.at("data_offsets").at(0));
      entry.end = integer_of(value.at("data_offsets").at(1));
      tensors_[key] = std::move(entry);
    }
  } catch (const Json::exception&) {
    refuse(fmt::format("damaged: the header's entry {} is not what safetensors prescribes", name));
  }
}

void Reader::check_tiling() const {
  std::vector<std::pair<Entry, std::string>> order;
  for (const auto& [name, entry] : tensors_) order.emplace_back(entry, name);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.begin, a.first.end) < std::pair(b.first.begin, b.first.end);
  });
  std::int64_t expected = 0;
  for (const auto& [entry, name] : order) {
    if (entry.begin != expected)
      refuse(fmt::format("tensor {}: starts at byte {} of the data, expected {}", name, entry.begin, expected));
    const std::int64_t bytes = bytes_of(entry.shape);
    if (bytes < 0 || entry.end < entry.begin || entry.end - entry.begin != bytes)
      refuse(fmt::format("tensor {}: shape [{}] does not fit its bytes {} to {}", name, fmt::join(entry.shape, ", "),
                         entry.begin, entry.end));
    expected = entry.end;
  }
  const std::int64_t found = length_ - data_begin_;
  if (expected != found)
    refuse(fmt::format("{} bytes of tensors, its header expects {}: {}", found, expected,
                       expected > found ? "the file is cut off" : "something follows the tensors"));
}

const std::string& Reader::metadata(const std::string& key) const {
  const auto found = metadata_.find(key);
  if (found == metadata_.end()) refuse(fmt::format("no {} in its metadata", key));
  return found->second;
}

const std::vector<std::int64_t>& Reader::shape(const std::string& name, Element element, std::size_t rank) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) refuse(fmt::format("tensor {} is missing", name));
  const Entry& entry = found->second;
  if (entry.element != element)
    refuse(fmt::format("tensor {}: element type {}, expected {}", name, name_of(entry.element), name_of(element)));
  if (entry.shape.size() != rank)
    refuse(fmt::format("tensor {}: {} dimensions, expected {}", name, entry.shape.size(), rank));
  return entry.shape;
}

void Reader::expect_only(const std::vector<std::string>& names) const {
  for (const auto& [name, entry] : tensors_)
    if (std::find(names.begin(), names.end(), name) == names.end())
      refuse(fmt::format("tensor {} is unknown; expected {}", name, fmt::join(names, ", ")));
}

void Reader::read(const std::string& name, void* values) {
  const Entry& entry = tensors_.at(name);
  char* next = static_cast<char*>(values);
  std::uint32_t sum = 0;
  for (std::int64_t at = entry.begin; at < entry.end;) {
    const std::size_t count = std::min(read_bytes, static_cast<std::size_t>(entry.end - at));
    read_at(data_begin_ + at, next, count);
    sum = add_to_checksum(sum, next, count);
    next += count;
    at += static_cast<std::int64_t>(count);
  }
  const std::string& expected = metadata("crc32." + name);
  if (checksum_text(sum) != expected)
    refuse(fmt::format("tensor {}: its CRC-32 is {}, the header says {}: the file is damaged", name, checksum_text(sum),
                       expected));
}

}  // namespace eigenlens::safetensors
