#include "adapters/rules/scope.h"

namespace guanxi::adapters::rules {

Scopes::Scopes(const RulePlan& plan, const Manifest& manifest, const Settings& settings) {
  const auto setting = [&](std::string_view name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  for (const IdentityPlan& identity : plan.identities) {
    std::vector<Part>& parts = parts_.emplace_back();
    if (identity.scope == "unionid_scope") {
      std::string scope = setting("unionid_scope");
      parts.push_back({Part::Kind::text, scope.empty() ? "default" : std::move(scope)});
      continue;
    }
    const auto declared = manifest.scopes.find(identity.scope);
    if (declared == manifest.scopes.end()) continue;
    for (const std::string& name : declared->second) {
      if (name == "$org" || name == "$app") {
        parts.push_back({name == "$org" ? Part::Kind::org : Part::Kind::app, {}});
      } else if (std::string text = setting(name); !text.empty()) {
        parts.push_back({Part::Kind::text, std::move(text)});
      }
    }
  }
}

std::string Scopes::of(std::size_t identity, std::string_view org, std::string_view app) const {
  std::string scope;
  if (identity >= parts_.size()) return scope;
  for (const Part& part : parts_[identity]) {
    const std::string_view text = part.kind == Part::Kind::text  ? std::string_view(part.text)
                                  : part.kind == Part::Kind::org ? org
                                                                 : app;
    if (text.empty()) continue;
    if (!scope.empty()) scope += '/';
    scope += text;
  }
  return scope;
}

}  // namespace guanxi::adapters::rules
