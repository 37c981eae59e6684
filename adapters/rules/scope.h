// In which scope each kind of id is unique, for one channel.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/rules/manifest.h"
#include "adapters/rules/plan.h"

namespace guanxi::adapters::rules {

class Scopes {
 public:
  Scopes() = default;
  Scopes(const RulePlan& plan, const Manifest& manifest, const Settings& settings);

  // The scope text of an identity of the plan; `org` and `app` are the inlet's.
  std::string of(std::size_t identity, std::string_view org, std::string_view app) const;
  // True if a part of the scope is what messages name, nothing stands in for it, and it is not
  // given.
  bool lacks(std::size_t identity, std::string_view org, std::string_view app) const;

 private:
  struct Part {
    enum class Kind : std::uint8_t { text, org, app } kind{};
    std::string text;
    bool otherwise = false;  // counts if the part before it, or what that stood in for, is empty
  };
  std::vector<std::vector<Part>> parts_;  // by identity
};

}  // namespace guanxi::adapters::rules
