// What the parts of the made-up corp share; for the simulator's own sources.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/support/wecom_world.h"

namespace guanxi::tests::world {

constexpr std::int64_t kBegin = 1735689600;  // the fact sheet's first sample: 2025-01-01 in UTC

struct Tag {
  const char* id;
  const char* name;
};
struct TagGroup {
  const char* id;
  const char* name;
  std::array<Tag, 3> tags;
};
extern const std::array<TagGroup, 3> kTagGroups;

template <std::size_t N, typename T>
const T& pick(const std::array<T, N>& from, std::int64_t n) {
  return from[static_cast<std::size_t>(n) % N];
}

std::string person_name(std::int64_t n);
// The number an id ends in; nothing unless four to eight digits end it.
std::optional<std::int64_t> number_of(const std::string& id);
std::string padded(std::int64_t number, std::size_t width);
bool is_sample(const std::string& id);

// A parameter of the query (text) or body (any); empty or `otherwise` when absent.
std::string text(const Json& parameters, const char* name);
int number(const Json& parameters, const char* name, int otherwise);

Json ok();
// Cuts one page of `items` after `cursor` (ours: "CUR_<offset>"); false when it is not one of ours.
bool cut_page(Json& items, const std::string& cursor, int limit, std::string& next);

}  // namespace guanxi::tests::world
