// A rule pack compiled: every pointer, word and name resolved at load, so that reading an event
// looks nothing up by name but the event itself. Immutable; serves any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/rules/known.h"
#include "adapters/rules/path.h"
#include "adapters/rules/vocabulary.h"
#include "models/fact.h"

namespace guanxi::adapters::rules {

// Lets maps of strings be asked by string_view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <typename T>
using ByName = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

enum class Variable : std::uint8_t { id, time, org, app, key, name, argument };

// Where a value is taken from.
struct Source {
  enum class Base : std::uint8_t { body, item, outer, constant, variable } base = Base::body;
  Path path;
  Json constant;
  Variable variable = Variable::id;
  std::string argument;  // name of the call's argument
};

enum class Converter : std::uint8_t { none, time, phone, split, strip, fen, join };

struct EnumTable {
  std::string name;
  ByName<std::string> exact;
  std::vector<std::pair<std::string, std::string>> prefixes;  // longest first
  std::optional<std::string> otherwise;                       // "*"
};

struct ItemMember;

struct Value {
  std::vector<Source> sources;  // the first present and not empty
  Converter converter = Converter::none;
  std::string prefix;                      // of strip; between what is joined
  std::shared_ptr<const EnumTable> table;  // null: none
  std::vector<Path> pick;
  std::vector<ItemMember> item;
  std::vector<Path> pairs;
  std::optional<Source> flags;
  std::optional<Source> region;
  std::optional<Source> was;
  bool clear_if_empty = false;
};

struct ItemMember {
  std::string name;
  Value value;
};

struct IdentityPlan {
  std::string kind;
  std::string name_space;
  std::string scope;  // name of the scope
  Side side = Side::customer;
  bool by_org = false;  // side "org"
  bool phone = false;
  bool email = false;
  Trust trust = Trust::account_bound;
};

struct RefKind {
  std::size_t identity = 0;
  Value value;
};

struct Ref {
  std::vector<RefKind> kinds;
  std::optional<Value> kind;  // when the kind is data
  Value value;
  std::optional<Value> org;
};

struct Each {
  Source source;
  bool split = false;
};

// Present and not empty; if words are listed, one of them.
struct Guard {
  Source source;
  std::vector<std::string> words;
};

struct RolePlan {
  Role role{};
  bool required = false;
  bool key = false;
  Ref ref;
};

struct FieldPlan {
  std::string name;
  Type type = Type::text;
  bool required = false;
  Words closed{};
  Value value;
};

struct FactPlan {
  std::string rule;
  FactKind kind{};
  std::vector<Each> each;
  std::vector<Guard> given;
  std::vector<Guard> lacks;
  std::optional<Value> at;
  std::optional<Role> complete;
  Trust trust = Trust::account_bound;
  std::vector<RolePlan> roles;
  std::vector<FieldPlan> fields;
  std::vector<FieldPlan> set;
  std::optional<Value> answers;
  bool merges = false;  // another rule of the entry states the same kind
};

struct Argument {
  std::string name;
  Value value;
  bool optional = false;
};

struct WantedPlan {
  std::string call;
  std::vector<Argument> with;
  std::vector<Each> each;
  std::vector<Guard> given;
  std::vector<Guard> lacks;
  Milliseconds after{0};
  std::vector<std::string> latest;
  models::WantedCall::When when = models::WantedCall::When::always;
  std::optional<Ref> about;
};

// All words that the guards of an entry ask a place for: any other is news.
struct Choice {
  std::string pointer;
  Guard guard;
};

// What an event or an API answer states.
struct EntryPlan {
  std::string name;
  std::vector<FactPlan> facts;
  std::vector<WantedPlan> calls;
  std::vector<Choice> choices;
  std::optional<Ref> self;
  bool none = false;
  Known known;
};

struct NamePart {
  std::vector<Path> paths;
  std::string constant;
};

struct InletPlan {
  std::string name;
  std::vector<Path> has;
  std::vector<std::string> from;
  std::optional<Path> split;
  std::vector<Path> json;
  bool camel = false;
  ByName<std::string> rename;
  std::vector<NamePart> parts;
  bool fold = false;
  std::vector<Path> body;
  std::vector<Path> id, time, org, app, key;
  std::vector<Path> changing;  // `volatile`: differs between deliveries of one event
  std::optional<Ref> self;
  bool only_calls = false;
  bool any_body = false;  // the body's place depends on the name
  Known known;
  Known outer;  // of the body around `split`
};

// A part of a request made from arguments and settings.
struct Template {
  enum class Kind : std::uint8_t {
    literal,
    argument,
    number,
    page,
    setting,
    now_s,
    now_ms,
    now_text,
    object,
    list
  } kind{};
  Json literal;
  std::string name;  // argument or setting
  std::vector<std::pair<std::string, Template>> members;
  std::vector<Template> elements;
};
using TemplateMembers = std::vector<std::pair<std::string, Template>>;

// How a request is signed when it is whole: by which entry of the transport's `sign`, and where the
// signature goes.
struct SignPlan {
  enum class Place : std::uint8_t { query, header, body } place{};
  std::string with;
  std::string name;  // of the parameter or header
  Path path;         // in the body
};

struct RequestPlan {
  std::string method;
  // Literal text and arguments in turn; arguments are URL-encoded.
  std::vector<std::pair<std::string, std::string>> path;  // literal, then argument ("": none)
  std::string base_url;
  std::string base_setting;
  TemplateMembers query, form, headers;
  std::optional<Template> body;
  std::vector<std::string> json_args;
  std::optional<SignPlan> sign;
};

struct TokenPlan {
  RequestPlan request;
  Path value;
  std::optional<Path> lifetime_path;
  Milliseconds lifetime{0};
  Milliseconds early{0};
};

// Where a call carries the token.
struct TokenPlace {
  bool header = false;
  std::string name;
  std::string prefix;
};

struct ErrorAction {
  enum class Kind : std::uint8_t {
    ok,
    refresh,
    retry,
    wait,
    give_up,
    alert,
    denied,
    gone,
    reauth
  } kind{};
  enum class Until : std::uint8_t { duration, day, month, header } until = Until::duration;
  Milliseconds wait{0};
  std::string header;
};

struct ErrorPlan {
  std::vector<Path> code;
  std::optional<Path> message;
  std::vector<std::string> ok;
  ByName<ErrorAction> codes;
  std::map<int, ErrorAction> http;
  std::vector<std::pair<std::string, ErrorAction>> contains;
};

struct PagePlan {
  enum class Style : std::uint8_t { cursor, offset, page, again } style{};
  std::optional<Path> next, more, rows, total, pages;
  std::string end;
  std::int64_t size = 0;
  bool keep = false;  // the next run begins where this one ended
};

struct CallPlan {
  std::string name;
  RequestPlan request;
  std::string token;  // empty: none
  std::string batch_param;
  std::size_t batch_max = 0;
  std::optional<PagePlan> pages;
  bool reads = false;  // its answers say something
  EntryPlan entry;
  std::optional<Source> events_at;
  std::size_t events_inlet = 0;
  std::optional<Each> descend;
  std::vector<Argument> descend_with;
  ErrorPlan errors;
};

struct ApiPlan {
  std::map<std::string, TokenPlan, std::less<>> tokens;
  std::map<std::string, TokenPlace, std::less<>> places;
  std::map<std::string, CallPlan, std::less<>> calls;
  ErrorPlan errors;
};

struct RulePlan {
  std::vector<IdentityPlan> identities;
  std::map<std::string, std::size_t, std::less<>> identity_index;
  std::vector<InletPlan> inlets;  // most pointers in `has` first
  ByName<std::unique_ptr<EntryPlan>> events;
  ApiPlan api;
  ByName<Trust> recipe_trust;  // recipes whose weaknesses lower what their payloads are believed
};

}  // namespace guanxi::adapters::rules
