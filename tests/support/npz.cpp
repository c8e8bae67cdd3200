// SPDX-License-Identifier: Apache-2.0
#include "support/npz.hpp"

#include <zip.h>

#include <cstring>
#include <memory>
#include <regex>
#include <stdexcept>

namespace eigenlens::test {
namespace {

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using Entry = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;

std::string read_entry(zip_t* archive, zip_uint64_t index, zip_uint64_t size) {
  Entry entry(zip_fopen_index(archive, index, 0), &zip_fclose);
  if (!entry) throw std::runtime_error(zip_strerror(archive));
  std::string bytes(size, '\0');
  if (zip_fread(entry.get(), bytes.data(), size) != static_cast<zip_int64_t>(size)) {
    throw std::runtime_error("an entry of the archive is shorter than the archive says");
  }
  return bytes;
}

/// The Python dictionary in front of the values, and where the values start.
struct NpyHeader {
  std::string text;
  std::size_t values_at = 0;
};

NpyHeader npy_header(const std::string& bytes) {
  if (bytes.size() < 12 || bytes.compare(0, 6, "\x93NUMPY") != 0) throw std::runtime_error("not an .npy array");
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
  std::size_t begin = 10;
  std::size_t length = byte(8) + 256 * byte(9);
  if (bytes[6] > 1) {  // versions 2 and 3 have a longer length field
    begin = 12;
    length += 65536 * byte(10) + 16777216 * byte(11);
  }
  if (bytes.size() < begin + length) throw std::runtime_error("truncated .npy header");
  return {bytes.substr(begin, length), begin + length};
}

template <class Scalar>
std::vector<Scalar> copy_values(const std::string& bytes, std::size_t at, std::size_t count) {
  if (bytes.size() != at + count * sizeof(Scalar)) throw std::runtime_error(".npy length does not fit its shape");
  std::vector<Scalar> values(count);
  if (count > 0) std::memcpy(values.data(), bytes.data() + at, count * sizeof(Scalar));
  return values;
}

NpzArray parse_npy(const std::string& bytes) {
  const NpyHeader header = npy_header(bytes);
  std::smatch descr;
  std::smatch shape;
  if (!std::regex_search(header.text, descr, std::regex("'descr': *'([^']*)'")) ||
      !std::regex_search(header.text, shape, std::regex("'shape': *\\(([^)]*)\\)"))) {
    throw std::runtime_error("unreadable .npy header " + header.text);
  }
  NpzArray array;
  std::size_t count = 1;
  const std::string numbers = shape[1];
  const std::regex number("[0-9]+");
  for (std::sregex_iterator it(numbers.begin(), numbers.end(), number), end; it != end; ++it) {
    array.shape.push_back(std::stoll(it->str()));
    count *= static_cast<std::size_t>(array.shape.back());
  }
  if (array.shape.size() > 1 && header.text.find("'fortran_order': False") == std::string::npos) {
    throw std::runtime_error("Fortran order is not read here");
  }
  const std::string type = descr[1];
  if (type == "<f8") {
    array.values = copy_values<double>(bytes, header.values_at, count);
  } else if (type == "<i8") {
    array.values = copy_values<std::int64_t>(bytes, header.values_at, count);
  } else if (type == "|u1" || type == "|b1") {
    array.values = copy_values<std::uint8_t>(bytes, header.values_at, count);
  } else {
    throw std::runtime_error("type " + type + " is not read here");
  }
  return array;
}

template <class Scalar>
const std::vector<Scalar>& values_of(const Npz& npz, const std::string& name) {
  const auto* values = std::get_if<std::vector<Scalar>>(&npz.at(name).values);
  if (values == nullptr) throw std::runtime_error("array " + name + " has another type");
  return *values;
}

}  // namespace

Npz::Npz(const std::filesystem::path& path) {
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &code), &zip_discard);
  if (!archive)
    throw std::runtime_error("cannot open " + path.string() + " (libzip code " + std::to_string(code) + ")");
  const zip_int64_t entries = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < entries; ++i) {
    zip_stat_t stat;
    const auto index = static_cast<zip_uint64_t>(i);
    if (zip_stat_index(archive.get(), index, 0, &stat) != 0) throw std::runtime_error(zip_strerror(archive.get()));
    std::string name = stat.name;
    if (name.size() > 4 && name.ends_with(".npy")) name.resize(name.size() - 4);
    try {
      arrays_.emplace(name, parse_npy(read_entry(archive.get(), index, stat.size)));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(path.string() + ", array " + name + ": " + error.what());
    }
  }
}

const NpzArray& Npz::at(const std::string& name) const {
  const auto found = arrays_.find(name);
  if (found == arrays_.end()) throw std::runtime_error("no array " + name + " in the archive");
  return found->second;
}

const std::vector<double>& Npz::doubles(const std::string& name) const { return values_of<double>(*this, name); }
const std::vector<std::int64_t>& Npz::integers(const std::string& name) const {
  return values_of<std::int64_t>(*this, name);
}
const std::vector<std::uint8_t>& Npz::bytes(const std::string& name) const {
  return values_of<std::uint8_t>(*this, name);
}

}  // namespace eigenlens::test
