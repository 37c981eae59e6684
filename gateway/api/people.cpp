#include "gateway/api/people.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "adapters/phone_text.h"
#include "gateway/api/answer.h"
#include "gateway/api/contact_text.h"
#include "gateway/api/cursor.h"
#include "gateway/api/endpoints.h"
#include "models/json.h"
#include "models/mask.h"

namespace guanxi::api {
namespace {

using models::Identity;

constexpr std::size_t kMostRows = 500;
constexpr std::size_t kUsualRows = 50;
constexpr std::size_t kMostAtOnce = 500;
constexpr std::size_t kMostIdentities = 500;

Json reason_json(int reason) {
  // As the partition words them.
  constexpr std::array<std::string_view, 7> kWords{"only_suggests", "two_persons",   "exclusive",
                                                   "apart",         "crowded_value", "many_values",
                                                   "blocked"};
  const auto place = static_cast<std::size_t>(reason);
  return place < kWords.size() ? Json(kWords[place]) : Json(nullptr);
}

tl::unexpected<Problem> bad_body(std::string detail, std::string pointer) {
  Fault fault{std::move(pointer), detail};
  return tl::unexpected(Problem{ProblemCode::invalid_body, std::move(detail), {std::move(fault)}});
}

// Only these members, which may be there or not.
Checked<Json> body_of(const Call& call, std::initializer_list<std::string_view> known) {
  auto body = call.request.body.empty() ? Checked<Json>(Json::object()) : read_body(call.request);
  if (!body) return body;
  for (const auto& [name, value] : body->items()) {
    if (std::ranges::find(known, name) == known.end()) {
      return bad_body(name + " is unknown here", "#/" + name);
    }
  }
  return body;
}

Checked<bool> flag_of(const Json& body, const char* name) {
  const auto found = body.find(name);
  if (found == body.end()) return false;
  if (!found->is_boolean()) return bad_body("must be true or false", std::string("#/") + name);
  return found->get<bool>();
}

Checked<Judge> judge_of(const Call& call, const Json& body) {
  const auto dry_run = flag_of(body, "dry_run");
  if (!dry_run) return tl::unexpected(dry_run.error());
  return Judge{call.caller.tenant, format_uuid(call.caller.key), *dry_run};
}

Checked<Uuid> customer_of(const Call& call) {
  const auto id = parse_uuid(call.item);
  if (!id) return tl::unexpected(Problem{ProblemCode::not_found, "no customer has this id"});
  return *id;
}

Problem problem_of(const Error& error) {
  if (error.code == ErrorCode::not_found) return {ProblemCode::not_found, error.detail};
  if (error.code == ErrorCode::conflict) return {ProblemCode::conflict, error.detail};
  return problem_from(error);
}

// Why one of several things could not be.
Json failure_json(const Error& error) {
  const Problem problem = problem_of(error);
  return {{"error", describe(problem.code).name}, {"detail", problem.detail}};
}

Checked<Json> shown(const Context& context, const Caller& caller,
                    const std::optional<models::Customer>& customer) {
  if (!customer) return Json(nullptr);
  auto json = customers_json(context, caller, std::span(&*customer, 1));
  if (!json) return tl::unexpected(json.error());
  return std::move(json->front());
}

Checked<Json> decided_json(const Context& context, const Call& call, const Judge& judge,
                           const Decided& decided) {
  Json customers = Json::array();
  for (const CustomerChange& change : decided.customers) {
    auto before = shown(context, call.caller, change.before);
    if (!before) return before;
    auto after = shown(context, call.caller, change.after);
    if (!after) return after;
    customers.push_back(
        {{"id", format_uuid(change.id)},
         {"before", std::move(*before)},
         {"after", std::move(*after)},
         {"merged_into",
          change.merged_into.is_nil() ? Json(nullptr) : Json(format_uuid(change.merged_into))}});
  }
  return Json{{"decision", judge.dry_run ? Json(nullptr) : Json(decided.decision)},
              {"dry_run", judge.dry_run},
              {"customers", std::move(customers)}};
}

Outcome answer_decided(const Context& context, const Call& call, const Judge& judge,
                       const Result<Decided>& decided) {
  if (!decided) return tl::unexpected(problem_of(decided.error()));
  auto json = decided_json(context, call, judge, *decided);
  if (!json) return tl::unexpected(json.error());
  return json_response(*json);
}

Checked<models::Customer> find_customer(const Context& context, const Call& call, const Uuid& id) {
  auto found = checked(context.store.customers(call.caller.tenant, std::span(&id, 1)));
  if (!found) return tl::unexpected(found.error());
  if (!found->empty()) return std::move(found->front());
  const auto merged = checked(context.store.merged(call.caller.tenant, std::span(&id, 1)));
  if (!merged) return tl::unexpected(merged.error());
  if (const auto into = merged->find(id); into != merged->end()) {
    return tl::unexpected(Problem{
        ProblemCode::conflict, "this customer was merged into " + format_uuid(into->second.first)});
  }
  return tl::unexpected(Problem{ProblemCode::not_found, "no customer has this id"});
}

// One of the customer's identities by kind and value, and by channel where that is not enough.
Checked<Identity> identity_in(const models::Customer& customer, const Json& item,
                              const std::string& pointer) {
  const auto text = [&](const char* name) {
    const auto found = item.is_object() ? item.find(name) : item.end();
    return item.is_object() && found != item.end() && found->is_string() ? found->get<std::string>()
                                                                         : std::string();
  };
  const std::string kind = text("kind");
  const std::string value = text("value");
  const std::string channel = text("channel");
  if (kind.empty() || value.empty()) {
    return bad_body("an identity has kind and value, as in the customer's identities", pointer);
  }
  const Identity* found = nullptr;
  for (const models::CustomerIdentity& held : customer.identities) {
    const bool fits = held.identity.kind == kind && held.identity.value == value &&
                      (channel.empty() || held.channel == channel);
    if (!fits) continue;
    if (found != nullptr && *found != held.identity) {
      return bad_body("several identities are called so; name the channel too", pointer);
    }
    found = &held.identity;
  }
  if (found == nullptr) return bad_body("this is no identity of the customer", pointer);
  return *found;
}

Checked<std::vector<Identity>> identities_in(const models::Customer& customer, const Json& list,
                                             const std::string& pointer) {
  if (!list.is_array() || list.empty() || list.size() > kMostIdentities) {
    return bad_body("must be a list of 1 to 500 identities", pointer);
  }
  std::vector<Identity> identities;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto identity = identity_in(customer, list[i], pointer + '/' + std::to_string(i));
    if (!identity) return tl::unexpected(identity.error());
    identities.push_back(std::move(*identity));
  }
  return identities;
}

// Several groups leave one after the other; what cannot be is refused before the first of them
// does.
Checked<std::vector<std::vector<Identity>>> groups_in(const models::Customer& customer,
                                                      const Json& list) {
  if (!list.is_array() || list.empty()) return bad_body("must be a list of lists", "#/groups");
  std::vector<std::vector<Identity>> groups;
  std::set<Identity> leaving;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string pointer = "#/groups/" + std::to_string(i);
    auto group = identities_in(customer, list[i], pointer);
    if (!group) return tl::unexpected(group.error());
    for (std::size_t j = 0; j < group->size(); ++j) {
      if (leaving.insert((*group)[j]).second) continue;
      return bad_body("this identity leaves twice", pointer + '/' + std::to_string(j));
    }
    groups.push_back(std::move(*group));
  }
  const bool stays = std::ranges::any_of(
      customer.identities, [&](const auto& held) { return !leaving.contains(held.identity); });
  if (stays) return groups;
  return tl::unexpected(
      Problem{ProblemCode::conflict, "a split leaves at least one identity on either side"});
}

std::string text_of(const store::Key& key) { return format_uuid(Uuid{key}); }

Json identity_json(const Identity& identity, bool pii) {
  std::string value = identity.value;
  if (!pii && identity.name_space == "phone") value = models::mask_phone(value);
  if (!pii && identity.name_space == "email") value = models::mask_email(value);
  return {{"kind", identity.kind}, {"value", std::move(value)}};
}

using Names = std::map<store::Key, Identity>;

Checked<Names> names_of(const Context& context, const std::vector<store::Key>& keys) {
  const auto known = checked(context.store.identities(keys));
  if (!known) return tl::unexpected(known.error());
  Names names;
  for (const store::KnownIdentity& row : *known) names.emplace(row.key, row.identity);
  return names;
}

Json named(const Names& names, const store::Key& key, bool pii) {
  const auto found = names.find(key);
  return found == names.end() ? Json(nullptr) : identity_json(found->second, pii);
}

Json named(const Names& names, const std::vector<store::Key>& keys, bool pii) {
  Json list = Json::array();
  for (const store::Key& key : keys) {
    if (Json identity = named(names, key, pii); !identity.is_null()) list.push_back(identity);
  }
  return list;
}

Json id_or_null(const Uuid& id) { return id.is_nil() ? Json(nullptr) : Json(format_uuid(id)); }

Checked<Json> suggestions_json(const Context& context, const Call& call,
                               const std::vector<store::Suggestion>& rows) {
  std::vector<store::Key> keys;
  for (const store::Suggestion& row : rows) keys.insert(keys.end(), {row.a, row.b, row.via});
  const auto names = names_of(context, keys);
  if (!names) return tl::unexpected(names.error());
  const bool pii = call.caller.may(Scope::pii_read);
  Json data = Json::array();
  for (const store::Suggestion& row : rows) {
    data.push_back({{"id", text_of(row.id)},
                    {"status", row.rejected ? "rejected" : "open"},
                    {"customers", {id_or_null(row.customer_a), id_or_null(row.customer_b)}},
                    {"identities", {named(*names, row.a, pii), named(*names, row.b, pii)}},
                    {"via", named(*names, row.via, pii)},
                    {"reason", reason_json(row.reason)},
                    {"trust", models::trust_text(row.trust)},
                    {"at", format_time(row.at)},
                    {"event", row.seq},
                    {"rule", row.rule}});
  }
  return data;
}

Outcome decide_suggestion(const Context& context, const Call& call, bool accepts) {
  const auto body = body_of(call, {"dry_run"});
  if (!body) return tl::unexpected(body.error());
  const auto judge = judge_of(call, *body);
  if (!judge) return tl::unexpected(judge.error());
  const auto id = parse_uuid(call.item);
  if (!id) return tl::unexpected(Problem{ProblemCode::not_found, "no suggestion has this id"});
  GUANXI_CHECK(context.people != nullptr);
  return answer_decided(context, call, *judge,
                        accepts ? context.people->accept(*judge, id->bytes)
                                : context.people->reject(*judge, id->bytes));
}

// Each by itself: what cannot be says so and holds up nothing else.
Outcome decide_suggestions(const Context& context, const Call& call, bool accepts) {
  const auto body = body_of(call, {"ids", "dry_run"});
  if (!body) return tl::unexpected(body.error());
  const auto judge = judge_of(call, *body);
  if (!judge) return tl::unexpected(judge.error());
  const auto ids = body->find("ids");
  if (ids == body->end() || !ids->is_array()) {
    return bad_body("must be a list of ids of suggestions", "#/ids");
  }
  if (ids->size() > kMostAtOnce) {
    return tl::unexpected(Problem{ProblemCode::too_many_items, "at most 500 in one request"});
  }
  // What cannot be read is refused before anything is decided.
  std::vector<Uuid> suggestions;
  for (const Json& item : *ids) {
    const auto id = item.is_string() ? parse_uuid(item.get<std::string>()) : std::nullopt;
    if (!id) {
      return bad_body("must be the id of a suggestion",
                      "#/ids/" + std::to_string(suggestions.size()));
    }
    suggestions.push_back(*id);
  }
  GUANXI_CHECK(context.people != nullptr);
  Json data = Json::array();
  for (const Uuid& id : suggestions) {
    const auto decided = accepts ? context.people->accept(*judge, id.bytes)
                                 : context.people->reject(*judge, id.bytes);
    Json item{{"id", format_uuid(id)}};
    if (decided) {
      item["decision"] = judge->dry_run ? Json(nullptr) : Json(decided->decision);
    } else {
      item.update(failure_json(decided.error()));
    }
    data.push_back(std::move(item));
  }
  return json_response({{"data", std::move(data)}});
}

Outcome decide_value(const Context& context, const Call& call, bool allows) {
  const auto body = body_of(call, {"kind", "value", "dry_run"});
  if (!body) return tl::unexpected(body.error());
  const auto judge = judge_of(call, *body);
  if (!judge) return tl::unexpected(judge.error());
  const std::string kind = body->value("kind", Json("")).is_string()
                               ? body->value("kind", std::string())
                               : std::string();
  const auto text = body->find("value");
  if ((kind != "phone" && kind != "email") || text == body->end() || !text->is_string()) {
    return bad_body("kind must be phone or email, and value one of that kind", "#/kind");
  }
  const auto value = kind == "phone" ? adapters::phone_from(text->get_ref<const std::string&>())
                                     : email_from(text->get_ref<const std::string&>());
  if (!value) return bad_body("this is no " + kind, "#/value");
  const Identity identity{kind, kind, "", *value, models::Side::customer};
  GUANXI_CHECK(context.people != nullptr);
  return answer_decided(
      context, call, *judge,
      allows ? context.people->allow(*judge, identity) : context.people->block(*judge, identity));
}

Json ties_json(const std::vector<Tie>& ties, bool pii) {
  Json list = Json::array();
  for (const Tie& tie : ties) {
    Json json{{"between", {identity_json(tie.a, pii), identity_json(tie.b, pii)}}};
    if (tie.decision != 0) {
      json["decision"] = tie.decision;
    } else {
      json["trust"] = tie.trust;
      json["nature"] = tie.nature;
      json["at"] = format_time(tie.at);
      json["event"] = tie.seq;
      json["rule"] = tie.rule;
    }
    if (!tie.reason.empty()) json["reason"] = tie.reason;
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

Checked<Json> why_one_json(const Context& context, const Caller& caller, const Uuid& customer) {
  GUANXI_CHECK(context.people != nullptr);
  const auto why = context.people->why_one(caller.tenant, customer);
  if (!why) return tl::unexpected(problem_of(why.error()));
  const bool pii = caller.may(Scope::pii_read);
  Json paths = Json::array();
  for (const WhyOne::Path& path : why->paths) {
    paths.push_back({{"from", identity_json(path.from, pii)},
                     {"to", identity_json(path.to, pii)},
                     {"ties", path.ties}});
  }
  return Json{{"ties", ties_json(why->joined, pii)},
              {"paths", std::move(paths)},
              {"refused", ties_json(why->refused, pii)}};
}

Checked<Json> moved_json(const Context& context, const Caller& caller,
                         const std::vector<store::Key>& keys) {
  const auto names = names_of(context, keys);
  if (!names) return tl::unexpected(names.error());
  return named(*names, keys, caller.may(Scope::pii_read));
}

Outcome merge_customers(const Context& context, const Call& call) {
  const auto body = body_of(call, {"into", "override", "dry_run"});
  if (!body) return tl::unexpected(body.error());
  const auto judge = judge_of(call, *body);
  if (!judge) return tl::unexpected(judge.error());
  const auto overrides = flag_of(*body, "override");
  if (!overrides) return tl::unexpected(overrides.error());
  const auto from = customer_of(call);
  if (!from) return tl::unexpected(from.error());
  const auto named_into = body->find("into");
  const auto into = named_into != body->end() && named_into->is_string()
                        ? parse_uuid(named_into->get<std::string>())
                        : std::nullopt;
  if (!into) return bad_body("must be the id of the customer who stays", "#/into");
  GUANXI_CHECK(context.people != nullptr);
  return answer_decided(context, call, *judge,
                        context.people->merge(*judge, *from, *into, *overrides));
}

Outcome split_customer(const Context& context, const Call& call) {
  const auto body = body_of(call, {"identities", "groups", "dry_run"});
  if (!body) return tl::unexpected(body.error());
  const auto judge = judge_of(call, *body);
  if (!judge) return tl::unexpected(judge.error());
  const auto id = customer_of(call);
  if (!id) return tl::unexpected(id.error());
  const auto customer = find_customer(context, call, *id);
  if (!customer) return tl::unexpected(customer.error());
  if (body->contains("identities") == body->contains("groups")) {
    return bad_body("either identities or groups of identities say who leaves", "#");
  }
  GUANXI_CHECK(context.people != nullptr);
  if (body->contains("identities")) {
    const auto identities = identities_in(*customer, body->at("identities"), "#/identities");
    if (!identities) return tl::unexpected(identities.error());
    return answer_decided(context, call, *judge, context.people->split(*judge, *id, *identities));
  }
  const auto groups = groups_in(*customer, body->at("groups"));
  if (!groups) return tl::unexpected(groups.error());
  Json data = Json::array();
  for (const std::vector<Identity>& group : *groups) {
    const auto decided = context.people->split(*judge, *id, group);
    if (!decided) {
      data.push_back(failure_json(decided.error()));
      continue;
    }
    auto json = decided_json(context, call, *judge, *decided);
    if (!json) return tl::unexpected(json.error());
    data.push_back(std::move(*json));
  }
  return json_response({{"data", std::move(data)}});
}

Outcome list_suggestions(const Context& context, const Call& call) {
  const auto limit = call.parameters.number("limit", 1, kMostRows, kUsualRows);
  if (!limit) return tl::unexpected(limit.error());
  bool rejected = false;
  if (const std::string* status = call.parameters.find("status")) {
    if (*status != "open" && *status != "rejected") {
      return tl::unexpected(
          Problem{ProblemCode::invalid_parameter, "status takes open or rejected"});
    }
    rejected = *status == "rejected";
  }
  const CursorBook cursors(context.store, call.caller.tenant, "suggestions",
                           call.parameters.filter());
  store::Key after{};
  if (const std::string* cursor = call.parameters.find("cursor")) {
    const auto position = cursors.read(*cursor);
    if (!position) return tl::unexpected(position.error());
    after = parse_uuid(*position).value_or(Uuid{}).bytes;
  }
  auto rows = checked(context.store.suggestions(call.caller.tenant, rejected, after, *limit + 1));
  if (!rows) return tl::unexpected(rows.error());
  std::string next;
  if (rows->size() > *limit) {
    rows->pop_back();
    next = cursors.issue(text_of(rows->back().id));
  }
  auto data = suggestions_json(context, call, *rows);
  if (!data) return tl::unexpected(data.error());
  return page_response(call, std::move(*data), next);
}

Outcome accept_suggestion(const Context& context, const Call& call) {
  return decide_suggestion(context, call, true);
}
Outcome reject_suggestion(const Context& context, const Call& call) {
  return decide_suggestion(context, call, false);
}
Outcome accept_suggestions(const Context& context, const Call& call) {
  return decide_suggestions(context, call, true);
}
Outcome reject_suggestions(const Context& context, const Call& call) {
  return decide_suggestions(context, call, false);
}
Outcome block_value(const Context& context, const Call& call) {
  return decide_value(context, call, false);
}
Outcome allow_value(const Context& context, const Call& call) {
  return decide_value(context, call, true);
}

Outcome list_decisions(const Context& context, const Call& call) {
  const auto limit = call.parameters.number("limit", 1, kMostRows, kUsualRows);
  if (!limit) return tl::unexpected(limit.error());
  const CursorBook cursors(context.store, call.caller.tenant, "decisions", "");
  std::int64_t before = 0;
  if (const std::string* cursor = call.parameters.find("cursor")) {
    const auto position = cursors.read(*cursor);
    if (!position) return tl::unexpected(position.error());
    std::from_chars(position->data(), position->data() + position->size(), before);
  }
  auto rows = checked(context.store.decisions(call.caller.tenant, before, *limit + 1));
  if (!rows) return tl::unexpected(rows.error());
  std::string next;
  if (rows->size() > *limit) {
    rows->pop_back();
    next = cursors.issue(std::to_string(rows->back().id));
  }
  std::vector<store::Key> keys;
  for (const store::DecisionRecord& row : *rows) {
    keys.insert(keys.end(), row.one.begin(), row.one.end());
    keys.insert(keys.end(), row.other.begin(), row.other.end());
  }
  const auto names = names_of(context, keys);
  if (!names) return tl::unexpected(names.error());
  const bool pii = call.caller.may(Scope::pii_read);
  Json data = Json::array();
  for (const store::DecisionRecord& row : *rows) {
    const bool undoes = row.kind == store::DecisionRecord::Kind::take_back;
    Json json{{"id", row.id},
              {"kind", undoes && row.overrides ? "put_back" : store::decision_text(row.kind)},
              {"at", format_time(row.at)},
              {"by", row.by},
              {"customer", id_or_null(row.customer)},
              {"into", id_or_null(row.into)},
              {"identities", {named(*names, row.one, pii), named(*names, row.other, pii)}},
              {"of", undoes ? Json(row.takes_back) : Json(nullptr)},
              {"taken_back_by", row.taken_back_by == 0 ? Json(nullptr) : Json(row.taken_back_by)}};
    data.push_back(std::move(json));
  }
  return page_response(call, std::move(data), next);
}

Outcome undo_decision(const Context& context, const Call& call) {
  const auto body = body_of(call, {"dry_run"});
  if (!body) return tl::unexpected(body.error());
  const auto judge = judge_of(call, *body);
  if (!judge) return tl::unexpected(judge.error());
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(call.item.data(), call.item.data() + call.item.size(), number);
  if (error != std::errc{} || end != call.item.data() + call.item.size()) {
    return tl::unexpected(Problem{ProblemCode::not_found, "no decision has this number"});
  }
  GUANXI_CHECK(context.people != nullptr);
  return answer_decided(context, call, *judge, context.people->undo(*judge, number));
}

}  // namespace guanxi::api
