#include <algorithm>

#include "adapters/rules/compile_context.h"

namespace guanxi::adapters::rules {
namespace {

bool fits(const IdentityPlan& identity, const std::vector<Side>& sides) {
  if (sides.empty()) return true;
  const auto has = [&](Side side) { return std::ranges::find(sides, side) != sides.end(); };
  return identity.by_org ? has(Side::customer) || has(Side::staff) : has(identity.side);
}

std::string kinds_text(const Context& context) {
  std::string text;
  for (const IdentityPlan& identity : context.plan.identities) {
    text += (text.empty() ? "" : ", ") + identity.kind;
  }
  return text;
}

std::optional<Ref> plain(Context& context, const Json& json, const std::string& pointer,
                         const Reach& reach, const Side* thing) {
  if (thing == nullptr) {
    context.complain(pointer, "names nobody: write {\"kind\": value}");
    return std::nullopt;
  }
  std::vector<std::size_t> kinds;
  for (std::size_t i = 0; i < context.plan.identities.size(); ++i) {
    const IdentityPlan& identity = context.plan.identities[i];
    if (!identity.by_org && identity.side == *thing) kinds.push_back(i);
  }
  if (kinds.size() != 1) {
    context.complain(pointer, "there are " + std::to_string(kinds.size()) + " kinds of side \"" +
                                  std::string(models::side_text(*thing)) +
                                  "\": write {\"kind\": value}");
    return std::nullopt;
  }
  auto value = compile_value(context, json, pointer, reach, Use{});
  if (!value) return std::nullopt;
  Ref ref;
  ref.kinds.push_back({kinds.front(), std::move(*value)});
  return ref;
}

std::optional<Ref> dynamic(Context& context, const Json& json, const std::string& pointer,
                           const Reach& reach) {
  if (!context.closed(json, pointer, {"kind", "value", "org"})) return std::nullopt;
  if (!json.contains("kind") || !json.contains("value")) {
    context.complain(pointer, "needs both \"kind\" and \"value\"");
    return std::nullopt;
  }
  Use use;
  use.kinds = true;
  auto kind = compile_value(context, json.at("kind"), at(pointer, "kind"), reach, use);
  auto value = compile_value(context, json.at("value"), at(pointer, "value"), reach, Use{});
  if (!kind || !value) return std::nullopt;
  const bool constant = kind->sources.front().base == Source::Base::constant;
  if (!constant && kind->table == nullptr) {
    context.complain(at(pointer, "kind"), "needs an enum whose targets are kinds");
  }
  Ref ref;
  ref.kind = std::move(*kind);
  ref.value = std::move(*value);
  return ref;
}

}  // namespace

std::vector<Side> sides_of(Role role) {
  switch (role) {
    case Role::customer:
      return {Side::customer, Side::lookup};
    case Role::staff:
    case Role::owner:
      return {Side::staff, Side::lookup};
    default:
      return {Side::customer, Side::staff, Side::lookup};
  }
}

std::optional<Ref> compile_ref(Context& context, const Json& json, const std::string& pointer,
                               const Reach& reach, const std::vector<Side>& sides,
                               const Side* thing) {
  if (!json.is_object() || json.contains("at")) {
    return plain(context, json, pointer, reach, thing);
  }
  std::optional<Ref> ref;
  if (json.contains("kind") || json.contains("value")) {
    ref = dynamic(context, json, pointer, reach);
    if (!ref) return std::nullopt;
  } else {
    ref.emplace();
    for (const auto& [kind, value] : json.items()) {
      if (kind == "org") continue;
      const auto index = context.plan.identity_index.find(kind);
      if (index == context.plan.identity_index.end()) {
        context.complain(at(pointer, kind),
                         "unknown kind of identity; there are " + kinds_text(context));
        continue;
      }
      if (!fits(context.plan.identities[index->second], sides)) {
        context.complain(at(pointer, kind), "an identity of this side may not stand here");
      }
      auto compiled = compile_value(context, value, at(pointer, kind), reach, Use{});
      if (compiled) ref->kinds.push_back({index->second, std::move(*compiled)});
    }
    if (ref->kinds.empty()) {
      context.complain(pointer, "names nobody");
      return std::nullopt;
    }
  }
  if (const auto org = json.find("org"); org != json.end()) {
    ref->org = compile_value(context, *org, at(pointer, "org"), reach, Use{});
  }
  return ref;
}

}  // namespace guanxi::adapters::rules
