#include "gateway/pipeline/pipeline.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include "models/json.h"
#include "tests/gateway/pipeline/sqlite_world.h"

using namespace guanxi;
using namespace guanxi::tests;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> types(const std::vector<store::ChangeRow>& rows) {
  std::vector<std::string> result;
  for (const store::ChangeRow& row : rows) result.push_back(row.change.type);
  return result;
}

long count(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::count(all, one);
}

}  // namespace

TEST_CASE("what is said to happen far ahead has happened when it was told") {
  SqliteWorld world;
  world->deliver(contact_event("add_external_contact", "wmLei", "sales.li", 99'999'999'999));
  world->work();
  const models::Customer customer = world->customer("wmLei");
  CHECK(customer.first_seen_at == world->now);
  CHECK(customer.identities[0].last_seen == world->now);
}

TEST_CASE("a callback becomes a customer with relation, timeline and changes") {
  SqliteWorld world;
  world->deliver(contact_event("add_external_contact", "wmLei", "sales.li", kDay,
                               "<State><![CDATA[expo]]></State>"));
  world->work();
  const models::Customer customer = world->customer("wmLei");
  REQUIRE(customer.relations.size() == 1);
  CHECK(customer.relations[0].status == "active");
  CHECK(customer.relations[0].staff.value == "sales.li");
  CHECK(customer.relations[0].since() == from_ms(kDay * 1000));
  CHECK(customer.origin_state == "expo");
  CHECK(world->timeline(customer.id).size() == 1);
  const auto changes = types(world->changes());
  CHECK(count(changes, "customer.created") == 1);
  CHECK(count(changes, "relation.started") == 1);
  CHECK(count(changes, "interaction.created") == 1);
}

TEST_CASE("the platform's answer completes the customer, and every value knows its source") {
  SqliteWorld world;
  world->deliver(contact_event("add_external_contact", "wmLei", "sales.li", kDay));
  world->work();
  world->now += 1s;
  world->answer("contact.get", {{"external_userid", "wmLei"}},
                contact_answer("wmLei", {"sales.li"}, "oLei"));
  world->work();
  const models::Customer customer = world->customer("oLei");
  CHECK(models::value_of(customer.fields, "name") == "李雷");
  CHECK(models::phones_of(customer) == std::vector<std::string>{"+8613800001234"});
  REQUIRE(customer.relations.size() == 1);
  const models::Source& source = customer.fields.at("name").winner()->source;
  CHECK(source.channel == "acme");
  CHECK(source.from_answer);
  CHECK(source.seq == 2);
  CHECK(!source.pack.empty());
  const Json shown = models::customer_json(customer, {"default", true, nullptr});
  CHECK(shown.at("relations").at(0).at("add_way") == "scan_qr_code");
  CHECK(shown.at("tags").at(0).at("name") == "重要");
}

TEST_CASE("staff of all pages of an answer are followers; the rest are over") {
  SqliteWorld world;
  for (const char* staff : {"li", "wang", "zhao"}) {
    world->deliver(contact_event("add_external_contact", "wmLei", staff, kDay));
  }
  world->work();
  world->now += 1s;
  const Json arguments = {{"external_userid", "wmLei"}};
  world->answer(
      "contact.get", arguments,
      [] {
        Json first = contact_answer("wmLei", {"li"});
        first["next_cursor"] = "CUR";
        return first;
      }(),
      "", "CUR");
  world->work();
  CHECK(world->customer("wmLei").relations.size() == 3);
  CHECK(std::ranges::all_of(world->customer("wmLei").relations,
                            [](const auto& relation) { return relation.status == "active"; }));
  world->answer("contact.get", arguments, contact_answer("wmLei", {"wang"}), "CUR");
  world->work();
  for (const models::Relation& relation : world->customer("wmLei").relations) {
    CHECK(relation.status == (relation.staff.value == "zhao" ? "ended" : "active"));
  }
}

TEST_CASE("a customer's changed tags are told as a change of the relation that has them") {
  SqliteWorld world;
  world->deliver(contact_event("add_external_contact", "wmLei", "sales.li", kDay));
  world->work();
  world->now += 1s;
  world->answer("contact.get", {{"external_userid", "wmLei"}},
                contact_answer("wmLei", {"sales.li"}, "oLei"));
  world->work();
  const auto changes = world->changes();
  const auto tagged = std::ranges::find_if(
      changes, [](const store::ChangeRow& row) { return row.change.type == "tag.changed"; });
  REQUIRE(tagged != changes.end());
  CHECK(tagged->change.object_type == "relation");
  CHECK(tagged->change.object_id == "sales.li");
  CHECK(tagged->change.customer == world->customer("wmLei").id);
}

TEST_CASE("the library's tags are found by the ids that customers' tags have") {
  SqliteWorld world;
  world->deliver(
      "<xml><ToUserName>ww00scrmdemo000001</ToUserName><FromUserName>sys</"
      "FromUserName><CreateTime>" +
      std::to_string(kDay) +
      "</CreateTime><MsgType>event</MsgType><Event>change_external_tag</Event><Id>etGold</Id>"
      "<TagType>tag</TagType><ChangeType>update</ChangeType></xml>");
  world->work();
  world->now += 1s;
  const Json tag{{"id", "etGold"}, {"name", "VIP gold"}, {"order", 1}};
  world->answer("tag.list", {{"tag_id", "etGold"}},
                {{"errcode", 0},
                 {"errmsg", "ok"},
                 {"tag_group", {{{"group_id", "etg"}, {"group_name", "level"}, {"tag", {tag}}}}}});
  world->work();
  const auto identity =
      world->channels.snapshot()->at("acme").adapter->identify("tag_id", "etGold");
  REQUIRE(identity);
  const store::Key key = world->store.key_of(world->tenant(), *identity);
  const auto found = world->store.entities(world->tenant(), std::span(&key, 1)).value();
  REQUIRE(found.size() == 1);
  CHECK(models::value_of(found[0].second.fields, "name") == "VIP gold");
  CHECK(models::value_of(found[0].second.fields, "group_name") == "level");
}

TEST_CASE("what is new is worked at once, however many repetitions stand before it") {
  SqliteWorld world(2);
  const std::string known = contact_event("del_follow_user", "wm1", "li", kDay);
  world->deliver(known);
  world->work();
  for (int i = 0; i < 30; ++i) world->deliver(known);
  world->deliver(contact_event("del_follow_user", "wm2", "li", kDay));
  CHECK(world->pipeline->work_once().value() == 1);
  CHECK(world->metrics.channel("acme", "wecom").counters().duplicates == 30);
}

TEST_CASE("an event delivered again, or through a second channel of the corp, happens once") {
  SqliteWorld world;
  const std::string event = contact_event("add_external_contact", "wmLei", "sales.li", kDay);
  for (int i = 0; i < 10; ++i) world->deliver(event);
  world->deliver(event, "beta");
  world->work();
  CHECK(world->customers().size() == 1);
  CHECK(world->timeline(world->customer("wmLei").id).size() == 1);
  const auto changes = types(world->changes());
  CHECK(count(changes, "relation.started") == 1);
  CHECK(count(changes, "interaction.created") == 1);
  CHECK(world->store.backlog()->waiting == 0);
  // What is no news is no new version either.
  const std::string end = contact_event("del_follow_user", "wmLei", "sales.li", kDay + 60);
  world->deliver(end);
  world->work();
  const auto told = world->changes().size();
  const auto version = world->customer("wmLei").version;
  world->deliver(end, "beta");
  world->work();
  CHECK(world->changes().size() == told);
  CHECK(world->customer("wmLei").version == version);
}

TEST_CASE("while callbacks crowd in, batches are small and the loop gives way after each") {
  SqliteWorld world;
  std::atomic<bool> crowded = true;
  std::atomic<int> given = 0;
  pipeline::PipelineOptions options;
  options.holder = "loop";
  options.crowded_batch_rows = 2;
  pipeline::Pipeline loop(
      *world.store, world->channels, world->metrics, [&] { return world->now; },
      [random = std::uint8_t{0}](std::uint8_t* bytes, std::size_t size) mutable {
        for (std::size_t i = 0; i < size; ++i) bytes[i] = ++random;
      },
      options,
      {.is_crowded = [&] { return crowded.load(); },
       .give_way =
           [&](std::chrono::steady_clock::duration took) {
             if (took > took.zero()) ++given;
             given.notify_one();
           }});
  for (int i = 0; i < 7; ++i) {
    world->deliver(contact_event("del_follow_user", "wm" + std::to_string(i), "li", kDay));
  }
  CHECK(loop.work_once().value() == 2);
  crowded = false;
  CHECK(loop.work_once().value() == 5);
  CHECK(given == 0);
  world->deliver(contact_event("del_follow_user", "wm8", "li", kDay));
  loop.start();
  loop.wake();
  given.wait(0);
  loop.stop();
  CHECK(given >= 1);
  CHECK(world.store->backlog()->waiting == 0);
}

TEST_CASE("what came for a channel that is not configured waits until it is") {
  SqliteWorld world;
  world->deliver(contact_event("del_follow_user", "wmLei", "li", kDay));
  const adapters::ChannelMap bound = *world->channels.snapshot();
  const store::TenantId tenant = world->tenant();
  world->channels.replace({});
  world->work();
  const auto raw = [&] {
    return world.store->events(tenant, store::RowStatus::received, {}, 0, 10)->rows;
  };
  REQUIRE(raw().size() == 1);
  CHECK(raw()[0].error == "its channel is not in the configuration; it waits until it is");
  CHECK(world.store->backlog()->waiting == 1);
  world->channels.replace(bound);
  world->now += Milliseconds(2000);
  world->work();
  CHECK(raw().empty());
  CHECK(world.store->backlog()->waiting == 0);
  CHECK(count(types(world->changes()), "interaction.created") == 1);
}

TEST_CASE("two tenants with the same ids share nobody") {
  SqliteWorld world;
  world->deliver(contact_event("add_external_contact", "wmLei", "li", kDay));
  world->deliver(contact_event("add_external_contact", "wmLei", "wang", kDay + 1), "other");
  world->work();
  REQUIRE(world->customers().size() == 1);
  REQUIRE(world->customers("other").size() == 1);
  CHECK(world->customers()[0].id != world->customers("other")[0].id);
  CHECK(world->customers()[0].relations[0].staff.value == "li");
}

TEST_CASE("what the pack does not know is kept, shown as unmapped and counted as drift") {
  SqliteWorld world;
  world->deliver(contact_event("teleport_external_contact", "wmLei", "li", kDay));
  world->deliver(
      "<xml><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[brand_new]]></Event>"
      "<CreateTime>1735689600</CreateTime></xml>");
  world->work();
  const auto page = world->store.events(world->tenant(), store::RowStatus::unmapped, {}, 0, 10);
  REQUIRE(page);
  CHECK(page->rows.size() >= 1);
  const auto drift = world->store.drift(world->tenant());
  REQUIRE(drift);
  CHECK(std::ranges::any_of(*drift, [](const store::DriftRow& row) {
    return row.drift.kind == models::Drift::Kind::unknown_event && row.count == 1;
  }));
  const auto kept = world->store.event(world->tenant(), page->rows[0].seq);
  REQUIRE(kept);
  REQUIRE(*kept);
  CHECK((*kept)->bytes.find("brand_new") != std::string::npos);
}

TEST_CASE("an event with a value that no table has states what is known, and waits as unmapped") {
  SqliteWorld world;
  world->deliver(contact_event("del_external_contact", "wmLei", "li", kDay,
                               "<Source><![CDATA[BRAND_NEW]]></Source>"));
  world->deliver(contact_event("del_external_contact", "wmHan", "li", kDay));
  world->work();
  const auto page = world->store.events(world->tenant(), store::RowStatus::unmapped, {}, 0, 10);
  REQUIRE(page);
  CHECK(page->rows.size() == 1);
  CHECK(world->customers().size() == 2);
}

TEST_CASE("a payload that cannot be parsed is kept dead with the reason") {
  SqliteWorld world;
  world->deliver("this is not XML");
  world->deliver(contact_event("add_external_contact", "wmLei", "li", kDay));
  world->work();
  const auto page = world->store.events(world->tenant(), store::RowStatus::dead, {}, 0, 10);
  REQUIRE(page);
  REQUIRE(page->rows.size() == 1);
  CHECK(!page->rows[0].error.empty());
  CHECK(world->customers().size() == 1);
}

TEST_CASE("notices about different things are different notices") {
  SqliteWorld world;
  for (const char* const kf : {"wkA", "wkB"}) {
    world->deliver(
        "<xml><ToUserName>ww</ToUserName><CreateTime>1735689600</CreateTime><MsgType>event</"
        "MsgType><Event>kf_msg_or_event</Event><Token>t</Token><OpenKfId>" +
        std::string(kf) + "</OpenKfId></xml>");
  }
  world->work();
  const auto channels = world->channels.snapshot();
  auto notice = *channels->at("acme").adapter->identify("notice", "kf.messages_waiting");
  for (const char* const kf : {"wkA", "wkB"}) {
    notice.value = std::string("kf.messages_waiting ") + kf;
    const std::vector keys{world->store.key_of(world->tenant(), notice)};
    const auto found = world->store.entities(world->tenant(), keys);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    const models::Entity& entity = found->front().second;
    CHECK(models::value_of(entity.fields, "subject") == kf);
    CHECK(models::value_of(entity.fields, "code") == "kf.messages_waiting");
  }
}

TEST_CASE("every change tells the version that it made") {
  SqliteWorld world;
  world->deliver(contact_event("add_external_contact", "wmLei", "li", kDay));
  world->work();
  world->deliver(contact_event("msg_audit_approved", "wmLei", "li", kDay + 60));
  world->work();
  const Uuid id = world->customer("wmLei").id;
  std::int64_t last = 0;
  for (const store::ChangeRow& row : world->changes()) {
    if (row.change.customer != id) continue;
    CHECK(row.change.version >= 1);
    CHECK(row.change.version <= last + 1);
    last = std::max(last, row.change.version);
  }
  CHECK(last == world->customer("wmLei").version);
}

TEST_CASE("a member of a group who becomes a customer brings what was known of her") {
  SqliteWorld world;
  world->deliver(
      "<xml><ToUserName><![CDATA[ww]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
      "<CreateTime>1735689600</CreateTime><MsgType><![CDATA[event]]></MsgType>"
      "<Event><![CDATA[change_external_chat]]></Event><ChatId><![CDATA[wr1]]></ChatId>"
      "<ChangeType><![CDATA[update]]></ChangeType><UpdateDetail><![CDATA[add_member]]></"
      "UpdateDetail>"
      "<MemChangeList><Item>wmLei</Item><Item>sales.wang</Item></MemChangeList></xml>");
  world->work();
  CHECK(world->customers().empty());
  world->deliver(contact_event("add_external_contact", "wmLei", "li", kDay + 100));
  world->work();
  CHECK(world->customer("wmLei").relations.size() == 1);
}

TEST_CASE("a fact that comes late takes its place in time") {
  SqliteWorld early;
  early->deliver(contact_event("add_external_contact", "wmLei", "li", kDay));
  early->deliver(contact_event("del_follow_user", "wmLei", "li", kDay + 60));
  early->work();
  SqliteWorld late;
  late->deliver(contact_event("del_follow_user", "wmLei", "li", kDay + 60));
  late->work();
  late->deliver(contact_event("add_external_contact", "wmLei", "li", kDay));
  late->work();
  CHECK(late->customer("wmLei").relations[0].status == "ended");
  CHECK(late->state() == early->state());
}
