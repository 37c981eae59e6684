// Requests from templates, tokens, pages, verdicts, and what answers state.
#include "adapters/rules/api.h"

#include "tests/adapters/rules/fixture.h"

using namespace guanxi;
using namespace guanxi::adapters;
using namespace guanxi::adapters::rules;
using namespace guanxi::adapters::rules::test;

namespace {

const Settings kSettings{{"corp", "C1"}, {"secret", "s&1"}, {"api_base", "https://proxy.example/"}};

Compiled api_pack(const char* patch = "{}") {
  return clean(patched(pack_with(R"({
    "enums": {},
    "inlets": {"items": {"has": [], "only": "calls", "name": ["=item", "/kind"], "time": "/at"}},
    "events": {"item/text": {"facts": {"i": {"fact": "interaction", "type": "=message",
        "party": {"cid": "/from"}, "content": "/text"}}}},
    "api": {
      "base": "https://api.example",
      "bases": {"old": {"url": "https://old.example", "setting": "old_base"}},
      "tokens": {"t": {"request": "GET /token", "query": {"id": "setting:corp", "s": "setting:secret"},
                       "value": "/access_token", "lifetime": "/expires_in", "put": "query:access_token"},
                 "h": {"request": "POST /v1/token", "body": {"key": "setting:corp", "type": "=client"},
                       "base": "old", "value": "/data/token", "lifetime": 7200, "early": 600,
                       "put": "header:Authorization", "prefix": "Bearer "}},
      "calls": {
        "get": {"request": "GET /contact/{id}", "token": "t",
                "query": {"lang": "$lang", "cursor": "$page", "size": 100, "ids": "$ids", "tags": "$tags"},
                "json_args": ["ids"], "optional": ["lang", "ids", "tags"],
                "pages": {"style": "cursor", "next": "/next", "more": "/more"},
                "facts": {"p": {"fact": "person", "customer": {"cid": "$id"}, "set": {"name": "/name"}},
                          "r": {"fact": "relation", "each": "/followers", "customer": {"cid": "$id"},
                                "staff": {"uid": "@/uid"}, "status": "=active", "complete": ["customer"]}},
                "calls": {"staff": {"call": "user", "each": "/followers", "with": {"uid": "@/uid"},
                                    "when": "unknown", "about": {"uid": "@/uid"}}}},
        "user": {"request": "POST /user", "token": "h", "body": {"uid": "$uid"}},
        "batch": {"request": "POST /batch", "token": false, "headers": {"X-Mode": "=fast"},
                  "body": {"list": "$ids", "limit": 50, "page": "int:$page", "deep": {"at": "$at", "n": "int:$n"},
                           "all": true, "kinds": ["=a", "$kind"]},
                  "optional": ["at", "n", "kind"], "batch": {"param": "ids", "max": 2},
                  "errors": {"codes": {"7": "give_up"}}},
        "form": {"request": "POST /form", "token": "t", "form": {"a": "$a", "b": "=1"}},
        "sync": {"request": "POST /sync", "token": "t", "body": {"cursor": "$page"},
                 "pages": {"style": "cursor", "next": "/next", "more": "/more"},
                 "events": {"at": "/list", "inlet": "items"}},
        "tree": {"request": "GET /tree", "token": "t", "query": {"id": "$id"},
                 "descend": {"each": "/children", "with": {"id": "@/id"}}}},
      "errors": {"code": ["/errcode", "/code"], "message": "/errmsg", "ok": ["0"],
        "codes": {"1": "retry", "2": "refresh", "3": "wait:60s", "4": "wait:day", "5": "denied",
                  "6": "gone", "7": "alert", "8": "wait:month", "9": "wait:$header.X-Reset", "10": "reauth"},
        "http": {"418": "give_up"},
        "contains": {"too busy": "retry"}}}})"),
                       patch));
}

const CallPlan& call_of(const Compiled& pack, const char* name) {
  return pack.plan.api.calls.find(name)->second;
}

ApiRequest request(const Compiled& pack, const char* call, const char* arguments,
                   const char* page = "", const char* token = "tok/1") {
  auto made = build_call(pack.plan.api, call_of(pack, call), kSettings, Json::parse(arguments),
                         page, token, from_ms(kReceived));
  REQUIRE(made);
  return *made;
}

}  // namespace

TEST_CASE("a request fills its templates, drops what is absent, and encodes the rest") {
  const Compiled pack = api_pack();
  ApiRequest made = request(pack, "get", R"({"id":"a/b c"})");
  CHECK(made.method == "GET");
  CHECK(made.url == "https://proxy.example/contact/a%2Fb%20c?size=100&access_token=tok%2F1");
  made = request(pack, "get", R"({"id":"x","lang":"zh","ids":[1,2],"tags":["a","b"]})", "CUR");
  CHECK(made.url ==
        "https://proxy.example/contact/x?cursor=CUR&ids=%5B1%2C2%5D&lang=zh&size=100&tags=a%2Cb"
        "&access_token=tok%2F1");
  made = request(pack, "user", R"({"uid":"u1"})");
  CHECK(made.body == R"({"uid":"u1"})");
  const std::pair<std::string, std::string> bearer{"Authorization", "Bearer tok/1"};
  CHECK(std::ranges::find(made.headers, bearer) != made.headers.end());
  made = request(pack, "form", R"({"a":"x y"})");
  CHECK(made.body == "a=x%20y&b=1");
}

TEST_CASE("numbers, nested objects and batches are built, and batches bounded") {
  const Compiled pack = api_pack();
  CHECK(Json::parse(request(pack, "batch", R"({"ids":"one"})").body) ==
        Json::parse(R"({"list":["one"],"limit":50,"all":true,"kinds":["a"]})"));
  CHECK(
      Json::parse(
          request(pack, "batch", R"({"ids":["a","b"],"at":"x","n":"7","kind":"k"})", "3").body) ==
      Json::parse(
          R"({"list":["a","b"],"limit":50,"all":true,"page":3,"kinds":["a","k"],"deep":{"at":"x","n":7}})"));
  const auto many = build_call(pack.plan.api, call_of(pack, "batch"), kSettings,
                               Json::parse(R"({"ids":["a","b","c"]})"), "", "", Time{});
  REQUIRE(!many);
  CHECK(many.error().code == ErrorCode::malformed);
}

TEST_CASE("a missing argument of a path or a setting without value is refused by name") {
  const Compiled pack = api_pack();
  const auto made =
      build_call(pack.plan.api, call_of(pack, "get"), kSettings, Json::object(), "", "t", Time{});
  REQUIRE(!made);
  CHECK(made.error().detail == "get: the argument \"id\" has no value");
  const auto token = build_request(pack.plan.api.tokens.at("t").request, {{"corp", "C1"}},
                                   Json::object(), "", Time{});
  REQUIRE(!token);
  CHECK(token.error().detail == "the setting \"secret\" has no value");
}

TEST_CASE("a token is asked for with the channel's secret, and read with its lifetime") {
  const Compiled pack = api_pack();
  const TokenPlan& plan = pack.plan.api.tokens.at("t");
  const auto asked = build_request(plan.request, kSettings, Json::object(), "", Time{});
  REQUIRE(asked);
  CHECK(asked->url == "https://proxy.example/token?id=C1&s=s%261");
  const auto read =
      rules::read_token(plan, Json::parse(R"({"access_token":"T","expires_in":7200})"));
  REQUIRE(read);
  CHECK(read->value == "T");
  CHECK(read->lifetime == Milliseconds{7'200'000});
  CHECK(read->early == Milliseconds{300'000});
  CHECK(rules::read_token(plan, Json::parse(R"({"access_token":"T","expires_in":"60"})"))->early ==
        Milliseconds{30'000});
  for (const char* answer : {R"({})", R"({"access_token":"","expires_in":7200})",
                             R"({"access_token":"T"})", R"({"access_token":"T","expires_in":0})",
                             R"({"access_token":{"a":1},"expires_in":7200})", "[]", "null"}) {
    CAPTURE(std::string(answer));
    CHECK(!rules::read_token(plan, Json::parse(answer)));
  }
  const auto other =
      build_request(pack.plan.api.tokens.at("h").request, kSettings, Json::object(), "", Time{});
  REQUIRE(other);
  CHECK(other->url == "https://old.example/v1/token");
  CHECK(other->body == R"({"key":"C1","type":"client"})");
}

TEST_CASE("a request may carry its own time, in the three ways that platforms write it") {
  const Compiled pack =
      api_pack(R"({"api": {"calls": {"get": {"query": {"s": "now:s", "ms": "now:ms",
      "text": "now:text"}}}}})");
  const std::string url = request(pack, "get", R"({"id": "c1"})").url;
  CHECK(url.find("ms=1735689600000") != std::string::npos);
  CHECK(url.find("&s=1735689600&") != std::string::npos);
  CHECK(url.find("text=2025-01-01%2008%3A00%3A00") != std::string::npos);  // Beijing
}

TEST_CASE("a signature sees the whole request, and goes where the platform looks for it") {
  const ApiRequest plain{"POST", "https://a.example/x/y?a=1&b=%2B", {{"X-Key", "k"}}, R"({"n":1})"};
  const Callback seen = as_callback(plain);
  CHECK(seen.method == "POST");
  CHECK(seen.path == "/x/y");
  CHECK(seen.query == "a=1&b=%2B");
  CHECK(seen.headers == plain.headers);
  CHECK(seen.body == plain.body);
  CHECK(as_callback({"GET", "https://a.example?q=/", {}, ""}).path.empty());
  CHECK(as_callback({"GET", "https://a.example/x", {}, ""}).query.empty());

  using Place = SignPlan::Place;
  ApiRequest request = plain;
  REQUIRE(put_signature({Place::query, "s", "sign", {}}, "a+/=", request));
  CHECK(request.url == "https://a.example/x/y?a=1&b=%2B&sign=a%2B%2F%3D");
  request = plain;
  REQUIRE(put_signature({Place::header, "s", "X-Sign", {}}, "abc", request));
  CHECK(request.headers.back() == std::pair<std::string, std::string>("X-Sign", "abc"));
  request = plain;
  REQUIRE(put_signature({Place::body, "s", "", *parse_path("/auth/sign")}, "abc", request));
  CHECK(Json::parse(request.body) == Json::parse(R"({"n":1,"auth":{"sign":"abc"}})"));
  CHECK_FALSE(put_signature({Place::body, "s", "", *parse_path("/n/sign")}, "abc", request));
}

TEST_CASE("an argument that tells no calls apart is handed on as such") {
  const Compiled pack = api_pack(R"({"api": {"calls": {"user": {"body": {"token": "$token"},
      "optional": ["token"], "latest": ["token"]}}},
    "events": {"hello": {"calls": {"c": {"call": "user", "with": {"uid": "/u", "token": "/t"}}}}}})");
  const auto events = pack.read(Json::parse(R"({"type": "hello", "u": "li", "t": "secret"})"));
  REQUIRE(events.at(0).calls.size() == 1);
  CHECK(events[0].calls[0].latest == std::vector<std::string>{"token"});
}

TEST_CASE("a kept cursor is where the last page says that the next run begins") {
  const Compiled pack = api_pack(R"({"api": {"calls": {"sync": {"pages": {"keep": true}}}}})");
  const PagePlan& plan = *call_of(pack, "sync").pages;
  const Json last = Json::parse(R"({"next": "c9", "more": 0})");
  CHECK(next_page(plan, last, "c8").empty());
  CHECK(kept_page(plan, last) == "c9");
  CHECK(kept_page(plan, Json::object()).empty());
  const Compiled other = api_pack();
  CHECK(kept_page(*call_of(other, "sync").pages, last).empty());
}

TEST_CASE("an answer is judged by its code first, then by HTTP") {
  const Compiled pack = api_pack();
  using Action = ApiVerdict::Action;
  struct Row {
    int status;
    const char* body;
    Action action;
    bool known = true;
  };
  const Row rows[] = {{200, R"({"errcode":0})", Action::ok},
                      {200, R"({"name":"x"})", Action::ok},
                      {200, R"({"errcode":1})", Action::retry},
                      {200, R"({"errcode":"2"})", Action::refresh},
                      {200, R"({"code":3})", Action::wait},
                      {400, R"({"code":5})", Action::alert},
                      {200, R"({"errcode":6})", Action::give_up},
                      {200, R"({"errcode":10})", Action::alert},
                      {200, R"({"errcode":99})", Action::retry, false},
                      {200, R"({"errcode":99,"errmsg":"we are too busy"})", Action::retry},
                      {200, "<html>", Action::retry, false},
                      {200, "{}", Action::retry, false},
                      {200, "[]", Action::retry, false},
                      {200, "7", Action::retry, false},
                      {418, "", Action::give_up},
                      {429, "", Action::wait},
                      {503, "", Action::retry},
                      {404, "", Action::alert, false},
                      {403, "<html>", Action::alert, false},
                      {408, "", Action::retry, false},
                      {0, "", Action::retry}};
  for (const Row& row : rows) {
    CAPTURE(row.status);
    CAPTURE(std::string(row.body));
    const auto verdict =
        judge_answer(pack.plan.api.errors, {row.status, {}, row.body}, from_ms(kReceived));
    CHECK(verdict.action == row.action);
    CHECK(verdict.known == row.known);
    CHECK(verdict.reason.empty() == (row.action == Action::ok));
  }
  CHECK(judge_answer(call_of(pack, "batch").errors, {200, {}, R"({"errcode":7})"}, Time{}).action ==
        Action::give_up);
}

TEST_CASE("a quota's wait lasts its time, to Beijing's next day or month, or as a header says") {
  const Compiled pack = api_pack();
  const auto wait = [&](const char* body, const char* at,
                        std::vector<std::pair<std::string, std::string>> headers = {}) {
    return judge_answer(pack.plan.api.errors, {200, std::move(headers), body}, *parse_time(at))
        .wait;
  };
  CHECK(wait(R"({"errcode":3})", "2025-01-01T00:00:00Z") == std::chrono::seconds{60});
  CHECK(wait(R"({"errcode":4})", "2025-01-01T15:00:00Z") == std::chrono::hours{1});
  CHECK(wait(R"({"errcode":4})", "2025-01-01T16:00:00Z") == std::chrono::hours{24});
  CHECK(wait(R"({"errcode":8})", "2024-12-31T15:59:00Z") == std::chrono::minutes{1});
  CHECK(wait(R"({"errcode":9})", "2025-01-01T00:00:00Z", {{"x-reset", "30"}}) ==
        std::chrono::seconds{30});
  CHECK(wait(R"({"errcode":9})", "2025-01-01T00:00:00Z", {{"x-reset", "soon"}}) ==
        std::chrono::minutes{1});
}

TEST_CASE("the operator's reason holds no token, no phone and no e-mail") {
  const Compiled pack = api_pack();
  const auto verdict = judge_answer(
      pack.plan.api.errors,
      {200,
       {},
       R"({"errcode":7,"errmsg":"bad 13800000000 from ip: 1.2.3.4, token abcdefghijklmnopqrstuvwxyz012345\n"})"},
      Time{});
  CHECK(verdict.reason == "code 7, bad *** from ip: 1.2.3.4, token *** ");
  const auto mailed = judge_answer(
      pack.plan.api.errors, {200, {}, R"({"errcode":7,"errmsg":"no lilei@example.com."})"}, Time{});
  CHECK(mailed.reason == "code 7, no ***@***.com.");
}

TEST_CASE("pages go on until the platform says so, in every style") {
  const auto page = [](const char* plan, const char* answer, const char* asked) {
    Json pack = pack_with(R"({"events": {"e": {"none": "x"}}, "api": {"base": "https://a",
      "errors": {"code": "/c"}, "calls": {"x": {"request": "GET /x", "query": {"p": "$page"}}}}})");
    pack["api"]["calls"]["x"]["pages"] = Json::parse(plan);
    const Compiled compiled = clean(pack);
    return next_page(*call_of(compiled, "x").pages, Json::parse(answer), asked);
  };
  const char* cursor = R"({"style":"cursor","next":"/n"})";
  CHECK(page(cursor, R"({"n":"B"})", "A") == "B");
  CHECK(page(cursor, R"({"n":""})", "A").empty());
  CHECK(page(cursor, R"({})", "A").empty());
  CHECK(page(cursor, R"({"n":"A"})", "A").empty());
  CHECK(page(cursor, R"({"n":{"x":1}})", "A").empty());
  const char* more = R"({"style":"cursor","next":"/n","more":"/m","end":"nomore"})";
  CHECK(page(more, R"({"n":"B","m":1})", "A") == "B");
  CHECK(page(more, R"({"n":"B","m":0})", "A").empty());
  CHECK(page(more, R"({"n":"nomore","m":true})", "A").empty());
  const char* offset = R"({"style":"offset","rows":"/r","size":2})";
  CHECK(page(offset, R"({"r":[1,2]})", "") == "2");
  CHECK(page(offset, R"({"r":[1,2]})", "4") == "6");
  CHECK(page(offset, R"({"r":[1]})", "4").empty());
  CHECK(page(offset, R"({"r":[]})", "4").empty());
  CHECK(
      page(R"({"style":"offset","rows":"/r","total":"/t"})", R"({"r":[1,2],"t":4})", "2").empty());
  CHECK(page(R"({"style":"offset","rows":"/r","total":"/t"})", R"({"r":[1,2],"t":5})", "2") == "4");
  const char* pages = R"({"style":"page","pages":"/p"})";
  CHECK(page(pages, R"({"p":3})", "") == "2");
  CHECK(page(pages, R"({"p":3})", "3").empty());
  CHECK(page(R"({"style":"page","total":"/t","size":10})", R"({"t":"11"})", "1") == "2");
  CHECK(page(R"({"style":"page","total":"/t","size":10})", R"({"t":11})", "2").empty());
  CHECK(page(R"({"style":"again","more":"/m"})", R"({"m":true})", "again") == "again");
  CHECK(page(R"({"style":"again","more":"/m"})", R"({"m":false})", "again").empty());
  for (const char* answer : {"[]", "null", "7", R"({"r":"x","t":"x","p":-1,"m":"x"})"}) {
    CHECK_NOTHROW(page(offset, answer, "99999999999999999999"));
    CHECK_NOTHROW(page(pages, answer, "-5"));
  }
}

TEST_CASE("an answer states facts of its arguments, whole lists, and what else to ask") {
  const Compiled pack = api_pack();
  const CallContext context{"get", Json{{"id", "c1"}}, from_ms(kReceived)};
  const Situation situation{pack.plan, pack.scopes, models::Trust::account_bound,
                            from_ms(kReceived)};
  const auto events = read_answer(situation, call_of(pack, "get"), context,
                                  Json::parse(R"({"errcode":0,"name":"Li","next":"","more":0,
                                                  "followers":[{"uid":"a"},{"uid":"b"}]})"));
  REQUIRE(events.size() == 1);
  CHECK(readable(events[0]) == Json::parse(R"({"event":"get","at":"2025-01-01T00:00:00.000Z",
    "facts":[{"fact":"person","customer":{"cid":"c1"},"set":{"name":"Li"}},
      {"fact":"relation","customer":{"cid":"c1"},"staff":{"uid":"a"},"status":"active","complete":["customer"]},
      {"fact":"relation","customer":{"cid":"c1"},"staff":{"uid":"b"},"status":"active","complete":["customer"]}],
    "calls":[{"call":"user","with":{"uid":"a"},"when":"unknown","about":{"uid":"a"}},
             {"call":"user","with":{"uid":"b"},"when":"unknown","about":{"uid":"b"}}],"drift":[]})"));
}

TEST_CASE("an answer's list of messages is read by its inlet, and its children asked again") {
  const Compiled pack = api_pack();
  const Situation situation{pack.plan, pack.scopes, models::Trust::account_bound,
                            from_ms(kReceived)};
  const CallContext sync{"sync", Json::object(), from_ms(kReceived)};
  auto events = read_answer(situation, call_of(pack, "sync"), sync,
                            Json::parse(R"({"errcode":0,"more":0,"list":[
                              {"kind":"text","from":"c1","text":"hi","at":1735689601},
                              {"kind":"dance","from":"c1"}]})"));
  REQUIRE(events.size() == 2);
  CHECK(events[0].name == "item/text");
  CHECK(events[0].at == from_ms(1735689601000));
  CHECK(events[1].status == models::Event::Status::unmapped);
  const CallContext tree{"tree", Json{{"id", "1"}}, from_ms(kReceived)};
  events = read_answer(situation, call_of(pack, "tree"), tree,
                       Json::parse(R"({"children":[{"id":2},{"id":3}]})"));
  REQUIRE(events.size() == 1);
  REQUIRE(events[0].calls.size() == 2);
  CHECK(events[0].calls[1].arguments == Json{{"id", "3"}});
}
