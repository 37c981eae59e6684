// What the parts of the compiler share.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/rules/compile.h"

namespace guanxi::adapters::rules {

// Where the pointers of a rule may start, and the tree in which they become known.
struct Reach {
  Known* known = nullptr;
  std::vector<Path> elements;  // of each `each`, outermost first, from the body
  bool answer = false;         // variables are the call's arguments
  const std::set<std::string, std::less<>>* arguments = nullptr;
};

// How a value is used.
struct Use {
  Type type = Type::text;
  Words closed{};
  bool may_clear = false;  // in `set`
  bool may_pair = false;   // `answers` and `set.attributes.x`
  bool labels = false;     // the enum turns labels into fields of `set`
  bool kinds = false;      // the value is an identity kind
};

class Context {
 public:
  Context(const Json& pack_json, const Manifest& platform, std::vector<Complaint>& found)
      : pack(pack_json), manifest(platform), complaints_(found) {}

  void complain(const std::string& pointer, std::string reason) {
    complaints_.push_back({pointer, std::move(reason)});
  }
  // False, with a complaint, if the pack's interface does not have the word yet.
  bool since(int interface_needed, const std::string& pointer, std::string_view word);
  // False, with a complaint, if `json` is no object or has other keys.
  bool closed(const Json& json, const std::string& pointer,
              const std::vector<std::string_view>& keys);
  // The member if it is text; complains if it is there and is not.
  std::optional<std::string> text(const Json& object, const std::string& pointer, const char* key,
                                  bool required = false);
  std::optional<Path> path(const Json& json, const std::string& pointer);
  // A pointer, or a list of them; absent gives none.
  std::vector<Path> paths(const Json& object, const std::string& pointer, const char* key);
  std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) const;

  const Json& pack;
  const Manifest& manifest;
  RulePlan plan;
  std::map<std::string, std::shared_ptr<const EnumTable>, std::less<>> tables;
  std::set<std::string, std::less<>> used_tables;
  std::map<std::string, Guard, std::less<>> choices;  // of the entry at hand, by pointer
  int interface = 1;                                  // the vocabulary that the pack is written in

 private:
  std::vector<Complaint>& complaints_;
};

std::string at(const std::string& pointer, std::string_view key);

// compile_source.cpp
enum class Mark { scalar, list, present, map };
void mark(const Reach& reach, const Source& source, Mark how, const Path& below = {});
std::optional<Source> compile_source(Context& context, const Json& json, const std::string& pointer,
                                     const Reach& reach);

// compile_value.cpp
std::optional<Value> compile_value(Context& context, const Json& json, const std::string& pointer,
                                   const Reach& reach, const Use& use);

// compile_ref.cpp
// `thing`: the side whose only kind a plain value gets; null: a ref must be an object of kinds.
std::optional<Ref> compile_ref(Context& context, const Json& json, const std::string& pointer,
                               const Reach& reach, const std::vector<Side>& sides,
                               const Side* thing);
std::vector<Side> sides_of(Role role);

// compile_entry.cpp
// Facts, calls, self and ignored; `reach.known` is the entry's tree.
void compile_entry(Context& context, const Json& json, const std::string& pointer,
                   const Reach& reach, EntryPlan& entry);
void compile_ignored(Context& context, const Json& object, const std::string& pointer,
                     Known& known);
std::vector<Guard> compile_guard(Context& context, const Json& object, const std::string& pointer,
                                 const char* key, const Reach& reach);
std::vector<Each> compile_each(Context& context, const Json& object, const std::string& pointer,
                               Reach& reach);

// compile_wanted.cpp
std::optional<WantedPlan> compile_wanted(Context& context, const Json& json,
                                         const std::string& pointer, Reach reach);

// compile_inlet.cpp
void compile_inlets(Context& context);
std::string renamed_key(const InletPlan& inlet, const std::string& key);

// compile_api.cpp
void compile_api(Context& context);
// The arguments that a call's templates name.
std::set<std::string, std::less<>> arguments_of(const Json& call);

// compile_request.cpp
RequestPlan compile_request(Context& context, const Json& json, const std::string& pointer);

// compile_errors.cpp
ErrorPlan compile_errors(Context& context, const Json& json, const std::string& pointer,
                         bool general);

}  // namespace guanxi::adapters::rules
