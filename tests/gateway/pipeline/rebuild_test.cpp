#include <doctest/doctest.h>

#include <random>

#include "tests/gateway/pipeline/sqlite_world.h"
#include "tests/support/faulty_store.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

// What happens to a gateway: a callback comes, or the platform answers a call if one is due.
struct Step {
  Time now{};
  std::string payload;
  std::string call{};
  Json arguments{};
  Json body{};
};

// Histories that visit everything customers are made of, in an order of time in which it does not
// arrive.
class History {
 public:
  History(unsigned seed, bool with_answers) : random_(seed), with_answers_(with_answers) {}

  std::vector<Step> make(int length) {
    std::vector<Step> steps;
    for (int i = 0; i < length; ++i) {
      const std::int64_t at = kDay + i * 30 + static_cast<std::int64_t>(pick(90));
      Step step;
      step.now = from_ms((kDay + i * 30 + 30) * 1000);
      switch (with_answers_ ? pick(8) : 7) {
        case 0:
        case 1:
          step.call = "contact.get";
          step.body = contact(step.arguments);
          break;
        case 2:
          step.call = "groupchat.get";
          step.body = group(step.arguments);
          break;
        case 3:
          step.payload = group_event(at);
          break;
        default:
          step.payload = customer_event(at);
      }
      steps.push_back(std::move(step));
    }
    return steps;
  }

 private:
  unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::string person() { return "wm" + std::to_string(pick(4)); }
  std::string chat() { return "wr" + std::to_string(pick(2)); }
  std::string staff() {
    const char* const names[] = {"li", "wang", "zhao"};
    return names[pick(3)];
  }

  std::string customer_event(std::int64_t at) {
    const char* const changes[] = {"add_external_contact",  "add_half_external_contact",
                                   "edit_external_contact", "del_external_contact",
                                   "del_follow_user",       "transfer_fail",
                                   "msg_audit_approved"};
    const char* change = changes[pick(7)];
    const std::string who = person();
    const std::string whom = staff();
    return contact_event(change, who, whom, at, "<State>s" + std::to_string(pick(5)) + "</State>");
  }

  std::string group_event(std::int64_t at) {
    std::string change = "<ChangeType>dismiss</ChangeType>";
    if (pick(6) > 0) {
      change = std::string("<ChangeType>update</ChangeType><UpdateDetail>") +
               (pick(2) == 0 ? "add_member" : "del_member") + "</UpdateDetail><MemChangeList>";
      for (unsigned n = 1 + pick(3); n > 0; --n) change += "<Item>" + person() + "</Item>";
      change += "</MemChangeList>";
    }
    return "<xml><ToUserName>ww</ToUserName><FromUserName>sys</FromUserName><CreateTime>" +
           std::to_string(at) +
           "</CreateTime><MsgType>event</MsgType><Event>change_external_chat</Event><ChatId>" +
           chat() + "</ChatId>" + change + "</xml>";
  }

  Json contact(Json& arguments) {
    const std::string who = person();
    arguments = {{"external_userid", who}};
    std::vector<std::string> followers;
    for (const char* const name : {"li", "wang", "zhao"}) {
      if (pick(2) == 0) followers.emplace_back(name);
    }
    if (followers.empty()) followers.push_back(staff());
    Json body = contact_answer(who, followers, pick(2) == 0 ? "o" + who : "");
    body["external_contact"]["name"] = "name " + std::to_string(pick(3));
    if (pick(3) == 0) body["follow_user"][0]["tags"] = Json::array();
    return body;
  }

  Json group(Json& arguments) {
    const std::string id = chat();
    arguments = {{"chat_id", id}};
    Json members = Json::array();
    for (int i = 0; i < 4; ++i) {
      const std::string who = "wm" + std::to_string(i);
      if (pick(2) == 0) continue;
      Json member{{"userid", who}, {"type", 2}, {"join_time", kDay}, {"join_scene", 1}};
      if (pick(2) == 0) member["unionid"] = "o" + who;
      members.push_back(std::move(member));
    }
    return {{"errcode", 0},
            {"errmsg", "ok"},
            {"group_chat",
             {{"chat_id", id},
              {"name", "group"},
              {"owner", "li"},
              {"create_time", kDay},
              {"member_list", std::move(members)}}}};
  }

  std::mt19937 random_;
  bool with_answers_;
};

bool take(PipelineWorld& world, const Step& step) {
  world.now = step.now;
  if (step.call.empty()) {
    world.deliver(step.payload);
    return false;
  }
  // A call is wanted by what was worked, and due some moments later.
  world.work();
  world.now += Milliseconds{5'000};
  return world.answer_if_due(step.call, step.arguments, step.body);
}

void check_periods(const models::Customer& customer) {
  for (const models::Relation& relation : customer.relations) {
    for (std::size_t i = 1; i < relation.periods.size(); ++i) {
      CHECK(relation.periods[i - 1].until <= relation.periods[i].since);
    }
  }
}

// Folds every customer from the facts in the store, what one row states as one event, and compares
// with what was kept up incrementally.
void check_rebuild(PipelineWorld& world) {
  for (const models::Customer& kept : world.customers()) {
    check_periods(kept);
    std::vector<store::Key> subjects;
    models::Customer folded;
    folded.id = kept.id;
    folded.version = kept.version;
    folded.created_at = kept.created_at;
    folded.updated_at = kept.updated_at;
    for (const models::CustomerIdentity& held : kept.identities) {
      subjects.push_back(world.store.key_of(world.tenant(), held.identity));
      folded.identities.push_back({held.identity, {}, {}, {}, {}});
    }
    auto history = world.store.facts_of(world.tenant(), subjects);
    REQUIRE(history);
    for (auto row = history->begin(); row != history->end();) {
      std::vector<models::Fact> facts;
      const models::Source source = row->source;
      for (; row != history->end() && row->source == source; ++row) {
        facts.insert(facts.end(), row->facts.begin(), row->facts.end());
      }
      models::apply(folded, facts, source);
    }
    CHECK(models::customer_state(folded).dump() == models::customer_state(kept).dump());
  }
}

// The same for the groups, which facts of members fill.
void check_groups(PipelineWorld& world) {
  const auto channels = world.channels.snapshot();
  for (const char* const id : {"wr0", "wr1"}) {
    const auto identity = channels->at("acme").adapter->identify("chat_id", id);
    REQUIRE(identity);
    const std::vector keys{world.store.key_of(world.tenant(), *identity)};
    const auto kept = world.store.entities(world.tenant(), keys);
    REQUIRE(kept);
    if (kept->empty()) continue;
    const models::Entity& group = kept->front().second;
    models::Entity folded;
    folded.identity = group.identity;
    folded.kind = group.kind;
    folded.version = group.version;
    folded.created_at = group.created_at;
    folded.updated_at = group.updated_at;
    const auto history = world.store.facts_of(world.tenant(), keys);
    REQUIRE(history);
    for (const store::SubjectFacts& row : *history) models::apply(folded, row.facts, row.source);
    CHECK(models::entity_state(folded).dump() == models::entity_state(group).dump());
  }
}

}  // namespace

TEST_CASE("a rebuild from the facts equals the state kept up one batch at a time") {
  int answers = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    SqliteWorld world;
    std::mt19937 random(seed);
    for (const Step& step : History(seed, true).make(50)) {
      if (take(*world.world, step)) ++answers;
      if (random() % 5 == 0) world->work();
    }
    world->work();
    CHECK(world->customers().size() >= 2);
    check_rebuild(*world.world);
    check_groups(*world.world);
  }
  CHECK(answers > 50);
}

TEST_CASE("a rebuild from the raw inbox into an empty store equals the state it came from") {
  for (unsigned seed = 31; seed <= 38; ++seed) {
    CAPTURE(seed);
    const auto history = History(seed, true).make(50);
    SqliteWorld batches;
    SqliteWorld whole;
    for (const Step& step : history) {
      REQUIRE(take(*whole.world, step) == take(*batches.world, step));
      batches->work();
    }
    whole->work();
    CHECK(whole->state() == batches->state());
  }
}

TEST_CASE("a customer whose events stand in one batch and the next is worked as in one") {
  const auto history = History(5, false).make(60);
  SqliteWorld whole;
  for (const Step& step : history) take(*whole.world, step);
  whole->work();
  for (const std::size_t batch_rows : {1, 2, 7}) {
    SqliteWorld world(batch_rows);
    for (const Step& step : history) take(*world.world, step);
    world->work();
    CHECK(world->state() == whole->state());
  }
}

TEST_CASE("whichever call of the store fails, before or after it was done, the end is the same") {
  const auto history = History(77, false).make(12);
  // All in one batch, and in batches so small that the next is read while one is written.
  for (const auto& [after, batch_rows] :
       {std::pair<bool, std::size_t>{false, 256}, {true, 256}, {false, 3}, {true, 3}}) {
    SqliteWorld clean(batch_rows);
    for (const Step& step : history) take(*clean.world, step);
    clean->work();
    const Json expected = clean->state();
    const auto expected_changes = clean->changes().size();
    bool failed = true;
    for (int n = 1; failed; ++n) {
      CAPTURE(after);
      CAPTURE(batch_rows);
      CAPTURE(n);
      REQUIRE(n < 400);
      TemporaryFolder folder;
      auto inner = store::open_store({"sqlite:" + folder.file("guanxi.db"), {}, 2});
      REQUIRE(inner->migrate());
      FaultyStore faulty(*inner);
      PipelineWorld world(faulty, {}, batch_rows);
      faulty.fail_call(n, after ? FaultyStore::When::after : FaultyStore::When::before);
      for (const Step& step : history) take(world, step);
      world.work();
      failed = faulty.has_failed();
      faulty.heal();
      CHECK(world.state() == expected);
      CHECK(world.changes().size() == expected_changes);
    }
  }
}
