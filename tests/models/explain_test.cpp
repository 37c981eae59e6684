// Why values of a customer are what they are.
#include "models/explain.h"

#include <doctest/doctest.h>

#include "models/json.h"
#include "tests/models/li_lei.h"

using namespace guanxi;
using namespace guanxi::models;
using namespace guanxi::models::tests;
using namespace std::chrono_literals;

namespace {

Source of(const std::string& platform, std::int64_t seq, Time at) {
  Source source = event_source(seq, at);
  source.platform = platform;
  source.channel = platform + "-1";
  return source;
}

const Json& field(const Json& fields, std::string_view name) {
  for (const Json& row : fields) {
    if (row.at("field") == name) return row;
  }
  FAIL("no field ", name);
  return fields;
}

const Json& explained(const Json& explanation, std::string_view name) {
  return field(explanation.at("fields"), name);
}

}  // namespace

TEST_CASE("a value tells who said it, when, and by which rules it was read") {
  Customer customer = lei();
  Source source = answer_source(7, kDay + 1h);
  apply(customer, {person(kDay, {{"name", "李雷"}})}, source);
  const Json name = explained(explanation_json(customer, true), "name");
  CHECK(name == Json{{"field", "name"},
                     {"value", "李雷"},
                     {"source",
                      {{"platform", "p"},
                       {"channel", "acme"},
                       {"seq", 7},
                       {"pack", "2024-01-01"},
                       {"at", "2025-01-01T00:00:00.000Z"},
                       {"from_answer", true},
                       {"proven", true}}},
                     {"why", "only_value"},
                     {"others", Json::array()}});
}

TEST_CASE("a value tells why it won, and each other why it did not") {
  const Survivorship table(SourceOrder(std::vector<std::string>{"crm", "platform"}), {});
  Customer customer = lei();
  const auto says = [&](const Source& source, const Json& value, bool unproven = false) {
    Fact fact = person(source.at, {{"name", value}});
    fact.unproven = unproven;
    apply(customer, {fact}, source, table);
    return explained(explanation_json(customer, true), "name");
  };
  CHECK(says(of("forms", 1, kDay), "typed", true)["why"] == "only_value");
  Json name = says(of("wecom", 2, kDay + 1h), "李雷");
  CHECK(name["value"] == "李雷");
  CHECK(name["why"] == "proven");
  CHECK(name["others"][0]["why_not"] == "unproven");
  CHECK(name["others"][0]["source"]["proven"] == false);
  name = says(of("douyin", 3, kDay + 2h), "lei lei");
  CHECK(name["value"] == "lei lei");
  CHECK(name["why"] == "newer");
  CHECK(name["others"][0]["why_not"] == "unproven");
  CHECK(name["others"][1]["why_not"] == "older");
  name = says(of("crm.erp", 4, kDay - 1h), "Li Lei");
  CHECK(name["value"] == "Li Lei");
  CHECK(name["why"] == "order_of_sources");
  CHECK(name["others"].size() == 3);
  for (const Json& other : name["others"]) CHECK(other["why_not"] == "order_of_sources");
  name = says(of("crm.erp", 5, kDay + 3h), nullptr);
  CHECK(name["value"] == "lei lei");
  CHECK(name["others"].back()["why_not"] == "cleared");
  CHECK(name["others"].back()["value"].is_null());
  name = says(of("wecom", 6, kDay + 4h), "lei lei");
  CHECK(name["source"]["platform"] == "wecom");
  CHECK(name["why"] == "proven");  // over the only one who says something else
  CHECK(name["others"][1]["why_not"] == "same_value");
}

TEST_CASE("a field that everybody cleared says so") {
  Customer customer = lei();
  apply(customer, {person(kDay, {{"gender", "male"}})}, event_source(1, kDay));
  apply(customer, {person(kDay + 1h, {{"gender", nullptr}})}, event_source(2, kDay + 1h));
  const Json gender = explained(explanation_json(customer, true), "gender");
  CHECK(gender["value"].is_null());
  CHECK(gender["source"].is_null());
  CHECK(gender["why"] == "cleared");
  CHECK(gender["others"][0]["source"]["seq"] == 2);
}

TEST_CASE("of a relation, status, stretches and fields know what said so") {
  Customer customer = lei();
  apply(customer,
        {relation("active", kDay, {{"set", {{"remark", "展会 李雷"}, {"state", "expo"}}}})},
        event_source(1, kDay));
  apply(customer, {relation("ended", kDay + 1h, {{"reason", "deleted_by_customer"}})},
        event_source(2, kDay + 1h));
  const Json explanation = explanation_json(customer, true);
  REQUIRE(explanation["relations"].size() == 1);
  const Json& shown = explanation["relations"][0];
  CHECK(shown["staff_id"] == "li");
  CHECK(shown["customer"] == Json{{"kind", "external_userid"}, {"value", "wmLei"}});
  CHECK(shown["status"]["value"] == "ended");
  CHECK(shown["status"]["reason"] == "deleted_by_customer");
  CHECK(shown["status"]["source"]["seq"] == 2);
  CHECK(shown["history"][0]["since_source"]["seq"] == 1);
  CHECK(shown["history"][0]["until_source"]["seq"] == 2);
  CHECK(shown["history"][0]["state"] == "expo");
  CHECK(field(shown["fields"], "remark")["value"] == "展会 李雷");
  CHECK(field(shown["fields"], "remark")["source"]["seq"] == 1);
  CHECK(explanation["source"]["state"] == "expo");
  CHECK(explanation["source"]["seq"] == 1);
  CHECK(explanation["identities"][0]["value"] == "wmLei");
  CHECK(explanation["identities"][0]["source"]["seq"] == 1);
}

TEST_CASE("a phone tells every field and relation in which it is stated") {
  Customer customer = lei();
  apply(customer, {relation("active", kDay, {{"set", {{"phones", {"+8613800001234"}}}}})},
        event_source(1, kDay));
  apply(customer, {person(kDay + 1h, {{"mobile", "+8613800001234"}, {"email", "lei@example.com"}})},
        event_source(2, kDay + 1h));
  const Json explanation = explanation_json(customer, true);
  REQUIRE(explanation["phones"].size() == 1);
  const Json& phone = explanation["phones"][0];
  CHECK(phone["value"] == "+8613800001234");
  REQUIRE(phone["stated_by"].size() == 2);
  CHECK(phone["stated_by"][0]["field"] == "phones");
  CHECK(phone["stated_by"][0]["staff_id"] == "li");
  CHECK(phone["stated_by"][0]["source"]["seq"] == 1);
  CHECK(phone["stated_by"][1]["field"] == "mobile");
  CHECK(phone["stated_by"][1]["staff_id"].is_null());
  CHECK(phone["stated_by"][1]["source"]["seq"] == 2);
  CHECK(explanation["emails"][0]["value"] == "lei@example.com");
  CHECK(explanation["emails"][0]["stated_by"][0]["field"] == "email");
}

TEST_CASE("without the right to personal data nothing is seen that the customer does not show") {
  Customer customer = lei();
  customer.identities.push_back(
      {{"phone", "phone", "", "+8613800001234", Side::customer}, "p", "acme", kDay, kDay});
  const Json set{{"name", "李雷13800001234"},
                 {"phones", {"+8613800001234"}},
                 {"mobile", "+8613800001234"},
                 {"emails", {"lilei@example.com", "lilei at example"}},
                 {"email", "lilei@example.com"},
                 {"company.title", "call 138-0000-1234"},
                 {"telephone", "+8613800001234"},
                 {"attributes.note lilei@example.com", "138 0000 1234"},
                 {"attributes.list", {"lilei@example.com", 7}},
                 {"avatar_url", "https://img.example/13800001234567/0"}};
  const Json held{{{"id", "et13800001234"}, {"name", "13800001234"}, {"group", "g"}}};
  const Json related{{"remark", "13800001234"},
                     {"description", "lilei@example.com"},
                     {"state", "13800001234"},
                     {"phones", {"+8613800001234"}},
                     {"tags", held}};
  apply(customer, {relation("active", kDay, {{"set", related}}), person(kDay, set)},
        event_source(1, kDay));
  Source other = of("q", 2, kDay + 1h);
  apply(customer,
        {person(other.at, {{"name", "x 13800001234"}, {"emails", {"lilei@example.com"}}})}, other);
  Json masked = explanation_json(customer, false);
  const std::string all = masked.dump();
  CHECK(all.find("lilei@") == std::string::npos);
  CHECK(explained(masked, "avatar_url")["value"] == "https://img.example/13800001234567/0");
  const Json& tag = field(masked["relations"][0]["fields"], "tags")["value"][0];
  CHECK(tag == Json{{"id", "et13800001234"}, {"name", "138****1234"}, {"group", "g"}});
  CHECK(explained(masked, "name")["others"][0]["value"] == "李雷138****1234");
  CHECK(explained(masked, "phones")["value"] == Json{"+86138****1234"});
  CHECK(explained(masked, "emails")["others"][0]["value"] == Json{"l***@example.com", "***"});
  CHECK(masked["identities"][1]["value"] == "+86138****1234");
  CHECK(customer_json(customer, {"t", false, nullptr})["identities"][1]["value"] ==
        "+86138****1234");
  // What is left of the number stands where it is no phone: in a platform's id and a picture's
  // address.
  masked["relations"][0]["fields"] = nullptr;
  std::string rest = masked.dump();
  rest.erase(rest.find("13800001234567"), 14);
  CHECK(rest.find("13800001234") == std::string::npos);
  CHECK(rest.find("138 0000 1234") == std::string::npos);
  CHECK(rest.find("138-0000-1234") == std::string::npos);
  const std::string whole = explanation_json(customer, true).dump();
  CHECK(whole.find("call 138-0000-1234") != std::string::npos);
  CHECK(whole.find("note lilei@example.com") != std::string::npos);
}
