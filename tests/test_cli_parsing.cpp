// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/byte_size.hpp"
#include "cli/k_list.hpp"
#include "eigenlens/byte_size.hpp"
#include "eigenlens/error.hpp"

namespace eigenlens::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The message of the usage error that `parse` must throw.
template <class Parse>
std::string refusal(Parse parse) {
  try {
    parse();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

TEST(KList, AllIsTheEmptyList) { EXPECT_THAT(parse_k_list("all"), IsEmpty()); }

TEST(KList, ValuesAndRangesComeAscendingAndOnce) {
  EXPECT_THAT(parse_k_list("7"), ElementsAre(7));
  EXPECT_THAT(parse_k_list("1,2,4,8-11"), ElementsAre(1, 2, 4, 8, 9, 10, 11));
  EXPECT_THAT(parse_k_list("5,3-6,1,5"), ElementsAre(1, 3, 4, 5, 6));
  EXPECT_THAT(parse_k_list("4-4"), ElementsAre(4));
}

TEST(KList, RefusesWhatCanNeverBe) {
  const auto message = [](const char* text) { return refusal([text] { parse_k_list(text); }); };
  EXPECT_THAT(message("0"), HasSubstr("below 1"));
  EXPECT_THAT(message("-3"), HasSubstr("K = -3 is below 1"));
  EXPECT_THAT(message("1,,2"), HasSubstr("missing"));
  EXPECT_THAT(message(""), HasSubstr("missing"));
  EXPECT_THAT(message("1,"), HasSubstr("missing"));
  EXPECT_THAT(message("3-"), HasSubstr("missing"));
  EXPECT_THAT(message("9-3"), HasSubstr("backwards"));
  EXPECT_THAT(message("two"), HasSubstr("'two' is not a whole number"));
  EXPECT_THAT(message("1.5"), HasSubstr("'1.5' is not a whole number"));
  EXPECT_THAT(message("1 2"), HasSubstr("not a whole number"));
  EXPECT_THAT(message("1-10000000000"), HasSubstr("more than any rank"));
  EXPECT_THAT(message("99999999999999999999999"), HasSubstr("more than any rank"));
  EXPECT_THAT(message("1-2-3"), HasSubstr("not a whole number"));
}

TEST(ByteSize, ReadsTheUnitsThatPeopleWrite) {
  EXPECT_EQ(parse_byte_size("1073741824"), std::int64_t{1} << 30);
  EXPECT_EQ(parse_byte_size("512B"), 512);
  EXPECT_EQ(parse_byte_size("800M"), std::int64_t{800} << 20);
  EXPECT_EQ(parse_byte_size("4G"), std::int64_t{4} << 30);
  EXPECT_EQ(parse_byte_size("2GiB"), std::int64_t{2} << 30);
  EXPECT_EQ(parse_byte_size("2 gib"), std::int64_t{2} << 30);
  EXPECT_EQ(parse_byte_size("1.5k"), 1536);
  EXPECT_EQ(parse_byte_size("2MB"), 2'000'000);
  EXPECT_EQ(parse_byte_size("1T"), std::int64_t{1} << 40);
}

TEST(ByteSize, RefusesTheRest) {
  for (const char* text :
       {"", "G", "4X", "4Gi", "4 G B", "-1G", "0", "0.1", "nan", "inf", "1e3", "9999999999T", "4GG"}) {
    EXPECT_THAT(refusal([text] { parse_byte_size(text); }), HasSubstr("is not an amount of memory")) << text;
  }
}

TEST(ByteSize, WritesThemShort) {
  EXPECT_EQ(format_byte_size(612), "612 B");
  EXPECT_EQ(format_byte_size(1024), "1.0 KiB");
  EXPECT_EQ(format_byte_size(std::int64_t{3} << 29), "1.50 GiB");
  EXPECT_EQ(format_byte_size((std::int64_t{1} << 30) - 1), "1.00 GiB");
}

}  // namespace
}  // namespace eigenlens::cli
