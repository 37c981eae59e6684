// Worlds written down in a few words, for the tests of who is who.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "gateway/identity/partition.h"

namespace guanxi::identity::tests {

using models::Side;
using models::Trust;

// Copies are not made: members point into it.
class WorldBuilder {
 public:
  WorldBuilder() = default;
  WorldBuilder(const WorldBuilder&) = delete;
  WorldBuilder& operator=(const WorldBuilder&) = delete;

  Node id(std::string name_space, std::string value, std::string scope = "s") {
    return add({"id", std::move(name_space), std::move(scope), std::move(value), Side::customer});
  }
  Node external(std::string value, std::string scope = "corp") {
    return id("wecom.external_userid", std::move(value), std::move(scope));
  }
  Node openid(std::string value, std::string scope = "app") {
    return id("wechat.openid", std::move(value), std::move(scope));
  }
  Node unionid(std::string value) { return id("wechat.unionid", std::move(value)); }
  Node phone(std::string value) {
    return add({"phone", "phone", "", std::move(value), Side::customer});
  }
  Node email(std::string value) {
    return add({"email", "email", "", std::move(value), Side::customer});
  }
  Node lead(std::string value) {
    return add({"lead", "douyin.clue", "app", std::move(value), Side::lead});
  }
  Node staff(std::string value) {
    return add({"userid", "wecom.userid", "corp", std::move(value), Side::staff});
  }
  void rename(Node node, std::string value) { identities_[node].value = std::move(value); }
  Node block(Node node) {
    world.members[node].blocked = true;
    return node;
  }

  // Each is the place of its statement. Times count upwards, unless given.
  std::uint32_t names(Node a, Node b) { return state(a, b, Trust::account_bound, Nature::named); }
  std::uint32_t renames(Node a, Node b) {
    return state(a, b, Trust::account_bound, Nature::renamed);
  }
  std::uint32_t types(Node a, Node b) { return state(a, b, Trust::self_stated, Nature::typed); }
  std::uint32_t remarks(Node a, Node b) { return state(a, b, Trust::staff_typed, Nature::typed); }
  std::uint32_t staffs(Node a, Node b) { return state(a, b, Trust::account_bound, Nature::staffs); }
  std::uint32_t state(Node a, Node b, Trust trust, Nature nature) {
    const Time at = from_ms(++now_);
    world.statements.push_back({a, b, trust, nature, at, at});
    return static_cast<std::uint32_t>(world.statements.size() - 1);
  }
  // The statement was said at this time, and at no other.
  void at(std::uint32_t statement, int ms) {
    world.statements[statement].at = world.statements[statement].last_at = from_ms(ms);
  }

  std::uint32_t join(std::vector<Node> one, std::vector<Node> other, bool overrides = false) {
    return decide({Verdict::Kind::join, std::move(one), std::move(other), overrides});
  }
  std::uint32_t apart(std::vector<Node> one, std::vector<Node> other) {
    return decide({Verdict::Kind::apart, std::move(one), std::move(other)});
  }
  std::uint32_t block_value(Node value) { return decide({Verdict::Kind::block, {value}, {}}); }
  std::uint32_t allow_value(Node value) { return decide({Verdict::Kind::allow, {value}, {}}); }

  Partition solve() const { return partition(world, limits); }

  World world;
  Limits limits;

 private:
  Node add(models::Identity identity) {
    identities_.push_back(std::move(identity));
    world.members.push_back({&identities_.back(), false});
    return static_cast<Node>(world.members.size() - 1);
  }
  std::uint32_t decide(Verdict verdict) {
    world.verdicts.push_back(std::move(verdict));
    return static_cast<std::uint32_t>(world.verdicts.size() - 1);
  }

  std::deque<models::Identity> identities_;
  int now_ = 0;
};

}  // namespace guanxi::identity::tests
