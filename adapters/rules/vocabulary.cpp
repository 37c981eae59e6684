#include "adapters/rules/vocabulary.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace guanxi::adapters::rules {
namespace {

using enum Type;

constexpr std::array<std::string_view, 4> kRelationStatus{"active", "pending", "ended", "failed"};
constexpr std::array<std::string_view, 2> kDirection{"inbound", "outbound"};
constexpr std::array<std::string_view, 4> kStaffStatus{"active", "inactive", "disabled", "left"};
constexpr std::array<std::string_view, 3> kMode{"replace", "add", "remove"};
constexpr std::array<std::string_view, 2> kThingStatus{"active", "deleted"};
constexpr std::array<std::string_view, 2> kTagLevel{"tag", "group"};
constexpr std::array<std::string_view, 2> kTagScope{"customer", "staff"};
constexpr std::array<std::string_view, 2> kGroupStatus{"active", "dismissed"};
constexpr std::array<std::string_view, 2> kMemberStatus{"joined", "left"};
constexpr std::array<std::string_view, 2> kStrength{"same", "renamed"};
constexpr std::array<std::string_view, 2> kConsentStatus{"granted", "revoked"};
constexpr std::array<std::string_view, 3> kSeverity{"info", "warning", "critical"};
constexpr std::array<std::string_view, 3> kGender{"male", "female", "unknown"};

constexpr RoleRule role(std::string_view name, Role what, bool required = false, bool key = true) {
  return {name, what, required, false, Side::customer, key};
}
constexpr RoleRule thing(std::string_view name, Role what, Side side, bool required) {
  return {name, what, required, true, side, true};
}

constexpr std::array kPersonRoles{role("customer", Role::customer, true)};
constexpr std::array kPersonFields{FieldRule{"hint", hint}, FieldRule{"gone", boolean},
                                   FieldRule{"reason", text}};

constexpr std::array kRelationRoles{role("customer", Role::customer, true),
                                    role("staff", Role::staff)};
constexpr std::array kRelationFields{FieldRule{"status", text, true, kRelationStatus},
                                     FieldRule{"since", time}, FieldRule{"reason", text}};

constexpr std::array kInteractionRoles{role("party", Role::party), role("staff", Role::staff),
                                       thing("group", Role::group, Side::group, false)};
constexpr std::array kInteractionFields{FieldRule{"id", text},
                                        FieldRule{"type", text, true},
                                        FieldRule{"direction", text, false, kDirection},
                                        FieldRule{"content", text},
                                        FieldRule{"format", text},
                                        FieldRule{"media", list},
                                        FieldRule{"thread", text},
                                        FieldRule{"reply_to", text},
                                        FieldRule{"subject", text},
                                        FieldRule{"state", text},
                                        FieldRule{"amount", integer}};

constexpr std::array kLeadRoles{thing("id", Role::self, Side::lead, true),
                                role("customer", Role::customer, false, false),
                                role("owner", Role::owner, false, false)};
constexpr std::array kLeadFields{FieldRule{"hint", hint}, FieldRule{"source", text},
                                 FieldRule{"campaign", text}, FieldRule{"state", text},
                                 FieldRule{"url", text}};

constexpr std::array kStaffRoles{role("staff", Role::staff, true)};
constexpr std::array kStaffFields{FieldRule{"status", text, false, kStaffStatus},
                                  FieldRule{"departments", list},
                                  FieldRule{"leads", list},
                                  FieldRule{"roles", list},
                                  FieldRule{"managers", list},
                                  FieldRule{"mode", text, false, kMode}};

constexpr std::array kDepartmentRoles{thing("id", Role::self, Side::department, true)};
constexpr std::array kDepartmentFields{FieldRule{"name", text}, FieldRule{"parent", text},
                                       FieldRule{"order", integer}, FieldRule{"leaders", list},
                                       FieldRule{"status", text, false, kThingStatus}};

constexpr std::array kTagRoles{thing("id", Role::self, Side::tag, true)};
constexpr std::array kTagFields{FieldRule{"level", text, false, kTagLevel},
                                FieldRule{"name", text},
                                FieldRule{"group", text},
                                FieldRule{"group_name", text},
                                FieldRule{"order", integer},
                                FieldRule{"scope", text, false, kTagScope},
                                FieldRule{"status", text, false, kThingStatus}};

constexpr std::array kGroupRoles{thing("id", Role::self, Side::group, true),
                                 role("owner", Role::owner, false, false)};
constexpr std::array kGroupFields{
    FieldRule{"name", text},           FieldRule{"notice", text},
    FieldRule{"managers", list},       FieldRule{"external", boolean},
    FieldRule{"created", time},        FieldRule{"version", text},
    FieldRule{"version_before", text}, FieldRule{"status", text, false, kGroupStatus}};

constexpr std::array kMemberRoles{thing("group", Role::group, Side::group, true),
                                  role("party", Role::party, true),
                                  role("by", Role::by, false, false)};
constexpr std::array kMemberFields{FieldRule{"status", text, true, kMemberStatus},
                                   FieldRule{"since", time}, FieldRule{"way", text},
                                   FieldRule{"nickname", text}};

constexpr std::array kAliasRoles{role("of", Role::of, true), role("to", Role::to, true)};
constexpr std::array kAliasFields{FieldRule{"strength", text, true, kStrength}};

constexpr std::array kConsentRoles{role("party", Role::party, true)};
constexpr std::array kConsentFields{FieldRule{"scopes", list},
                                    FieldRule{"status", text, true, kConsentStatus},
                                    FieldRule{"until", time}};

constexpr std::array kNoticeRoles{thing("code", Role::self, Side::notice, true)};
constexpr std::array kNoticeFields{FieldRule{"subject", text},
                                   FieldRule{"severity", text, true, kSeverity}};

constexpr std::array kCredentialFields{FieldRule{"name", text, true},
                                       FieldRule{"value", text, true}, FieldRule{"subject", text},
                                       FieldRule{"org", text}, FieldRule{"until", time}};

constexpr std::array kFactRules{
    FactRule{FactKind::person, kPersonRoles, kPersonFields, true, false},
    FactRule{FactKind::relation, kRelationRoles, kRelationFields, true, false},
    FactRule{FactKind::interaction, kInteractionRoles, kInteractionFields, false, false},
    FactRule{FactKind::lead, kLeadRoles, kLeadFields, true, true},
    FactRule{FactKind::staff, kStaffRoles, kStaffFields, true, false},
    FactRule{FactKind::department, kDepartmentRoles, kDepartmentFields, false, false},
    FactRule{FactKind::tag, kTagRoles, kTagFields, false, false},
    FactRule{FactKind::group, kGroupRoles, kGroupFields, false, false},
    FactRule{FactKind::member, kMemberRoles, kMemberFields, false, false},
    FactRule{FactKind::alias, kAliasRoles, kAliasFields, false, false},
    FactRule{FactKind::consent, kConsentRoles, kConsentFields, false, false},
    FactRule{FactKind::erase, kPersonRoles, {}, false, false},
    FactRule{FactKind::notice, kNoticeRoles, kNoticeFields, true, false},
    FactRule{FactKind::credential, {}, kCredentialFields, false, false}};

constexpr std::array kSetFields{
    FieldRule{"name", text},         FieldRule{"alias", text},
    FieldRule{"avatar_url", text},   FieldRule{"gender", text, false, kGender},
    FieldRule{"company.name", text}, FieldRule{"company.title", text},
    FieldRule{"phones", phones},     FieldRule{"emails", list},
    FieldRule{"remark", text},       FieldRule{"description", text},
    FieldRule{"add_way", text},      FieldRule{"state", text},
    FieldRule{"tags", tags},         FieldRule{"mobile", phone},
    FieldRule{"email", text},        FieldRule{"position", text},
    FieldRule{"telephone", text}};

constexpr FieldRule kAttribute{"attributes.*", text};

// Levenshtein's distance.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

const FactRule& fact_rule(FactKind kind) { return kFactRules[static_cast<std::size_t>(kind)]; }

const FieldRule* set_field(std::string_view name) {
  const auto found = std::ranges::find(kSetFields, name, &FieldRule::name);
  if (found != kSetFields.end()) return &*found;
  constexpr std::string_view kPrefix = "attributes.";
  if (name.starts_with(kPrefix) && name.size() > kPrefix.size()) return &kAttribute;
  return nullptr;
}

std::vector<std::string_view> set_field_names() {
  std::vector<std::string_view> names;
  for (const FieldRule& field : kSetFields) names.push_back(field.name);
  return names;
}

bool contains(Words words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t kLongest = 64;  // names are short; hostile ones are not worth the work
  if (word.size() > kLongest) return {};
  std::string_view best;
  std::size_t fewest = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t edits = distance(word, candidate);
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

}  // namespace guanxi::adapters::rules
