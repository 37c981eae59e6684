#include <set>

#include "tests/gateway/api/api_world.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

std::set<std::string> names(const Json& list) {
  std::set<std::string> all;
  for (const Json& row : list.at("data")) all.insert(row.at("name").get<std::string>());
  return all;
}

}  // namespace

TEST_CASE("pages hold every customer once and end with a null cursor") {
  ApiWorld world;
  std::set<std::string> expected;
  for (int i = 0; i < 7; ++i) {
    expected.insert("p" + std::to_string(i));
    world.add({.name = "p" + std::to_string(i)});
  }
  const std::string secret = world.key({"customers:read"});
  std::set<std::string> seen;
  std::string target = "/v1/customers?limit=3&channel=acme";
  int pages = 0;
  while (!target.empty()) {
    const net::Response response = world.get(target, secret);
    REQUIRE(response.status == 200);
    const Json page = Json::parse(response.body);
    for (const std::string& name : names(page)) CHECK(seen.insert(name).second);
    ++pages;
    const std::string link = header(response, "Link");
    if (page["next_cursor"].is_null()) {
      CHECK(link.empty());
      target.clear();
    } else {
      CHECK(link.find("cursor=" + page["next_cursor"].get<std::string>()) != std::string::npos);
      REQUIRE(link.ends_with(">; rel=\"next\""));
      target = link.substr(1, link.find('>') - 1);
    }
  }
  CHECK(pages == 3);
  CHECK(seen == expected);
}

TEST_CASE("filters combine") {
  ApiWorld world;
  world.add({.name = "Li Lei",
             .channel = "acme",
             .phone = "+8613800000000",
             .staff = "sales",
             .tag = "t1"});
  world.add({.name = "Han Meimei",
             .channel = "acme",
             .email = "han@example.com",
             .staff = "sales",
             .tag = "t2"});
  world.add({.name = "Lily", .channel = "beta", .staff = "service", .tag = "t1"});
  const std::string secret = world.key({"customers:read"});
  const auto found = [&](const std::string& query) {
    return names(world.get_json("/v1/customers?" + query, secret));
  };
  CHECK(found("platform=testnet") == std::set<std::string>{"Han Meimei", "Li Lei", "Lily"});
  CHECK(found("channel=acme") == std::set<std::string>{"Han Meimei", "Li Lei"});
  CHECK(found("tag=t1") == std::set<std::string>{"Li Lei", "Lily"});
  CHECK(found("tag=t1&staff=sales") == std::set<std::string>{"Li Lei"});
  CHECK(found("tag=t1&staff=sales&channel=beta").empty());
  CHECK(found("q=li") == std::set<std::string>{"Li Lei", "Lily"});
  CHECK(found("q=li&channel=beta") == std::set<std::string>{"Lily"});
  CHECK(found("q=138-0000-0000") == std::set<std::string>{"Li Lei"});
  CHECK(found("q=%2B8613800000000") == std::set<std::string>{"Li Lei"});
  CHECK(found("q=Han%40example.com") == std::set<std::string>{"Han Meimei"});
  CHECK(found("q=1380000").empty());  // a part of a phone finds nobody
  CHECK(found("updated_since=2026-01-01T00:00:02Z") == std::set<std::string>{"Lily"});
  CHECK(found("updated_since=2026-01-01T08:00:01%2B08:00&tag=t2") ==
        std::set<std::string>{"Han Meimei"});
}

TEST_CASE("parameters that cannot be used are refused by name") {
  ApiWorld world;
  const std::string secret = world.key({"customers:read"});
  const std::vector<std::array<std::string, 3>> rows{
      {"limit=0", "invalid-parameter", "limit takes a number from 1 to 500"},
      {"limit=501", "invalid-parameter", "limit takes a number from 1 to 500"},
      {"limit=ten", "invalid-parameter", "limit takes a number from 1 to 500"},
      {"limit=-1", "invalid-parameter", "limit takes a number from 1 to 500"},
      {"updated_since=yesterday", "invalid-parameter",
       "updated_since takes an RFC 3339 instant such as 2026-01-02T03:04:05.678Z"},
      {"chanel=acme", "unknown-parameter", "'chanel' is not a parameter of this request"},
      {"tag=a&tag=b", "malformed-request", "tag is given twice"},
      {"q=%zz", "malformed-request", "the query is badly encoded"},
      {"cursor=zzz", "cursor-invalid", "the cursor is not one of this list"},
  };
  for (const auto& [query, code, detail] : rows) {
    CAPTURE(query);
    const net::Response response = world.get("/v1/customers?" + query, secret);
    CHECK(response.status == 400);
    const Json problem = Json::parse(response.body);
    CHECK(problem["code"] == code);
    CHECK(problem["detail"] == detail);
  }
}

TEST_CASE("a cursor is good for its list, tenant and filters only") {
  ApiWorld world;
  for (int i = 0; i < 3; ++i) world.add({.name = "x", .staff = "sales"});
  const std::string secret = world.key({"admin"});
  const std::string cursor =
      world.get_json("/v1/customers?limit=1&staff=sales", secret)["next_cursor"].get<std::string>();
  const auto code = [&](const std::string& target, const std::string& by) {
    return code_of(world.get(target, by));
  };
  CHECK(world.get("/v1/customers?staff=sales&cursor=" + cursor, secret).status == 200);
  CHECK(world.get("/v1/customers?staff=sales&limit=2&cursor=" + cursor, secret).status == 200);
  CHECK(code("/v1/customers?staff=other&cursor=" + cursor, secret) == "cursor-mismatch");
  CHECK(code("/v1/customers?cursor=" + cursor, secret) == "cursor-mismatch");
  CHECK(code("/v1/events?cursor=" + cursor, secret) == "cursor-invalid");
  CHECK(code("/v1/changes?after=" + cursor, secret) == "cursor-invalid");
  const std::string theirs = world.key({"customers:read"}, "elsewhere");
  CHECK(code("/v1/customers?staff=sales&cursor=" + cursor, theirs) == "cursor-invalid");
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string tampered = cursor;
    tampered[i] = tampered[i] == 'A' ? 'B' : 'A';
    CAPTURE(i);
    CHECK(code("/v1/customers?staff=sales&cursor=" + tampered, secret) == "cursor-invalid");
  }
}

TEST_CASE("phones and e-mails are masked without pii:read") {
  ApiWorld world;
  const std::string id =
      format_uuid(world.add({.phone = "+8613800001234", .email = "lilei@example.com"}));
  const std::string masked = world.key({"customers:read"});
  const std::string plain = world.key({"customers:read", "pii:read"});
  const std::string admin = world.key({"admin"});
  for (const std::string& target :
       {"/v1/customers/" + id, std::string("/v1/customers"), std::string("/v1/changes")}) {
    CAPTURE(target);
    for (const std::string& secret : {masked, admin}) {
      const std::string body = world.get(target, secret).body;
      CHECK(body.find("13800001234") == std::string::npos);
      CHECK(body.find("lilei@") == std::string::npos);
      CHECK(body.find("+86138****1234") != std::string::npos);
    }
    const std::string body = world.get(target, plain).body;
    CHECK(body.find("+8613800001234") != std::string::npos);
    CHECK(body.find("lilei@example.com") != std::string::npos);
  }
}

TEST_CASE("a customer has an entity tag, and is not sent again when it is known") {
  ApiWorld world;
  const std::string target = "/v1/customers/" + format_uuid(world.add({.name = "Li Lei"}));
  const std::string secret = world.key({"customers:read"});
  const net::Response first = world.get(target, secret);
  CHECK(first.status == 200);
  const std::string etag = header(first, "ETag");
  CHECK(etag.starts_with("\"v1-"));
  CHECK(header(first, "Cache-Control") == "no-store");
  const std::string bare = etag.substr(1, etag.size() - 2);
  for (const auto& [condition, status] :
       {std::pair{etag, 304}, std::pair{"\"v0\", " + etag, 304}, std::pair{std::string("*"), 304},
        std::pair{"W/" + etag, 304}, std::pair{std::string("\"v1\""), 200}, std::pair{bare, 200}}) {
    CAPTURE(condition);
    net::Request request = ApiWorld::request("GET", target, secret);
    request.headers.emplace_back("If-None-Match", condition);
    const auto answer = world.send(request);
    CHECK((*answer)->status == status);
    CHECK(header(**answer, "ETag") == etag);
    CHECK((*answer)->body.empty() == (status == 304));
  }
}

TEST_CASE("what is masked has another entity tag than what is not") {
  ApiWorld world;
  const std::string target = "/v1/customers/" + format_uuid(world.add({.phone = "+8613800001234"}));
  const std::string masked = header(world.get(target, world.key({"customers:read"})), "ETag");
  const std::string whole =
      header(world.get(target, world.key({"customers:read", "pii:read"})), "ETag");
  CHECK(masked != whole);
}

TEST_CASE("tags have the names that their library gives them now") {
  ApiWorld world;
  const Uuid id = world.add({.member_id = "m1", .tag = "et1"});
  const std::string target = "/v1/customers/" + format_uuid(id);
  const std::string secret = world.key({"customers:read"});
  CHECK(world.get_json(target, secret)["tags"][0]["name"] == "vip");
  const std::string before = header(world.get(target, secret), "ETag");
  world.name_tag("et1", "level", "VIP gold");
  for (const std::string& where : {target, std::string("/v1/customers")}) {
    CAPTURE(where);
    const Json answer = world.get_json(where, secret);
    const Json& tag = (answer.contains("data") ? answer["data"][0] : answer)["tags"][0];
    CHECK(tag["name"] == "VIP gold");
    CHECK(tag["group"] == "level");
  }
  CHECK(header(world.get(target, secret), "ETag") != before);
}

TEST_CASE("a tag that was deleted is shown with nobody, and nobody is found by it") {
  ApiWorld world;
  world.add({.member_id = "m1", .tag = "et1"});
  world.add({.member_id = "m2", .tag = "et2"});
  const std::string secret = world.key({"customers:read"});
  CHECK(world.get_json("/v1/customers?tag=et1", secret)["data"].size() == 1);
  world.delete_tag("et1");
  CHECK(world.get_json("/v1/customers?tag=et1", secret)["data"].empty());
  CHECK(world.get_json("/v1/customers?tag=et2", secret)["data"].size() == 1);
  const Json all = world.get_json("/v1/customers", secret);
  for (const Json& customer : all["data"]) {
    for (const Json& tag : customer["tags"]) CHECK(tag["name"] != "gone");
  }
}

TEST_CASE("a group of tags that was deleted takes its tags with it") {
  ApiWorld world;
  const Uuid id = world.add({.member_id = "m1", .tag = "et1"});
  const std::string secret = world.key({"customers:read"});
  const std::string target = "/v1/customers/" + format_uuid(id);
  world.name_tag("et1", "level", "VIP", "eg1");
  CHECK(world.get_json(target, secret)["tags"].size() == 1);
  world.delete_tag("eg1");
  CHECK(world.get_json(target, secret)["tags"].empty());
  CHECK(world.get_json("/v1/customers?tag=et1", secret)["data"].empty());
}

TEST_CASE("a phone is found as people write it") {
  ApiWorld world;
  world.add({.member_id = "m1", .phone = "+862155556666"});
  world.add({.member_id = "m2", .phone = "+864001234567"});
  world.add({.member_id = "m3", .phone = "+8613800001234"});
  const std::string secret = world.key({"customers:read"});
  for (const std::string text :
       {"021-55556666", "02155556666", "%2B86%2021%205555%206666", "4001234567", "400-123-4567",
        "138%200000%201234", "8613800001234", "008613800001234"}) {
    CAPTURE(text);
    CHECK(world.get_json("/v1/customers?q=" + text, secret)["data"].size() == 1);
  }
}

TEST_CASE("ids that nobody has are not found, whatever they look like") {
  ApiWorld world;
  const std::string secret = world.key({"customers:read"});
  for (const std::string id :
       {"0198c0de-4d2a-7000-8000-0123456789ab", "1", "%00", "..", "lookupx"}) {
    CAPTURE(id);
    CHECK(code_of(world.get("/v1/customers/" + id, secret)) == "not-found");
  }
}

TEST_CASE("the timeline is paged, newest first, and hides what was written without pii:read") {
  ApiWorld world;
  const Uuid customer = world.add({});
  for (int i = 0; i < 5; ++i) {
    world.add_interaction(customer, "i" + std::to_string(i), world.now + Milliseconds{i});
  }
  const std::string secret = world.key({"customers:read"});
  const std::string base = "/v1/customers/" + format_uuid(customer) + "/timeline?limit=2";
  std::string order;
  std::string cursor;
  do {
    const Json page = world.get_json(base + cursor, secret);
    for (const Json& row : page["data"]) {
      order += row["id"].get<std::string>();
      CHECK_FALSE(row.contains("content"));
    }
    cursor =
        page["next_cursor"].is_null() ? "" : "&cursor=" + page["next_cursor"].get<std::string>();
  } while (!cursor.empty());
  CHECK(order == "i4i3i2i1i0");
  const std::string plain = world.key({"customers:read", "pii:read"});
  CHECK(world.get_json(base, plain)["data"][0]["content"] == "hello");
}
