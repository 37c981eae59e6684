#include "adapters/rules/scope.h"

namespace guanxi::adapters::rules {

Scopes::Scopes(const RulePlan& plan, const Manifest& manifest, const Settings& settings) {
  const auto setting = [&](std::string_view name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  for (const IdentityPlan& identity : plan.identities) {
    std::vector<Part>& parts = parts_.emplace_back();
    if (identity.scope == kSharedScopeSetting) {
      std::string scope = setting(kSharedScopeSetting);
      if (scope.empty()) scope = kSharedScopeDefault;
      parts.push_back({Part::Kind::text, std::move(scope), false});
      continue;
    }
    const auto declared = manifest.scopes.find(identity.scope);
    if (declared == manifest.scopes.end()) continue;
    for (const std::string& written : declared->second) {
      bool otherwise = false;
      for (const std::string& name : alternatives_of(written)) {
        if (name == "$org" || name == "$app") {
          parts.push_back({name == "$org" ? Part::Kind::org : Part::Kind::app, {}, otherwise});
        } else {
          parts.push_back({Part::Kind::text, setting(name), otherwise});
        }
        otherwise = true;
      }
    }
  }
}

std::string Scopes::of(std::size_t identity, std::string_view org, std::string_view app) const {
  std::string scope;
  if (identity >= parts_.size()) return scope;
  bool given = false;
  for (const Part& part : parts_[identity]) {
    if (!part.otherwise) given = false;
    if (given) continue;
    const std::string_view text = part.kind == Part::Kind::text  ? std::string_view(part.text)
                                  : part.kind == Part::Kind::org ? org
                                                                 : app;
    if (text.empty()) continue;
    given = true;
    if (!scope.empty()) scope += '/';
    scope += text;
  }
  return scope;
}

bool Scopes::lacks(std::size_t identity, std::string_view org, std::string_view app) const {
  if (identity >= parts_.size()) return false;
  const std::vector<Part>& parts = parts_[identity];
  for (std::size_t i = 0; i < parts.size();) {
    bool is_named = false;
    bool is_given = false;
    do {
      const Part& part = parts[i];
      is_named = is_named || part.kind != Part::Kind::text;
      const std::string_view text = part.kind == Part::Kind::text  ? std::string_view(part.text)
                                    : part.kind == Part::Kind::org ? org
                                                                   : app;
      is_given = is_given || !text.empty();
    } while (++i < parts.size() && parts[i].otherwise);
    if (is_named && !is_given) return true;
  }
  return false;
}

}  // namespace guanxi::adapters::rules
