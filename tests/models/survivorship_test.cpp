#include "models/survivorship.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "tests/models/li_lei.h"

using namespace guanxi;
using namespace guanxi::models;
using namespace guanxi::models::tests;
using namespace std::chrono_literals;

namespace {

SourceOrder order(std::vector<std::string> words) { return SourceOrder(words); }

// A value as somebody says it, each time later than before.
struct Saying {
  explicit Saying(Survivorship given = {}) : survivorship(std::move(given)) {}

  void says(const std::string& platform, const Json& value, bool unproven = false,
            const std::string& field = "name") {
    ++seq;
    Source source = event_source(seq, kDay + Milliseconds(seq));
    source.platform = platform;
    source.channel = channel.empty() ? platform + "-1" : channel;
    Fact fact = person(source.at, {{field, value}});
    fact.unproven = unproven;
    apply(customer, {fact}, source, survivorship);
  }
  Json name() const { return value_of(customer.fields, "name"); }

  Survivorship survivorship;
  Customer customer = lei();
  std::string channel;
  std::int64_t seq = 0;
};

}  // namespace

TEST_CASE("what people edit comes before CRMs, and these before platforms") {
  const SourceOrder usual;
  CHECK(usual.rank("manual") < usual.rank("crm"));
  CHECK(usual.rank("crm") == usual.rank("crm.erp"));
  CHECK(usual.rank("crm") < usual.rank("wecom"));
  CHECK(usual.rank("wecom") == SourceOrder::kPlatform);
  CHECK(usual.rank("wecom") == usual.rank("douyin"));
  CHECK(usual.rank("crmx") == SourceOrder::kPlatform);
  CHECK(usual.rank("crm.") == SourceOrder::kPlatform);
  CHECK(usual.rank("manually") == SourceOrder::kPlatform);
}

TEST_CASE("a source counts by its own name, else by its class, and what is not listed is last") {
  const SourceOrder own = order({"crm", "wecom", "platform", "douyin", "crm.old"});
  CHECK(own.rank("crm.erp") == 0);
  CHECK(own.rank("wecom") == 1);
  CHECK(own.rank("kuaishou") == 2);
  CHECK(own.rank("douyin") == 3);
  CHECK(own.rank("crm.old") == 4);
  CHECK(own.rank("manual") == 5);
  const SourceOrder one = order({"wecom"});
  CHECK(one.rank("wecom") == 0);
  CHECK(one.rank("manual") == one.rank("douyin"));
}

TEST_CASE("a field has its own order, all attributes may share one, and the rest has the default") {
  const Survivorship table(order({"platform", "manual"}),
                           {{"name", order({"wecom"})},
                            {"attributes.*", order({"douyin"})},
                            {"attributes.douyin.city", order({"crm"})}});
  CHECK(table.of("name").rank("wecom") == 0);
  CHECK(table.of("attributes.a.b").rank("douyin") == 0);
  CHECK(table.of("attributes.douyin.city").rank("crm") == 0);
  CHECK(table.of("gender").rank("douyin") == 0);
  CHECK(table.of("gender").rank("manual") == 1);
  CHECK(Survivorship::usual().of("name").rank("manual") == 0);
}

TEST_CASE("an edit stands against newer words of CRMs and platforms until it is cleared") {
  Saying saying;
  saying.says("wecom", "nickname");
  saying.says("manual", "李雷");
  saying.says("crm.erp", "Lei Li");
  saying.says("wecom", "another nickname");
  CHECK(saying.name() == "李雷");
  saying.says("manual", nullptr);
  CHECK(saying.name() == "Lei Li");
  saying.says("crm.erp", nullptr);
  CHECK(saying.name() == "another nickname");
}

TEST_CASE("a configured order decides between platforms, and among equals the newest word") {
  Saying saying(Survivorship({}, {{"name", order({"crm", "wecom", "platform"})}}));
  saying.says("wecom", "from wecom");
  saying.says("douyin", "from douyin");
  CHECK(saying.name() == "from wecom");
  saying.says("wecom", nullptr);
  saying.says("kuaishou", "from kuaishou");
  CHECK(saying.name() == "from kuaishou");
  saying.says("manual", "an edit, which this order does not list");
  CHECK(saying.name() == "from kuaishou");
}

TEST_CASE("a word that does not win is no change that outsiders see") {
  Saying saying(Survivorship(order({"wecom", "platform"}), {}));
  saying.says("wecom", "one");
  Source later = event_source(9, kDay + 1h);
  later.platform = "douyin";
  later.channel = "douyin-1";
  // She is seen in another place, but not as somebody else.
  CHECK(apply(saying.customer, {person(later.at, {{"name", "two"}})}, later, saying.survivorship)
            .empty());
  CHECK(saying.name() == "one");
}

TEST_CASE("what nobody proved yields to what is proven, and counts where nothing is") {
  Saying saying;
  saying.says("kuaishou", "typed into a form", true);
  CHECK(saying.name() == "typed into a form");
  saying.says("wecom", "李雷");
  saying.says("kuaishou", "typed again", true);
  CHECK(saying.name() == "李雷");
  saying.says("wecom", nullptr);
  CHECK(saying.name() == "typed again");
}

TEST_CASE("within one channel, too, what is proven stands against what is not") {
  Saying saying;
  saying.channel = "acme";
  saying.says("wecom", "李雷");
  saying.says("wecom", "forged", true);
  saying.says("wecom", nullptr, true);
  CHECK(saying.name() == "李雷");
  CHECK(saying.customer.fields.at("name").candidates().size() == 1);
  saying.says("wecom", nullptr);
  CHECK(saying.name().is_null());
  saying.says("wecom", "unproven", true);
  CHECK(saying.name() == "unproven");
  saying.says("wecom", "unproven");  // the same, proven now
  CHECK_FALSE(saying.customer.fields.at("name").winner()->unproven);
}

TEST_CASE("proof counts between sources of one rank only") {
  Saying saying(Survivorship(order({"wecom", "platform"}), {}));
  saying.says("douyin", "proven");
  saying.says("wecom", "unproven", true);
  CHECK(saying.name() == "unproven");
}

TEST_CASE("a platform's erasure withdraws what its channel stated without proof, too") {
  Saying saying;
  saying.channel = "acme";
  saying.says("wecom", "李雷", true);
  Fact erase;
  erase.kind = FactKind::erase;
  erase.at = kDay + 1h;
  erase.names = {{Role::customer, kLei}};
  Source source = event_source(50, erase.at);
  source.platform = "wecom";
  apply(saying.customer, {erase}, source);
  CHECK(saying.name().is_null());
}

TEST_CASE("another order takes effect with the next word on a field, and whole when folded anew") {
  Saying saying;
  saying.says("wecom", "from wecom");
  saying.says("wecom", "m", false, "gender");
  saying.says("douyin", "from douyin");
  saying.says("douyin", "f", false, "gender");
  CHECK(saying.name() == "from douyin");
  saying.survivorship = Survivorship(order({"wecom", "platform"}), {});
  saying.says("kuaishou", "from kuaishou");
  CHECK(saying.name() == "from wecom");
  CHECK(value_of(saying.customer.fields, "gender") == "f");  // nobody said anything of it since
}

TEST_CASE("documents hold ranks and missing proof only where they are not as usual") {
  Saying usual;
  usual.says("wecom", "one");
  usual.says("douyin", "two");
  const Json document = customer_state(usual.customer);
  for (const Json& row : document.at(5).at("name")) CHECK(row.size() == 2);
  Saying other(Survivorship(order({"douyin", "wecom"}), {}));
  other.says("wecom", "one");
  other.says("douyin", "two", true);
  other.says("kuaishou", "three", true);
  const auto read =
      customer_from_state(Json::from_cbor(Json::to_cbor(customer_state(other.customer))));
  REQUIRE(read);
  CHECK(*read == other.customer);
  CHECK(value_of(read->fields, "name") == "two");
  const auto& candidates = read->fields.at("name").candidates();
  CHECK(candidates[0].rank == 1);
  CHECK(candidates[1].rank == 0);
  CHECK(candidates[1].unproven);
  CHECK(candidates[2].rank == 2);
  CHECK(candidates[2].unproven);
}

TEST_CASE("facts remember that nothing proved their source") {
  Fact fact = person(kDay, {{"name", "x"}});
  const std::size_t usual = facts_state({fact})[0].size();
  fact.unproven = true;
  const auto back = facts_from_state(Json::parse(facts_state({fact}).dump()));
  REQUIRE(back);
  CHECK(*back == std::vector{fact});
  CHECK(facts_state({fact})[0].size() == usual + 1);
}

// The rule, in the plainest words: of each channel its last word, but none unproven over a proven
// one; of these the best source, then the proven, then the newest.
TEST_CASE("the winner is what the rule says, over random words") {
  const std::vector<std::string> platforms{"manual", "crm.a", "wecom", "douyin"};
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    std::vector<std::string> words{"manual", "crm", "platform", "wecom"};
    std::ranges::shuffle(words, random);
    words.resize(1 + pick(words.size()));
    Saying saying{Survivorship(order(words), {})};
    struct Word {
      Json value;
      std::string platform;
      bool unproven = false;
      std::size_t at = 0;
    };
    std::map<std::string, Word> last;
    for (std::size_t at = 0; at < 30; ++at) {
      const std::string& platform = platforms[pick(platforms.size())];
      const std::size_t said = pick(6);
      Word word{said == 0 ? Json(nullptr) : Json(std::to_string(at)), platform, pick(3) == 0, at};
      saying.channel = platform + std::to_string(pick(2));
      saying.says(platform, word.value, word.unproven);
      auto& held = last[saying.channel];
      const bool stands =
          !held.platform.empty() && word.unproven && !held.unproven && !held.value.is_null();
      if (!stands) held = word;
      const Word* best = nullptr;
      for (const auto& [channel, one] : last) {
        if (one.value.is_null()) continue;
        const auto strength = [&](const Word& of) {
          return std::tuple(order(words).rank(of.platform), of.unproven, -static_cast<int>(of.at));
        };
        if (best == nullptr || strength(one) < strength(*best)) best = &one;
      }
      REQUIRE(saying.name() == (best == nullptr ? Json(nullptr) : best->value));
    }
  }
}
