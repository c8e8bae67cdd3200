// SPDX-License-Identifier: Apache-2.0
/// \file
/// A folder of output files that is there whole or not at all: written beside its target, and renamed.
#pragma once

#include <string>
#include <string_view>

namespace eigenlens {

/// Until commit() the files lie in TARGET.tmp-XXXXXX, which the destructor removes.
class StagedFolder {
 public:
  /// The target must not exist, or be an empty folder; folders above it are made. Throws Error(usage) for a target that
  /// holds something, Error(io) with the system's reason.
  explicit StagedFolder(std::string target);
  ~StagedFolder();
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;

  /// Where files go until commit().
  [[nodiscard]] const std::string& path() const noexcept { return staging_; }
  [[nodiscard]] const std::string& target() const noexcept { return target_; }
  /// Writes one of many small files, making the folders above it; on the disk for certain only after commit().
  void write(const std::string& name, std::string_view bytes) const;
  /// Everything to the disk, then the folder to its name.
  void commit();

 private:
  std::string target_;
  std::string staging_;  ///< empty after commit()
};

/// Throws as StagedFolder's constructor would: to be asked before long work.
void require_free_folder(const std::string& target);

}  // namespace eigenlens
