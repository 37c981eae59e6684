// Who is who, as a CRM decides it over HTTP: a gateway at work, the simulated platform, and forms
// that people fill in.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "gateway/app/command_line.h"
#include "gateway/app/gateway.h"
#include "gateway/net/http_client.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wecom_simulator.h"

using namespace guanxi;
using models::Json;

namespace {

constexpr char kNobody[] = "0198c0de-0000-7000-8000-000000000000";

struct Answer {
  int status = 0;
  Json body;
  std::map<std::string, std::string> headers;
};

Json named(const std::string& kind, const std::string& value) {
  return {{"kind", kind}, {"value", value}};
}

class Site {
 public:
  explicit Site(const std::string& settings = {}) {
    std::ofstream file(path());
    file << "[server]\npublic = \"127.0.0.1:0\"\nprivate = \"127.0.0.1:0\"\n"
            "public_url = \"http://127.0.0.1\"\n[store]\nurl = \"sqlite:"
         << folder_.file("test.db") << "\"\n[log]\nlevel = \"error\"\n"
         << settings << corp("acme", "default") << corp("theirs", "other")
         << "[[channel]]\nid = \"forms\"\nplatform = \"xiaohongshu\"\nlead_token = \"secret\"\n"
            "[[channel]]\nid = \"handed\"\nplatform = \"kuaishou\"\napp_id = \"ks0003\"\n"
            "url_key = \"lead-key-0123456789\"\n";
    file.close();
    const auto config = app::load_config(path());
    if (!config) FAIL(config.error().detail);
    gateway_ = std::make_unique<app::Gateway>(*config);
    make_key("crm", "default", {"customers:read", "customers:write", "pii:read"});
    make_key("clerk", "default", {"customers:read", "customers:write"});
    make_key("reader", "default", {"customers:read"});
    make_key("other", "other", {"customers:read", "customers:write", "pii:read"});
  }

  Answer ask(const std::string& method, const std::string& target, const Json& body = nullptr,
             const std::string& key = "crm") {
    return send(method, target, body.is_null() ? std::string() : body.dump(), key);
  }

  Answer send(const std::string& method, const std::string& target, const std::string& body,
              const std::string& key = "crm") {
    const auto response = client_->send(
        {method,
         "http://127.0.0.1:" + std::to_string(gateway_->private_port()) + target,
         {{"Authorization", "Bearer " + keys_.at(key)}, {"Content-Type", "application/json"}},
         body,
         Milliseconds{60'000}});
    REQUIRE(response);
    Answer answer{response->status, Json::parse(response->body, nullptr, false), {}};
    for (const auto& [name, value] : response->headers) answer.headers[name] = value;
    return answer;
  }

  Json get(const std::string& target, const std::string& key = "crm") {
    const Answer answer = ask("GET", target, nullptr, key);
    CAPTURE(answer.body.dump());
    REQUIRE(answer.status == 200);
    return answer.body;
  }

  Json post(const std::string& target, const Json& body = Json::object(),
            const std::string& key = "crm") {
    const Answer answer = ask("POST", target, body, key);
    CAPTURE(answer.body.dump());
    REQUIRE(answer.status == 200);
    return answer.body;
  }

  // The platform knows somebody, and tells of her.
  void meet(const std::string& who, const std::string& unionid, const std::string& phone = {},
            const std::string& channel = "acme") {
    Json contact{{"external_userid", who}, {"name", "name of " + who}, {"type", 1}};
    if (!unionid.empty()) contact["unionid"] = unionid;
    Json phones = Json::array();
    if (!phone.empty()) phones.push_back(phone);
    simulator_.put_customer({{"external_contact", contact},
                             {"follow_user",
                              {{{"userid", "sales.li"},
                                {"createtime", 1735689600},
                                {"add_way", 1},
                                {"remark_mobiles", phones}}}}});
    trigger(channel, "add_external_contact", {"ExternalUserID=" + who});
  }

  // Somebody fills in a form, which the platform signs.
  void lead(const std::string& number, const std::string& phone) {
    trigger("forms", "lead.submitted", {"/data/leads_id=" + number, "/data/data/1/value=" + phone});
  }

  void trigger(const std::string& channel, const std::string& event,
               const std::vector<std::string>& set) {
    std::vector<std::string> arguments{"trigger", channel, event};
    for (const std::string& field : set) arguments.insert(arguments.end(), {"--set", field});
    arguments.insert(arguments.end(),
                     {"--to", "http://127.0.0.1:" + std::to_string(gateway_->public_port())});
    run(std::move(arguments));
    settle();
  }

  Json customers(const std::string& key = "crm") { return get("/v1/customers", key).at("data"); }

  // The id of whoever has an identity of this value; empty if nobody has.
  std::string holder(const std::string& value, const std::string& key = "crm") {
    for (const Json& customer : customers(key)) {
      for (const Json& held : customer.at("identities")) {
        if (held.at("value") == value) return customer.at("id").get<std::string>();
      }
    }
    return {};
  }

  Json suggestions(const std::string& key = "crm") {
    return get("/v1/suggestions", key).at("data");
  }

  // Of the feed, what is of one type.
  std::vector<Json> changes(const std::string& type, const std::string& key = "crm") {
    std::vector<Json> found;
    const Json feed = get("/v1/changes?limit=500", key);
    for (const Json& change : feed.at("changes")) {
      if (change.at("type") == type) found.push_back(change);
    }
    return found;
  }

  std::size_t feed_length() { return get("/v1/changes?limit=500").at("changes").size(); }
  const std::string& key_id(const std::string& name) const { return key_ids_.at(name); }

 private:
  std::string path() const { return folder_.file("guanxi.toml"); }

  std::string corp(const std::string& id, const std::string& tenant) const {
    return "[[channel]]\nid = \"" + id + "\"\nplatform = \"wecom\"\ntenant = \"" + tenant +
           "\"\ncorp_id = \"ww00scrmdemo000001\"\ntoken = \"QDG6eK\"\nencoding_aes_key = "
           "\"jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C\"\nsecret = \"simulated-secret\"\n"
           "api_base = \"" +
           simulator_.api_base() + "\"\n";
  }

  void make_key(const std::string& name, const std::string& tenant,
                const std::vector<std::string>& scopes) {
    std::vector<std::string> arguments{"keys",     "create", "--name", name,
                                       "--tenant", tenant,   "--json"};
    for (const std::string& scope : scopes) arguments.insert(arguments.end(), {"--scope", scope});
    const Json made = Json::parse(run(std::move(arguments)));
    keys_[name] = made.at("key").get<std::string>();
    key_ids_[name] = made.at("id").get<std::string>();
  }

  std::string run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--config", path()});
    std::ostringstream out;
    std::ostringstream err;
    const int code = app::run(arguments, out, err);
    CAPTURE(err.str());
    REQUIRE(code == 0);
    return out.str();
  }

  // Until no callback waits, and no call of the platform. The feed's long poll is the signal that
  // work was done; the backlog says when all is.
  void settle() {
    std::string after;
    for (int round = 0; round < 1000; ++round) {
      const auto backlog = gateway_->store().backlog().value();
      if (backlog.waiting == 0 && backlog.tasks == 0) return;
      after = get("/v1/changes?limit=500&wait=1&after=" + after).at("next").get<std::string>();
    }
    FAIL("events or calls still wait");
  }

  tests::TemporaryFolder folder_;
  net::IoThreads threads_{1};
  tests::WecomSimulator simulator_{threads_};
  std::unique_ptr<net::HttpClient> client_ = net::make_http_client();
  std::unique_ptr<app::Gateway> gateway_;
  std::map<std::string, std::string> keys_;
  std::map<std::string, std::string> key_ids_;
};

std::set<std::string> values_of(const Json& customer) {
  std::set<std::string> values;
  for (const Json& held : customer.at("identities")) {
    values.insert(held.at("value").get<std::string>());
  }
  return values;
}

// What a decision does to one customer.
Json change_of(const Json& decided, const std::string& customer) {
  for (const Json& change : decided.at("customers")) {
    if (change.at("id") == customer) return change;
  }
  FAIL("nothing is said of " << customer << ": " << decided.dump());
  return {};
}

// Two contacts of one corp with one unionid, whom only people can join.
struct Pair : Site {
  Pair() {
    meet("wmA", "oLei", "13900001111");
    meet("wmB", "oLei");
    a = holder("wmA");
    b = holder("wmB");
    REQUIRE(a != b);
    REQUIRE(suggestions().size() == 1);
    suggestion = suggestions()[0].at("id").get<std::string>();
  }

  std::int64_t accept() {
    return post("/v1/suggestions/" + suggestion + "/accept").at("decision").get<std::int64_t>();
  }

  Json undo(std::int64_t decision) {
    return post("/v1/decisions/" + std::to_string(decision) + "/undo");
  }

  std::string a;
  std::string b;
  std::string suggestion;
};

}  // namespace

TEST_CASE("what only people can tell is suggested with its reasons") {
  Pair site;
  const Json suggestion = site.suggestions()[0];
  CHECK(suggestion.at("customers") == Json{site.b, site.a});
  CHECK(suggestion.at("identities") ==
        Json{named("external_userid", "wmB"), named("unionid", "oLei")});
  CHECK(suggestion.at("reason") == "exclusive");
  CHECK(suggestion.at("trust") == "account-bound");
  CHECK(suggestion.at("via") == nullptr);
  CHECK(suggestion.at("status") == "open");
  CHECK(suggestion.at("rule") == "person");
  CHECK(suggestion.at("event").get<std::int64_t>() > 0);
  const Json refused = site.get("/v1/customers/" + site.b + "/explain").at("why_one").at("refused");
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].at("between") == suggestion.at("identities"));
  CHECK(refused[0].at("reason") == "exclusive");
}

TEST_CASE("a dry run shows before and after, and changes nothing") {
  Pair site;
  const Json before_a = site.get("/v1/customers/" + site.a);
  const Json before_b = site.get("/v1/customers/" + site.b);
  const std::size_t feed = site.feed_length();
  const Json tried =
      site.post("/v1/suggestions/" + site.suggestion + "/accept", {{"dry_run", true}});
  CHECK(tried.at("dry_run") == true);
  CHECK(tried.at("decision") == nullptr);
  const Json stays = change_of(tried, site.a);
  CHECK(stays.at("before") == before_a);
  CHECK(values_of(stays.at("after")) == std::set<std::string>{"oLei", "wmA", "wmB"});
  CHECK(stays.at("merged_into") == nullptr);
  const Json goes = change_of(tried, site.b);
  CHECK(goes.at("before") == before_b);
  CHECK(goes.at("after") == nullptr);
  CHECK(goes.at("merged_into") == site.a);
  CHECK(site.get("/v1/customers/" + site.a) == before_a);
  CHECK(site.get("/v1/customers/" + site.b) == before_b);
  CHECK(site.suggestions().size() == 1);
  CHECK(site.get("/v1/decisions").at("data").empty());
  CHECK(site.feed_length() == feed);
}

TEST_CASE("whoever was merged leads on to the one who stays, wherever she is asked for") {
  Pair site;
  const std::int64_t decision = site.accept();
  for (const std::string more : {"", "/timeline", "/lineage", "/explain"}) {
    CAPTURE(more);
    const Answer moved = site.ask("GET", "/v1/customers/" + site.b + more);
    CHECK(moved.status == 301);
    CHECK(moved.headers.at("Location") == "/v1/customers/" + site.a + more);
    CHECK(moved.headers.at("Cache-Control") == "no-store");
    CHECK(moved.body == Json{{"id", site.b}, {"merged_into", site.a}});
  }
  CHECK(site.suggestions().empty());

  const auto merged = site.changes("customer.merged");
  REQUIRE(merged.size() == 1);
  CHECK(merged[0].at("object") == Json{{"type", "customer"}, {"id", site.a}});
  CHECK(merged[0].at("customer_id") == site.a);
  CHECK(merged[0].at("merged_from") == Json::array({site.b}));
  CHECK(merged[0].at("identities") == Json::array({named("external_userid", "wmB")}));

  const Json entry = site.get("/v1/customers/" + site.a + "/lineage").at("data").at(0);
  CHECK(entry.at("type") == "merged");
  CHECK(entry.at("merged_from") == site.b);
  CHECK(entry.at("into") == site.a);
  CHECK(entry.at("decision") == decision);
  CHECK(entry.at("identities") == Json::array({named("external_userid", "wmB")}));
  const Json timeline = site.get("/v1/customers/" + site.a + "/timeline").at("data");
  CHECK(timeline.at(0) == entry);  // the newest; before it what happened to either
  CHECK(std::ranges::count(timeline, "contact.added",
                           [](const Json& row) { return row.at("type"); }) == 2);
}

TEST_CASE("nothing more is decided of a customer who was merged") {
  Pair site;
  site.accept();
  const std::vector<std::pair<std::string, Json>> writes{
      {"/v1/customers/" + site.b + "/merge", {{"into", site.a}}},
      {"/v1/customers/" + site.a + "/merge", {{"into", site.b}}},
      {"/v1/customers/" + site.b + "/split", {{"identities", {named("external_userid", "wmB")}}}},
  };
  for (const auto& [target, body] : writes) {
    CAPTURE(target);
    const Answer refused = site.ask("POST", target, body);
    CHECK(refused.status == 409);
    CHECK(refused.body.at("code") == "conflict");
    CHECK(refused.body.at("detail").get<std::string>().find("was merged into " + site.a) !=
          std::string::npos);
  }
}

TEST_CASE("a decision is taken back exactly, and put back") {
  Pair site;
  const Json before_a = site.get("/v1/customers/" + site.a);
  const Json before_b = site.get("/v1/customers/" + site.b);
  const auto is_as_before = [&](const std::string& id, const Json& before) {
    Json now = site.get("/v1/customers/" + id);
    for (const char* bookkeeping : {"version", "updated_at", "created_at"}) {
      now[bookkeeping] = before.at(bookkeeping);
    }
    CHECK(now == before);
  };
  const std::int64_t joined = site.accept();
  const Json undone = site.undo(joined);
  is_as_before(site.a, before_a);
  is_as_before(site.b, before_b);
  CHECK(site.suggestions().size() == 1);
  const auto split = site.changes("customer.split");
  REQUIRE(split.size() == 1);
  CHECK(split[0].at("customer_id") == site.a);
  CHECK(split[0].at("split_into") == Json::array({site.b}));
  CHECK(split[0].at("identities") == Json::array({named("external_userid", "wmB")}));
  CHECK(split[0].at("version").get<std::int64_t>() >
        site.changes("customer.merged").at(0).at("version").get<std::int64_t>());
  for (const std::string& id : {site.a, site.b}) {
    const Json entry = site.get("/v1/customers/" + id + "/lineage").at("data").at(0);
    CHECK(entry.at("type") == "split");
    CHECK(entry.at("split_from") == site.a);
    CHECK(entry.at("split_into") == site.b);
    CHECK(entry.at("decision") == undone.at("decision"));
  }
  CHECK(site.ask("POST", "/v1/decisions/" + std::to_string(joined) + "/undo").status == 409);

  const std::int64_t number = undone.at("decision").get<std::int64_t>();
  const Json again = site.undo(number);
  CHECK(site.ask("GET", "/v1/customers/" + site.b).status == 301);
  CHECK(site.holder("wmB") == site.a);
  CHECK(site.ask("POST", "/v1/decisions/" + std::to_string(number) + "/undo").status == 409);
  site.undo(joined);
  is_as_before(site.b, before_b);

  const Json decisions = site.get("/v1/decisions").at("data");
  REQUIRE(decisions.size() == 4);  // newest first
  CHECK(decisions[3].at("kind") == "join");
  CHECK(decisions[3].at("id") == joined);
  CHECK(decisions[3].at("by") == site.key_id("crm"));
  CHECK(decisions[3].at("customer") == site.b);
  CHECK(decisions[3].at("into") == site.a);
  CHECK(decisions[3].at("identities").at(0) == Json::array({named("external_userid", "wmB")}));
  CHECK(decisions[3].at("taken_back_by") == decisions[0].at("id"));
  CHECK(decisions[2].at("kind") == "take_back");
  CHECK(decisions[2].at("of") == joined);
  CHECK(decisions[1].at("kind") == "put_back");
  CHECK(decisions[1].at("id") == again.at("decision"));
  CHECK(decisions[1].at("of") == joined);
  std::vector<Json> paged;
  std::string cursor;
  for (int page = 0; page < 4; ++page) {
    const Json one = site.get("/v1/decisions?limit=1" + cursor);
    for (const Json& row : one.at("data")) paged.push_back(row);
    CHECK(one.at("next_cursor").is_null() == (page == 3));
    if (page < 3) cursor = "&cursor=" + one.at("next_cursor").get<std::string>();
  }
  CHECK(Json(paged) == decisions);
}

TEST_CASE("between any two identities of a customer there is a path of what ties them") {
  Pair site;
  site.meet("wmC", "oHan", "13900002222");
  const std::int64_t accepted = site.accept();
  const std::string c = site.holder("wmC");
  const Json merged = site.post("/v1/customers/" + c + "/merge", {{"into", site.a}});
  const Json why = site.get("/v1/customers/" + site.a + "/explain").at("why_one");
  const Json& ties = why.at("ties");
  std::set<std::set<Json>> pairs;
  for (const Json& path : why.at("paths")) {
    CAPTURE(path.dump());
    Json at = path.at("from");
    for (const Json& place : path.at("ties")) {
      const Json& between = ties.at(place.get<std::size_t>()).at("between");
      REQUIRE((between[0] == at || between[1] == at));
      at = between[0] == at ? between[1] : between[0];
    }
    CHECK(at == path.at("to"));
    pairs.insert({path.at("from"), path.at("to")});
  }
  CHECK(pairs.size() == 10);  // of five identities
  std::set<Json> decisions;
  for (const Json& tie : ties) {
    if (tie.contains("decision")) {
      decisions.insert(tie.at("decision"));
      continue;
    }
    CHECK(tie.at("trust") == "account-bound");
    CHECK(tie.at("nature") == "named");
    CHECK(tie.at("rule") == "person");
    CHECK(tie.at("event").get<std::int64_t>() > 0);
    CHECK_FALSE(tie.contains("reason"));
  }
  CHECK(decisions == std::set<Json>{accepted, merged.at("decision")});
  // The phones that staff typed tie nobody.
  REQUIRE(why.at("refused").size() == 2);
  for (const Json& tie : why.at("refused")) {
    CHECK(tie.at("trust") == "staff-typed");
    CHECK(tie.at("nature") == "typed");
    CHECK(tie.at("reason") == "only_suggests");
  }
}

TEST_CASE("identities leave a customer, alone and in groups, and stay away") {
  Pair site;
  site.meet("wmC", "oHan");
  const std::string c = site.holder("wmC");
  site.accept();
  site.post("/v1/customers/" + c + "/merge", {{"into", site.a}});
  const std::string split = "/v1/customers/" + site.a + "/split";
  SUBCASE("some of them") {
    const Json body{{"identities", {named("external_userid", "wmC"), named("unionid", "oHan")}}};
    Json tried = body;
    tried["dry_run"] = true;
    const Json trial = site.post(split, tried);
    CHECK(site.holder("wmC") == site.a);
    const Json decided = site.post(split, body);
    CHECK(values_of(change_of(decided, site.a).at("after")) ==
          values_of(change_of(trial, site.a).at("after")));
    CHECK(site.holder("wmC") == c);  // she is herself again
    CHECK(site.holder("oHan") == c);
    CHECK(site.holder("wmB") == site.a);
    CHECK(site.get("/v1/customers/" + c).at("name") == "name of wmC");
    site.meet("wmC", "oHan");
    CHECK(site.holder("wmC") == c);
    const Answer refused = site.ask("POST", "/v1/customers/" + c + "/merge", {{"into", site.a}});
    CHECK(refused.status == 409);
    CHECK(refused.body.at("detail").get<std::string>().find("override") != std::string::npos);
    site.post("/v1/customers/" + c + "/merge", {{"into", site.a}, {"override", true}});
    CHECK(site.holder("wmC") == site.a);
  }
  SUBCASE("several groups") {
    const Json decided = site.post(
        split, {{"groups",
                 {Json::array({named("external_userid", "wmB")}),
                  Json::array({named("external_userid", "wmC"), named("unionid", "oHan")})}}});
    REQUIRE(decided.at("data").size() == 2);
    CHECK(decided.at("data")[0].at("decision") < decided.at("data")[1].at("decision"));
    CHECK(site.holder("wmA") == site.a);
    CHECK(site.holder("wmB") == site.b);
    CHECK(site.holder("wmC") == c);
    CHECK(site.changes("customer.split").size() == 2);
  }
  SUBCASE("groups that leave nobody behind are refused before any leaves") {
    const std::size_t feed = site.feed_length();
    const Answer refused =
        site.ask("POST", split,
                 {{"groups",
                   {Json::array({named("external_userid", "wmC"), named("unionid", "oHan")}),
                    Json::array({named("external_userid", "wmB"), named("external_userid", "wmA"),
                                 named("unionid", "oLei")})}}});
    CHECK(refused.status == 409);
    CHECK(site.feed_length() == feed);
  }
}

TEST_CASE("a body that says nothing sensible is refused with the place in it") {
  Pair site;
  const Json wm_a = named("external_userid", "wmA");
  const std::string merge = "/v1/customers/" + site.a + "/merge";
  const std::string split = "/v1/customers/" + site.a + "/split";
  const std::string accept = "/v1/suggestions/" + site.suggestion + "/accept";
  const std::size_t feed = site.feed_length();
  struct Row {
    std::string target;
    std::string body;
    std::string pointer;
  };
  const std::vector<Row> rows{
      {merge, "{", "#"},
      {merge, "[]", "#"},
      {merge, "{}", "#/into"},
      {merge, R"({"into":7})", "#/into"},
      {merge, R"({"into":"wmB"})", "#/into"},
      {merge, Json{{"into", site.b}, {"override", "yes"}}.dump(), "#/override"},
      {merge, Json{{"into", site.b}, {"dry_run", 1}}.dump(), "#/dry_run"},
      {merge, Json{{"into", site.b}, {"dryrun", true}}.dump(), "#/dryrun"},
      {split, "{}", "#"},
      {split, Json{{"identities", {wm_a}}, {"groups", {Json::array({wm_a})}}}.dump(), "#"},
      {split, R"({"identities":[]})", "#/identities"},
      {split, R"({"identities":{}})", "#/identities"},
      {split, R"({"identities":["wmA"]})", "#/identities/0"},
      {split, R"({"identities":[{"kind":"external_userid"}]})", "#/identities/0"},
      {split, Json{{"identities", {wm_a, named("external_userid", "wmB")}}}.dump(),
       "#/identities/1"},
      {split, R"({"groups":[]})", "#/groups"},
      {split, R"({"groups":[[]]})", "#/groups/0"},
      {split,
       Json{{"groups", {Json::array({wm_a}), Json::array({named("unionid", "oMei")})}}}.dump(),
       "#/groups/1/0"},
      {split, Json{{"groups", {Json::array({wm_a}), Json::array({wm_a})}}}.dump(), "#/groups/1/0"},
      {accept, R"({"dry_run":"no"})", "#/dry_run"},
      {accept, R"({"ids":[]})", "#/ids"},
      {"/v1/suggestions/accept", "{}", "#/ids"},
      {"/v1/suggestions/reject", R"({"ids":"all"})", "#/ids"},
      {"/v1/suggestions/accept", Json{{"ids", {site.suggestion, "second"}}}.dump(), "#/ids/1"},
      {"/v1/decisions/1/undo", R"({"dry_run":null})", "#/dry_run"},
      {"/v1/values/block", "{}", "#/kind"},
      {"/v1/values/block", R"({"kind":"unionid","value":"oLei"})", "#/kind"},
      {"/v1/values/block", R"({"kind":"phone","value":"12"})", "#/value"},
      {"/v1/values/allow", R"({"kind":"email","value":"nobody"})", "#/value"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    CAPTURE(row.body);
    const Answer refused = site.send("POST", row.target, row.body);
    CHECK(refused.status == 400);
    CHECK(refused.body.at("code") == "invalid-body");
    CHECK(refused.body.at("errors").at(0).at("pointer") == row.pointer);
  }
  Json many = Json::array();
  for (int i = 0; i < 501; ++i) many.push_back(site.suggestion);
  CHECK(site.ask("POST", "/v1/suggestions/accept", {{"ids", many}}).body.at("code") ==
        "too-many-items");
  CHECK(site.ask("POST", merge, {{"into", site.a}}).status == 409);  // herself
  CHECK(site.ask("GET", "/v1/suggestions?status=all").body.at("code") == "invalid-parameter");
  CHECK(site.ask("GET", "/v1/suggestions?cursor=x").body.at("code") == "cursor-invalid");
  CHECK(site.ask("GET", "/v1/decisions?limit=501").body.at("code") == "invalid-parameter");
  CHECK(site.suggestions().size() == 1);
  CHECK(site.feed_length() == feed);
}

TEST_CASE("what there is not is not found") {
  Pair site;
  const std::string nobody = kNobody;
  const std::vector<std::pair<std::string, Json>> rows{
      {"/v1/customers/" + nobody + "/merge", {{"into", site.a}}},
      {"/v1/customers/" + site.a + "/merge", {{"into", nobody}}},
      {"/v1/customers/nobody/merge", {{"into", site.a}}},
      {"/v1/customers/" + nobody + "/split", {{"identities", {named("unionid", "oLei")}}}},
      {"/v1/suggestions/" + nobody + "/accept", Json::object()},
      {"/v1/suggestions/first/reject", Json::object()},
      {"/v1/decisions/99/undo", Json::object()},
      {"/v1/decisions/first/undo", Json::object()},
  };
  for (const auto& [target, body] : rows) {
    CAPTURE(target);
    const Answer missing = site.ask("POST", target, body);
    CHECK(missing.status == 404);
    CHECK(missing.body.at("code") == "not-found");
  }
  for (const std::string more : {"", "/timeline", "/lineage", "/explain"}) {
    CHECK(site.ask("GET", "/v1/customers/" + nobody + more).status == 404);
  }
}

TEST_CASE("who may only read decides nothing") {
  Pair site;
  const std::string merge = "/v1/customers/" + site.a + "/merge";
  const std::vector<std::pair<std::string, Json>> rows{
      {merge, {{"into", site.b}}},
      {"/v1/customers/" + site.a + "/split", {{"identities", {named("unionid", "oLei")}}}},
      {"/v1/suggestions/" + site.suggestion + "/accept", {{"dry_run", true}}},
      {"/v1/suggestions/" + site.suggestion + "/reject", Json::object()},
      {"/v1/suggestions/accept", {{"ids", {site.suggestion}}}},
      {"/v1/suggestions/reject", {{"ids", {site.suggestion}}}},
      {"/v1/decisions/1/undo", Json::object()},
      {"/v1/values/block", named("phone", "13900001111")},
      {"/v1/values/allow", named("phone", "13900001111")},
  };
  for (const auto& [target, body] : rows) {
    CAPTURE(target);
    const Answer refused = site.ask("POST", target, body, "reader");
    CHECK(refused.status == 403);
    CHECK(refused.body.at("code") == "insufficient-scope");
  }
  CHECK(site.suggestions("reader").size() == 1);
  CHECK(site.get("/v1/decisions", "reader").at("data").empty());
  CHECK(site.ask("POST", merge, {{"into", site.b}}, "clerk").status == 200);
}

TEST_CASE("without pii:read no phone is read off what joins people, or might") {
  Site site;
  site.meet("wmA", "oLei", "13900001111");
  site.meet("wmB", "oMei", "13900001111");
  site.lead("7", "13900001111");
  site.lead("8", "13900002222");
  // The lead's phone moves with her, and the values that are blocked are phones.
  const std::string mine = site.holder("7");
  const Json tried = site.post("/v1/customers/" + site.holder("8") + "/merge",
                               {{"into", mine}, {"dry_run", true}}, "clerk");
  const Json merged =
      site.post("/v1/customers/" + site.holder("8") + "/merge", {{"into", mine}}, "clerk");
  const Json blocked =
      site.post("/v1/values/block", {{"kind", "phone"}, {"value", "138 0000 0000"}}, "clerk");
  for (const Json& said : {tried, merged, blocked}) {
    CHECK(said.dump().find("139000") == std::string::npos);
  }
  CHECK(merged.dump().find("+86139****2222") != std::string::npos);
  for (const std::string& target :
       {std::string("/v1/suggestions"), std::string("/v1/decisions"),
        "/v1/customers/" + mine + "/explain", "/v1/customers/" + site.holder("wmA") + "/explain",
        "/v1/customers/" + mine + "/lineage", "/v1/customers/" + mine + "/timeline",
        std::string("/v1/changes?limit=500")}) {
    CAPTURE(target);
    const std::string in_clear = site.get(target).dump();
    const std::string masked = site.get(target, "reader").dump();
    CHECK(in_clear.find("+8613") != std::string::npos);
    for (const char* digits : {"13900001111", "13900002222", "13800000000"}) {
      CHECK(masked.find(digits) == std::string::npos);
    }
    CHECK(masked.find("****") != std::string::npos);
  }
}

TEST_CASE("another tenant sees nothing of it, whatever ids both have") {
  Pair site;
  site.meet("wmA", "oLei", "13900001111", "theirs");
  CHECK(site.suggestions("other").empty());
  const std::string their_a = site.holder("wmA", "other");
  REQUIRE(!their_a.empty());
  const auto refused = [&](const std::string& target, const Json& body) {
    CAPTURE(target);
    CHECK(site.ask("POST", target, body, "other").status == 404);
  };
  refused("/v1/suggestions/" + site.suggestion + "/accept", Json::object());
  refused("/v1/suggestions/" + site.suggestion + "/reject", Json::object());
  refused("/v1/customers/" + site.a + "/merge", {{"into", their_a}});
  refused("/v1/customers/" + their_a + "/merge", {{"into", site.a}});
  refused("/v1/customers/" + site.a + "/split", {{"identities", {named("unionid", "oLei")}}});
  const std::int64_t decision = site.accept();
  refused("/v1/decisions/" + std::to_string(decision) + "/undo", Json::object());
  CHECK(site.get("/v1/decisions", "other").at("data").empty());
  CHECK(site.changes("customer.merged", "other").empty());
  for (const std::string more : {"", "/timeline", "/lineage", "/explain"}) {
    CHECK(site.ask("GET", "/v1/customers/" + site.b + more, nullptr, "other").status == 404);
  }
  const Json bulk =
      site.post("/v1/suggestions/accept", {{"ids", {site.suggestion}}}, "other").at("data");
  CHECK(bulk[0].at("error") == "not-found");
  // What they block, they block for themselves.
  site.lead("7", "13900003333");
  site.lead("8", "13900003333");
  site.post("/v1/values/block", named("phone", "13900003333"), "other");
  CHECK(site.holder("7") == site.holder("8"));
}

TEST_CASE("suggestions are decided many at a time, each with its own error") {
  Site site;
  site.meet("wmA", "oLei");
  site.meet("wmB", "oLei");
  site.meet("wmC", "oHan");
  site.meet("wmD", "oHan");
  const Json open = site.suggestions();
  REQUIRE(open.size() == 2);
  const Json ids{open[0].at("id"), kNobody, open[1].at("id"), open[0].at("id")};
  const Json tried =
      site.post("/v1/suggestions/accept", {{"ids", ids}, {"dry_run", true}}).at("data");
  CHECK(tried[0] == Json{{"id", ids[0]}, {"decision", nullptr}});
  CHECK(tried[1].at("error") == "not-found");
  CHECK(site.customers().size() == 4);
  SUBCASE("accepted") {
    const Json done = site.post("/v1/suggestions/accept", {{"ids", ids}}).at("data");
    REQUIRE(done.size() == 4);
    for (std::size_t i = 0; i < done.size(); ++i) CHECK(done[i].at("id") == ids[i]);
    CHECK(done[0].at("decision").get<int>() > 0);
    CHECK(done[1].at("error") == "not-found");
    CHECK(!done[1].at("detail").get<std::string>().empty());
    CHECK(done[2].at("decision").get<int>() > 0);
    CHECK(done[3].at("error") == "not-found");  // it was decided two lines before
    CHECK(site.customers().size() == 2);
    CHECK(site.suggestions().empty());
  }
  SUBCASE("rejected") {
    const Json done = site.post("/v1/suggestions/reject", {{"ids", ids}}).at("data");
    CHECK(done[0].at("decision").get<int>() > 0);
    CHECK(done[1].at("error") == "not-found");
    CHECK(done[2].at("decision").get<int>() > 0);
    CHECK(done[3].at("error") == "conflict");
    CHECK(site.customers().size() == 4);
    CHECK(site.suggestions().empty());
  }
}

TEST_CASE("what was rejected is not suggested again until that is taken back") {
  Pair site;
  const Json rejected = site.post("/v1/suggestions/" + site.suggestion + "/reject");
  CHECK(rejected.at("customers").empty());
  CHECK(site.suggestions().empty());
  site.trigger("acme", "edit_external_contact", {"ExternalUserID=wmB"});
  CHECK(site.suggestions().empty());
  const Json kept = site.get("/v1/suggestions?status=rejected").at("data");
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].at("id") == site.suggestion);
  CHECK(kept[0].at("status") == "rejected");
  CHECK(site.ask("POST", "/v1/suggestions/" + site.suggestion + "/reject").status == 409);
  CHECK(site.get("/v1/decisions").at("data").at(0).at("kind") == "reject");
  site.undo(rejected.at("decision").get<std::int64_t>());
  REQUIRE(site.suggestions().size() == 1);
  CHECK(site.suggestions()[0].at("id") == site.suggestion);
}

TEST_CASE("a phone that is blocked has joined nobody, and one that is allowed joins again") {
  Site site;
  site.lead("7", "13900001111");
  site.lead("8", "139 0000 1111");
  const std::string first = site.holder("7");
  REQUIRE(site.holder("8") == first);
  const Json phone = named("phone", "+86 139-0000-1111");
  Json tried = phone;
  tried["dry_run"] = true;
  CHECK(site.post("/v1/values/block", tried).at("customers").size() == 2);
  CHECK(site.holder("8") == first);

  const Json blocked = site.post("/v1/values/block", phone);
  const std::string second = site.holder("8");
  CHECK(site.holder("7") == first);
  CHECK(second != first);
  CHECK(site.holder("+8613900001111").empty());
  CHECK(change_of(blocked, second).at("before") == nullptr);
  CHECK(site.changes("customer.split").at(0).at("split_into") == Json::array({second}));
  for (const std::string& id : {first, second}) {
    const Json refused = site.get("/v1/customers/" + id + "/explain").at("why_one").at("refused");
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].at("reason") == "blocked");
    CHECK(site.get("/v1/customers/" + id).at("phones") == Json::array({"+8613900001111"}));
  }
  site.lead("9", "13900001111");
  CHECK(site.customers().size() == 3);
  SUBCASE("allowed") { site.post("/v1/values/allow", phone); }
  SUBCASE("or the block is taken back") {
    site.post("/v1/decisions/" + blocked.at("decision").dump() + "/undo");
  }
  CHECK(site.customers().size() == 1);
  CHECK(site.holder("8") == first);
  CHECK(site.holder("9") == first);
  CHECK(site.ask("GET", "/v1/customers/" + second).status == 301);
}

TEST_CASE("phones that the configuration blocks join nobody") {
  Site site("[identity]\nblocked = [\"139 0000 1111\"]\n");
  site.lead("7", "13900001111");
  site.lead("8", "13900001111");
  CHECK(site.customers().size() == 2);
  site.lead("9", "13900002222");
  site.lead("10", "13900002222");
  CHECK(site.customers().size() == 3);
}

TEST_CASE(
    "a lead from a source that proves nothing is a customer of its own, and it is suggested") {
  Site site;
  site.lead("7", "13900001111");
  site.trigger("handed", "lead", {"/id=77", "/phone=13900001111"});
  CHECK(site.holder("77") != site.holder("7"));
  REQUIRE(site.suggestions().size() == 1);
  const Json suggestion = site.suggestions()[0];
  CHECK(suggestion.at("reason") == "only_suggests");
  CHECK(suggestion.at("identities").at(1) == named("phone", "+8613900001111"));
  site.post("/v1/suggestions/" + suggestion.at("id").get<std::string>() + "/accept");
  CHECK(site.holder("77") == site.holder("7"));
}

TEST_CASE("deciding on some leaves the suggestions about others as they are") {
  Site site;
  site.meet("wmA", "oLei", "13900001111");
  site.meet("wmB", "oLei");
  site.meet("wmC", "oHan", "13900001111");
  REQUIRE(site.suggestions().size() == 2);
  std::string via_phone;
  std::string via_unionid;
  for (const Json& row : site.suggestions()) {
    (row.at("via").is_null() ? via_unionid : via_phone) = row.at("id").get<std::string>();
  }
  site.post("/v1/suggestions/" + via_unionid + "/accept");
  REQUIRE(site.suggestions().size() == 1);
  CHECK(site.suggestions()[0].at("id") == via_phone);
}

TEST_CASE("who was decided to be two is not suggested as one") {
  Site site;
  site.meet("wmA", "oLei", "13900001111");
  site.meet("wmC", "oHan", "13900001111");
  REQUIRE(site.suggestions().size() == 1);
  const std::string a = site.holder("wmA");
  site.post("/v1/customers/" + site.holder("wmC") + "/merge", {{"into", a}});
  site.post("/v1/customers/" + a + "/split",
            {{"identities", {named("external_userid", "wmC"), named("unionid", "oHan")}}});
  CHECK(site.holder("wmC") != a);
  CHECK(site.suggestions().empty());
}
