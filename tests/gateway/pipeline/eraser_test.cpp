// The end of a person's data.
#include "gateway/pipeline/eraser.h"

#include <doctest/doctest.h>

#include "crypto/random.h"
#include "gateway/pipeline/redaction.h"
#include "gateway/pipeline/replay.h"
#include "tests/gateway/pipeline/sqlite_world.h"

using namespace guanxi;
using namespace guanxi::tests;
using namespace std::chrono_literals;

namespace {

struct Erasures : SqliteWorld {
  Erasures() : eraser(*store, [this] { return world->now; }, crypto::fill_random, "test", {}) {}

  void meet(const std::string& who, const std::string& phone) {
    world->deliver(contact_event("add_external_contact", who, "li", kDay));
    world->work();
    world->now += 1s;
    Json body = contact_answer(who, {"li"}, "union-of-" + who);
    body["external_contact"]["name"] = "name of " + who;
    body["follow_user"][0]["remark_mobiles"] = {phone};
    world->answer("contact.get", {{"external_userid", who}}, body);
    world->work();
    world->now += 1s;
  }

  // Everything that is readable with the key: all payloads, facts, customers and things.
  std::string everything() {
    std::string all;
    store::StoredQuery query;
    query.statuses = {store::RowStatus::normalized, store::RowStatus::unmapped,
                      store::RowStatus::none, store::RowStatus::dead};
    std::vector<std::int64_t> seqs;
    const auto rows = store->stored(query).value();
    for (const store::InboxRow& row : rows) {
      all += row.bytes + row.arguments.dump() + row.page + "\n";
      seqs.push_back(row.seq);
    }
    const store::TenantId tenant = world->tenant();
    const auto facts = store->facts_of_rows(tenant, seqs).value();
    for (const store::SubjectFacts& row : facts) {
      all += models::facts_state(row.facts).dump() + "\n";
    }
    for (const models::Customer& customer : world->customers()) {
      all += models::customer_state(customer).dump() + "\n";
    }
    return all;
  }

  pipeline::Eraser eraser;
};

bool holds(const std::string& all, const std::string& text) {
  return all.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("nothing of an erased person is left, and everything of the others") {
  Erasures world;
  world.meet("wmLei", "13900001111");
  world.meet("wmMei", "13900002222");
  const Uuid lei = world.world->customer("wmLei").id;
  const Uuid mei = world.world->customer("wmMei").id;
  const store::TenantId tenant = world.world->tenant();
  const auto tried = world.eraser.erase(tenant, lei, true);
  REQUIRE(tried);
  CHECK(tried->at("dry_run") == true);
  CHECK(holds(world.everything(), "wmLei"));
  const auto receipt = world.eraser.erase(tenant, lei, false);
  CAPTURE((receipt ? std::string() : receipt.error().detail));
  REQUIRE(receipt);
  CHECK(receipt->at("customer") == format_uuid(lei));
  CHECK(!holds(receipt->dump(), "wmLei"));
  const std::string all = world.everything();
  for (const char* gone : {"wmLei", "union-of-wmLei", "name of wmLei", "13900001111"}) {
    CAPTURE(gone);
    CHECK(!holds(all, gone));
  }
  for (const char* left : {"wmMei", "union-of-wmMei", "name of wmMei", "13900002222"}) {
    CAPTURE(left);
    CHECK(holds(all, left));
  }
  CHECK(world.world->customers().size() == 1);
  CHECK(world.world->customer("wmMei").id == mei);
  const auto changes = world.world->changes();
  CHECK(changes.back().change.type == "customer.erased");
  CHECK(!changes.back().change.replayed);
  CHECK(changes.back().change.customer == lei);
  const auto kept = world.store->erasure(tenant, *parse_uuid(receipt->at("id").get<std::string>()));
  CHECK(kept.value().has_value());
  CHECK(
      !world.store->erasure(tenant + 1, *parse_uuid(receipt->at("id").get<std::string>())).value());
  CHECK(world.eraser.erase(tenant, lei, false).error().code == ErrorCode::not_found);
}

TEST_CASE("a late callback does not bring an erased person back, and is emptied itself") {
  Erasures world;
  world.meet("wmLei", "13900001111");
  REQUIRE(world.eraser.erase(world.world->tenant(), world.world->customer("wmLei").id, false));
  world.world->now += 1s;
  world.world->deliver(contact_event("edit_external_contact", "wmLei", "li", kDay + 5));
  world.world->work();
  CHECK(world.world->customers().empty());
  CHECK(!holds(world.everything(), "wmLei"));
  CHECK(world.store->backlog().value().tasks == 0);  // nor is anybody asked for her
}

TEST_CASE("whoever comes back by something new begins anew") {
  Erasures world;
  world.meet("wmLei", "13900001111");
  const Uuid before = world.world->customer("wmLei").id;
  REQUIRE(world.eraser.erase(world.world->tenant(), before, false));
  world.world->now += 10s;
  const std::int64_t later = to_ms(world.world->now) / 1000;
  world.world->now += 10s;
  world.world->deliver(contact_event("add_external_contact", "wmLei", "wang", later));
  world.world->work();
  const models::Customer back = world.world->customer("wmLei");
  CHECK(back.id != before);
  REQUIRE(back.relations.size() == 1);
  CHECK(back.relations[0].staff.value == "wang");
  CHECK(models::value_of(back.fields, "name").is_null());
  // What is older stays away also now.
  world.world->deliver(contact_event("add_external_contact", "wmLei", "zhao", kDay + 7));
  world.world->work();
  CHECK(world.world->customer("wmLei").relations.size() == 1);
}

TEST_CASE("of a row that names several people only the erased one's texts are taken") {
  Erasures world;
  world.meet("wmLei", "13900001111");
  world.meet("wmMei", "13900002222");
  const std::string members =
      "<ChangeType>update</ChangeType><UpdateDetail>add_member</UpdateDetail><MemChangeList>"
      "<Item>wmLei</Item><Item>wmMei</Item></MemChangeList>";
  world.world->deliver(
      "<xml><ToUserName>ww</ToUserName><FromUserName>sys</FromUserName><CreateTime>" +
      std::to_string(kDay + 50) +
      "</CreateTime><MsgType>event</MsgType><Event>change_external_chat</Event>"
      "<ChatId>wrGroup</ChatId>" +
      members + "</xml>");
  world.world->work();
  REQUIRE(world.eraser.erase(world.world->tenant(), world.world->customer("wmLei").id, false));
  const std::string all = world.everything();
  CHECK(!holds(all, "wmLei"));
  CHECK(holds(all, "<Item>*****</Item><Item>wmMei</Item>"));
  const models::Identity group{"chat_id", "", "", "", models::Side::group};
  // Read again, the row brings nobody back.
  pipeline::Replayer replayer(
      *world.store, *world.world->channels.snapshot(), [&] { return world.world->now; },
      crypto::fill_random, "test");
  store::StoredQuery query;
  query.statuses = {store::RowStatus::normalized, store::RowStatus::unmapped,
                    store::RowStatus::none, store::RowStatus::dead};
  REQUIRE(replayer.replay(world.store->stored(query).value(), {}));
  CHECK(world.world->customers().size() == 1);
  CHECK(!holds(world.everything(), "wmLei"));
}

TEST_CASE("texts are found however a payload writes them") {
  const std::set<std::string> texts{"李雷", "a\"b", "x&y"};
  CHECK(pipeline::redacted(R"({"n":"李雷","m":"\u674e\u96f7","q":"a\"b"} <a>x&amp;y</a> x&y)",
                           texts) ==
        R"({"n":"******","m":"************","q":"****"} <a>*******</a> ***)");
  CHECK(pipeline::is_redacted("***"));
  CHECK(!pipeline::is_redacted("wm***"));
}
