// People as they are, with what platforms, forms and staff say of them, true and false; and the
// truth beside it. One group is people who have something to do with each other: a family, two who
// had one number after another, the customers of a shop.
//
// What nobody can know is left out: two people who are never met on one platform, of whom each
// proved to hers that one number is hers; and a lead of somebody whom no platform knows, who gives
// the number of somebody whom one does.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/gateway/identity/dice.h"
#include "tests/gateway/identity/world_builder.h"

namespace guanxi::identity::tests {

using PersonNumber = std::uint32_t;

struct Group {
  std::unique_ptr<WorldBuilder> built = std::make_unique<WorldBuilder>();
  // Of each member whose it is: one person's, of several who share it, or nobody's.
  std::vector<std::vector<PersonNumber>> owners;
  PersonNumber people = 0;
};

class GroupMaker {
 public:
  explicit GroupMaker(Dice& dice) : dice_(dice), world_(*group_.built) {}

  Group run() {
    const std::uint32_t story = dice_.below(100);
    add_people(story < 50 ? 1 : story < 92 ? 2 + dice_.below(3) : 3 + dice_.below(18));
    if (story >= 92) {
      share(Sharing::shop);
    } else if (story >= 80) {
      hand_over();
    } else if (story >= 60) {
      share(Sharing::family);
    }
    if (dice_.percent(10)) test_as_a_rep();
    if (dice_.percent(15)) use_a_placeholder();
    if (people_.size() > 1) {
      if (dice_.percent(20)) forge();
      if (dice_.percent(10)) mistype();
      if (dice_.percent(8)) correct_a_unionid();
    }
    tell_at_any_time();
    return std::move(group_);
  }

 private:
  enum class Sharing { family, shop };
  static constexpr std::uint32_t kDays = 1000;

  struct Id {
    Node node = 0;
    std::string kind;  // name space and scope
  };
  struct Person {
    PersonNumber number = 0;
    std::vector<Id> ids;
    std::optional<Node> unionid;
    std::vector<Node> of_unionid;  // ids of those who tell unionids
    std::optional<Node> phone;
    std::optional<Node> proven_phone;
    std::vector<Node> leads;
  };

  Node own(Node node, std::vector<PersonNumber> owners) {
    group_.owners.push_back(std::move(owners));
    return node;
  }
  Node new_phone(std::vector<PersonNumber> owners) {
    return own(world_.phone("+86138" + std::to_string(10'000'000 + phones_++)), std::move(owners));
  }

  // ---- each by herself ----

  void add_people(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) people_.push_back(make_person(i));
    group_.people = count;
  }

  Person make_person(PersonNumber number) {
    Person person;
    person.number = number;
    if (!dice_.percent(8)) add_ids(person);
    add_values(person);
    return person;
  }

  void add_ids(Person& person) {
    const std::string one = std::to_string(person.number);
    // What is one's value in one scope is another's in the next.
    const std::string other = std::to_string(person.number ^ 1U);
    if (dice_.percent(80)) person.unionid = own(world_.unionid(one), {person.number});
    if (dice_.percent(60)) add_id(person, "wecom.external_userid", one, "corp1", true);
    if (dice_.percent(20)) add_id(person, "wecom.external_userid", other, "corp2", true);
    if (dice_.percent(50)) add_id(person, "wechat.openid", one, "app1", true);
    if (dice_.percent(30)) add_id(person, "wechat.openid", other, "app2", true);
    if (dice_.percent(30) || person.ids.empty()) {
      add_id(person, "douyin.open_id", one, "app1", false);
    }
    if (dice_.percent(20)) {
      const Node known = dice_.of(person.ids).node;
      add_id(person, "crm.sales", one, "", false);
      if (dice_.percent(80)) world_.names(person.ids.back().node, known);
    }
    if (person.unionid && dice_.percent(3)) replace_unionid(person);
  }

  void add_id(Person& person, const char* name_space, const std::string& value, const char* scope,
              bool tells_unionid) {
    const Node node = own(world_.id(name_space, value, scope), {person.number});
    person.ids.push_back({node, std::string(name_space) + " " + scope});
    if (tells_unionid) tell_unionid(person, node);
    if (!dice_.percent(4)) return;
    const Node now = own(world_.id(name_space, "new" + value, scope), {person.number});
    world_.renames(node, now);
    if (tells_unionid) tell_unionid(person, now);
    if (dice_.once_in(2)) person.ids.back().node = now;
  }

  void tell_unionid(Person& person, Node id) {
    if (!person.unionid || !dice_.percent(90)) return;
    const std::uint32_t told = world_.names(id, *person.unionid);
    // Mostly a platform tells it as soon as it tells of somebody.
    if (dice_.percent(75)) prompt_.push_back(told);
    person.of_unionid.push_back(id);
  }

  void replace_unionid(Person& person) {
    if (person.of_unionid.empty()) return;
    const Node before = own(world_.unionid("old" + std::to_string(person.number)), {person.number});
    corrected_.push_back(world_.names(dice_.of(person.of_unionid), before));
  }

  void add_values(Person& person) {
    if (dice_.percent(85) || person.ids.empty()) {
      person.phone = new_phone({person.number});
      for (const Id& id : person.ids) claim_own(person, id.node, *person.phone);
    }
    if (dice_.percent(10) && !person.ids.empty()) {
      world_.names(dice_.of(person.ids).node, new_phone({person.number}));
    }
    std::optional<Node> email;
    if (dice_.percent(30)) {
      email = own(world_.email(std::to_string(person.number) + "@example.com"), {person.number});
      if (!person.ids.empty()) world_.types(dice_.of(person.ids).node, *email);
    }
    const std::uint32_t leads = person.ids.empty() ? 2 : dice_.percent(30) ? 1 : 0;
    for (std::uint32_t i = 0; i < leads; ++i) {
      const Node lead = own(world_.lead(std::to_string(person.number) + "-" + std::to_string(i)),
                            {person.number});
      person.leads.push_back(lead);
      if (person.phone && dice_.percent(90)) world_.types(lead, *person.phone);
      if (email && dice_.percent(50)) world_.types(lead, *email);
    }
  }

  void claim_own(Person& person, Node id, Node phone) {
    const std::uint32_t how = dice_.below(100);
    if (how < 25) {
      world_.names(id, phone);
      person.proven_phone = phone;
    } else if (how < 50) {
      world_.types(id, phone);
    } else if (how < 70) {
      world_.remarks(id, phone);
    }
  }

  // ---- with others ----

  std::vector<Person*> known_people() {
    std::vector<Person*> known;
    for (Person& person : people_) {
      if (!person.ids.empty()) known.push_back(&person);
    }
    return known;
  }

  static std::optional<Node> id_of_kind(const Person& person, const std::string& kind) {
    const auto id = std::ranges::find(person.ids, kind, &Id::kind);
    return id == person.ids.end() ? std::nullopt : std::optional(id->node);
  }

  std::vector<PersonNumber> everybody() const {
    std::vector<PersonNumber> all(people_.size());
    for (PersonNumber i = 0; i < all.size(); ++i) all[i] = i;
    return all;
  }

  // A family types one phone, or several prove it to one platform; a shop's is anybody's.
  void share(Sharing sharing) {
    const std::vector<Person*> known = known_people();
    if (known.size() < (sharing == Sharing::shop ? 3 : 2)) return;
    const Node phone = new_phone(everybody());
    const std::string proven_to = dice_.once_in(2) ? "wecom.external_userid corp1" : "";
    for (const Person* person : known) {
      const auto proven = id_of_kind(*person, proven_to);
      if (proven || (sharing == Sharing::shop && dice_.once_in(2))) {
        world_.names(proven.value_or(dice_.of(person->ids).node), phone);
      } else {
        world_.types(dice_.of(person->ids).node, phone);
      }
    }
    for (const Person& person : people_) {
      for (const Node lead : person.leads) {
        if (dice_.percent(40)) world_.types(lead, phone);
      }
    }
  }

  // One had the number, another has it.
  void hand_over() {
    const std::vector<Person*> known = known_people();
    if (known.size() < 2) return;
    const Person& before = *known[0];
    const Person& now = *known[1];
    const Node phone = new_phone({before.number, now.number});
    const Id& id = dice_.of(before.ids);
    const auto same = id_of_kind(now, id.kind);
    const Node id_now = same.value_or(dice_.of(now.ids).node);
    const bool proves_before = dice_.once_in(2);
    const bool proves_now = dice_.once_in(2) && (same || !proves_before);
    world_.state(id.node, phone, proves_before ? Trust::account_bound : Trust::self_stated,
                 Nature::named);
    world_.state(id_now, phone, proves_now ? Trust::account_bound : Trust::self_stated,
                 Nature::named);
    for (const Person* person : {&before, &now}) {
      for (const Node lead : person->leads) world_.types(lead, phone);
    }
  }

  void test_as_a_rep() {
    const Node phone = new_phone({});
    world_.staffs(own(world_.staff("rep"), {}), phone);
    use(phone);
  }

  void use_a_placeholder() {
    const Node phone = world_.block(new_phone({}));
    use(phone);
  }

  void use(Node phone) {
    for (const Person& person : people_) {
      for (const Id& id : person.ids) {
        if (dice_.once_in(3)) world_.names(id.node, phone);
        if (dice_.once_in(3)) world_.types(id.node, phone);
      }
      for (const Node lead : person.leads) {
        if (dice_.once_in(2)) world_.types(lead, phone);
      }
    }
  }

  // Somebody without proof says that two are one.
  void forge() {
    const std::vector<Person*> known = known_people();
    if (known.empty()) return;
    const Person& victim = people_[dice_.below(group_.people)];
    const Node liar = dice_.of(dice_.of(known)->ids).node;
    if (victim.phone) world_.remarks(liar, *victim.phone);
    if (victim.ids.empty() || victim.ids.front().node == liar) return;
    world_.state(liar, victim.ids.front().node, Trust::staff_typed, Nature::named);
  }

  // Somebody mistakes a digit, and types the phone that another has proven.
  void mistype() {
    const Person& owner = people_[dice_.below(group_.people)];
    const std::vector<Person*> known = known_people();
    if (!owner.proven_phone || known.empty()) return;
    const Person& typist = *dice_.of(known);
    if (typist.number != owner.number) {
      world_.types(dice_.of(typist.ids).node, *owner.proven_phone);
    }
  }

  // A platform first told another's unionid, and then the right one.
  void correct_a_unionid() {
    const Person& one = people_[dice_.below(group_.people)];
    const Person& other = people_[dice_.below(group_.people)];
    if (one.number == other.number || one.of_unionid.empty() || !other.unionid) return;
    corrected_.push_back(world_.names(dice_.of(one.of_unionid), *other.unionid));
  }

  void tell_at_any_time() {
    for (Statement& stated : group_.built->world.statements) {
      stated.at = from_ms(1 + dice_.below(kDays));
      stated.last_at = stated.at + Milliseconds{dice_.below(kDays)};
    }
    for (const std::uint32_t place : prompt_) {
      group_.built->world.statements[place].at = from_ms(1);
    }
    // What was corrected is not told again.
    for (const std::uint32_t place : corrected_) world_.at(place, 0);
  }

  Dice& dice_;
  Group group_;
  WorldBuilder& world_;
  std::vector<Person> people_;
  std::vector<std::uint32_t> prompt_;
  std::vector<std::uint32_t> corrected_;
  std::uint32_t phones_ = 0;
};

}  // namespace guanxi::identity::tests
