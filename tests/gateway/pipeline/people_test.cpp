// Who is who, through the whole pipeline: what callbacks and people say becomes customers that are
// joined, divided, and as they were.
#include <doctest/doctest.h>

#include <algorithm>

#include "crypto/random.h"
#include "gateway/pipeline/arbiter.h"
#include "tests/gateway/pipeline/sqlite_world.h"

using namespace guanxi;
using namespace guanxi::tests;
using namespace std::chrono_literals;

namespace {

struct People : SqliteWorld {
  People() { arbiter = make({}); }

  std::unique_ptr<pipeline::Arbiter> make(identity::Policy policy) {
    return std::make_unique<pipeline::Arbiter>(
        *store, [this] { return world->now; }, crypto::fill_random, "test", std::move(policy));
  }

  pipeline::Judge judge(bool dry_run = false) { return {world->tenant(), "crm", dry_run}; }

  void meet(const std::string& who, const std::string& staff = "li") {
    world->deliver(contact_event("add_external_contact", who, staff, kDay));
    world->work();
    world->now += 1s;
  }

  // The platform's record of somebody.
  void answer(const std::string& who, const std::string& unionid,
              const std::vector<std::string>& phones = {}) {
    Json body = contact_answer(who, {"li"}, unionid);
    body["external_contact"]["name"] = "name of " + who;
    body["follow_user"][0]["remark_mobiles"] = phones;
    // Something happened, so that she is asked about again.
    world->deliver(contact_event("edit_external_contact", who, "li", ++edited_));
    world->work();
    world->answer("contact.get", {{"external_userid", who}}, body);
    world->work();
    world->now += 1s;
  }

  Uuid holder(const std::string& id) { return world->customer(id).id; }
  std::vector<store::Suggestion> suggestions() {
    return store->suggestions(world->tenant(), false, {}, 100).value();
  }
  std::vector<std::string> change_types() {
    std::vector<std::string> types;
    for (const store::ChangeRow& row : world->changes()) types.push_back(row.change.type);
    return types;
  }

  std::unique_ptr<pipeline::Arbiter> arbiter;

 private:
  std::int64_t edited_ = kDay;
};

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

}  // namespace

TEST_CASE("two customers are one as soon as the platform says so, and the older keeps her id") {
  People people;
  people.meet("wmA");
  people.answer("wmA", "oLei");
  const Uuid first = people.holder("wmA");
  // Another id of the same person in another scope would come from another channel; here the
  // unionid moves: the same contact reports another one, which is what replaces the old.
  people.meet("wmB");
  CHECK(people.holder("wmB") != first);
  people.answer("wmB", "oMei");
  CHECK(people.holder("oMei") == people.holder("wmB"));
  CHECK(people.holder("oLei") == first);
}

TEST_CASE("a contact that reports another unionid has no longer the old one") {
  People people;
  people.meet("wmA");
  people.answer("wmA", "oOld");
  const Uuid lei = people.holder("wmA");
  CHECK(people.holder("oOld") == lei);
  people.answer("wmA", "oNew");
  CHECK(people.holder("oNew") == lei);
  CHECK(people.holder("wmA") == lei);
  CHECK(people.world->customer("wmA").identities.size() == 2);
}

TEST_CASE("two contacts of one corp with one unionid are not joined, and it is suggested") {
  People people;
  people.meet("wmA");
  people.answer("wmA", "oLei");
  people.meet("wmB");
  people.answer("wmB", "oLei");
  CHECK(people.holder("wmA") != people.holder("wmB"));
  REQUIRE(people.suggestions().size() == 1);
  const store::Suggestion suggestion = people.suggestions()[0];
  CHECK(suggestion.reason == static_cast<int>(identity::Reason::exclusive));
  SUBCASE("accepted, they are one, and taken back they are two again with their ids") {
    const Uuid a = people.holder("wmA");
    const Uuid b = people.holder("wmB");
    const auto report = people.arbiter->accept(people.judge(), suggestion.id);
    REQUIRE(report);
    CHECK(people.holder("wmB") == a);
    CHECK(people.suggestions().empty());
    CHECK(people.store->merged(people.world->tenant(), std::vector{b}).value().at(b).first == a);
    CHECK(has(people.change_types(), "customer.merged"));
    const auto undone = people.arbiter->undo(people.judge(), report->decision);
    REQUIRE(undone);
    CHECK(people.holder("wmA") == a);
    CHECK(people.holder("wmB") == b);
    CHECK(people.suggestions().size() == 1);
    CHECK(has(people.change_types(), "customer.split"));
    // And undoing is undone.
    REQUIRE(people.arbiter->undo(people.judge(), undone->decision));
    CHECK(people.holder("wmB") == a);
  }
  SUBCASE("rejected, it is not suggested again, until that is taken back") {
    const auto report = people.arbiter->reject(people.judge(), suggestion.id);
    REQUIRE(report);
    people.answer("wmB", "oLei");
    CHECK(people.suggestions().empty());
    REQUIRE(people.arbiter->undo(people.judge(), report->decision));
    CHECK(people.suggestions().size() == 1);
  }
}

TEST_CASE("phones that staff type join nobody, and two with one phone are suggested") {
  People people;
  people.meet("wmA");
  people.answer("wmA", "oA", {"13900001111"});
  CHECK(people.suggestions().empty());
  people.meet("wmB");
  people.answer("wmB", "oB", {"13900001111"});
  CHECK(people.holder("wmA") != people.holder("wmB"));
  REQUIRE(people.suggestions().size() == 1);
  CHECK(people.suggestions()[0].reason == static_cast<int>(identity::Reason::only_suggests));
  CHECK(people.suggestions()[0].via != store::Key{});
  people.answer("wmB", "oB", {"13900001111"});
  CHECK(people.suggestions().size() == 1);
}

TEST_CASE("a placeholder typed as a phone suggests nothing") {
  People people;
  for (const char* who : {"wmA", "wmB"}) {
    people.meet(who);
    people.answer(who, std::string("o") + who, {"13800138000"});
  }
  CHECK(people.suggestions().empty());
}

TEST_CASE("a shop's phone typed for everybody suggests nothing any more") {
  People people;
  identity::Policy policy;
  for (std::uint32_t i = 0; i <= policy.limits.statements_per_value; ++i) {
    const std::string who = "wm" + std::to_string(i);
    people.meet(who);
    people.answer(who, "", {"13900002222"});
    if (i == 3) CHECK(people.suggestions().size() == 3);
  }
  CHECK(people.suggestions().empty());
}

TEST_CASE("a customer is split by hand, and stays so whatever is stated") {
  People people;
  people.meet("wmA");
  people.answer("wmA", "oLei");
  const Uuid lei = people.holder("wmA");
  const models::Customer before = people.world->customer("wmA");
  const auto unionid = std::ranges::find_if(
      before.identities, [](const auto& held) { return held.identity.kind == "unionid"; });
  REQUIRE(unionid != before.identities.end());
  const std::vector apart{unionid->identity};
  const auto tried = people.arbiter->split(people.judge(true), lei, apart);
  REQUIRE(tried);
  CHECK(tried->decision == 0);
  CHECK(people.holder("oLei") == lei);
  const auto report = people.arbiter->split(people.judge(), lei, apart);
  REQUIRE(report);
  CHECK(people.holder("wmA") == lei);
  people.answer("wmA", "oLei");
  CHECK(people.world->customer("wmA").identities.size() == 1);
  REQUIRE(people.arbiter->undo(people.judge(), report->decision));
  CHECK(people.holder("oLei") == lei);
  CHECK(people.holder("wmA") == lei);
  const models::Customer after = people.world->customer("wmA");
  CHECK(models::value_of(after.fields, "name") == models::value_of(before.fields, "name"));
}

TEST_CASE("customers are merged by hand; what was decided apart needs to be overridden") {
  People people;
  people.meet("wmA");
  people.answer("wmA", "oA");
  people.meet("wmB", "wang");
  people.answer("wmB", "oB");
  const Uuid a = people.holder("wmA");
  const Uuid b = people.holder("wmB");
  const auto merged = people.arbiter->merge(people.judge(), a, b, false);
  REQUIRE(merged);
  CHECK(people.holder("oA") == b);
  const models::Customer both = people.world->customer("wmA");
  CHECK(both.identities.size() == 4);
  CHECK(both.relations.size() >= 2);
  CHECK(people.arbiter->merge(people.judge(), a, b, false).error().code == ErrorCode::conflict);
  CHECK(people.arbiter->merge(people.judge(), Uuid{{1}}, b, false).error().code ==
        ErrorCode::not_found);
  std::vector<models::Identity> of_a;
  for (const auto& held : both.identities) {
    if (held.identity.value == "wmA" || held.identity.value == "oA") of_a.push_back(held.identity);
  }
  REQUIRE(people.arbiter->split(people.judge(), b, of_a));
  CHECK(people.holder("wmA") == a);  // she is herself again
  CHECK(people.holder("wmB") == b);
  CHECK(people.arbiter->merge(people.judge(), a, b, false).error().code == ErrorCode::conflict);
  REQUIRE(people.arbiter->merge(people.judge(), a, b, true));
  CHECK(people.holder("wmA") == b);
}
