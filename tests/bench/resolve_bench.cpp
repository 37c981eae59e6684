// What it costs to decide who is who, on one core, and how well it is done on people whom nobody
// has seen: generated ones, by a seed that is new each day.
//   resolve_bench [PEOPLE [SEED]]
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "models/time.h"
#include "tests/gateway/identity/people_score.h"

namespace {

using namespace guanxi;
using namespace guanxi::identity;
using namespace guanxi::identity::tests;

using Worlds = std::vector<std::unique_ptr<WorldBuilder>>;

constexpr std::uint32_t kWorlds = 500;
constexpr int kRounds = 11;

// Ids of as many kinds as there are, leads and phones, tied to each other by chance; some of what
// is said is said twice, by staff, or of a phone that others have.
std::unique_ptr<WorldBuilder> component(Dice& dice, std::uint32_t size) {
  auto built = std::make_unique<WorldBuilder>();
  std::vector<Node> ids{built->id("unionid.of", "0")};
  std::vector<Node> phones;
  while (built->world.members.size() < size) {
    const std::string name = std::to_string(built->world.members.size());
    const std::uint32_t sort = dice.below(4);
    if (sort == 0 && !phones.empty()) {
      built->types(built->lead(name), dice.of(phones));
    } else if (sort == 1) {
      phones.push_back(
          built->phone("+86138" + std::to_string(10'000'000 + dice.below(89'999'999))));
      const Node id = dice.of(ids);
      dice.once_in(2) ? built->names(id, phones.back()) : built->types(id, phones.back());
    } else {
      ids.push_back(built->id("platform" + name + ".open_id", "v" + name));
      built->names(ids.back(), ids.front());
    }
    if (phones.empty() || !dice.once_in(5)) continue;
    const Node id = dice.of(ids);
    dice.once_in(2) ? built->remarks(id, dice.of(phones)) : built->types(id, dice.of(phones));
  }
  return built;
}

// Customers who have nothing in common but a shop's phone: all statements refused.
std::unique_ptr<WorldBuilder> crowd(Dice& dice, std::uint32_t size) {
  auto built = std::make_unique<WorldBuilder>();
  const Node phone = built->phone("+8613800000001");
  while (built->world.members.size() < size) {
    const Node id = built->external(std::to_string(built->world.members.size()));
    dice.once_in(2) ? built->names(id, phone) : built->types(id, phone);
  }
  return built;
}

Worlds worlds(Dice& dice, std::uint32_t least, std::uint32_t most) {
  Worlds made;
  for (std::uint32_t i = 0; i < kWorlds; ++i) {
    const std::uint32_t size = least + dice.below(most - least + 1);
    made.push_back(dice.once_in(10) ? crowd(dice, size) : component(dice, size));
  }
  return made;
}

double mean(const Worlds& made, std::size_t (*count)(const World&)) {
  std::size_t sum = 0;
  for (const auto& built : made) sum += count(built->world);
  return static_cast<double>(sum) / static_cast<double>(made.size());
}

double microseconds(const Worlds& made) {
  std::uint64_t parts = 0;
  std::uint32_t done = 0;
  const auto begin = std::chrono::steady_clock::now();
  std::chrono::duration<double, std::micro> spent{};
  do {
    for (const auto& built : made) parts += built->solve().parts;
    done += kWorlds;
    spent = std::chrono::steady_clock::now() - begin;
  } while (spent < std::chrono::milliseconds{100});
  if (parts == 0) std::abort();
  return spent.count() / done;
}

// For one of each kind of world; the medians of rounds in turn.
std::vector<double> costs(const std::vector<const Worlds*>& kinds) {
  std::vector<std::vector<double>> rounds(kinds.size());
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < kinds.size(); ++i) rounds[i].push_back(microseconds(*kinds[i]));
  }
  std::vector<double> medians;
  for (auto& of_kind : rounds) {
    std::ranges::sort(of_kind);
    medians.push_back(of_kind[of_kind.size() / 2]);
  }
  return medians;
}

std::uint64_t seed_of_today() {
  return static_cast<std::uint64_t>(to_ms(system_now()) / 86'400'000);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 3) return 2;
  const std::uint64_t people = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : seed_of_today();
  Dice dice(seed);
  const Worlds typical = worlds(dice, 2, 5);
  const Worlds few = worlds(dice, 5, 5);
  const Worlds many = worlds(dice, 50, 50);
  const std::vector<double> us = costs({&typical, &few, &many});
  const Score score = score_people(people, dice);
  std::printf("{\"decisions_per_second\": %.0f, \"members\": %.2f, \"statements\": %.2f, ",
              1e6 / us[0], mean(typical, [](const World& w) { return w.members.size(); }),
              mean(typical, [](const World& w) { return w.statements.size(); }));
  std::printf("\"us_5\": %.3f, \"us_50\": %.3f, \"seed\": %llu, \"people\": %llu, ", us[1], us[2],
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(score.people));
  std::printf("\"identities\": %llu, \"wrong\": %llu, \"permitted\": %llu, \"found\": %llu}\n",
              static_cast<unsigned long long>(score.members),
              static_cast<unsigned long long>(score.wrong),
              static_cast<unsigned long long>(score.permitted),
              static_cast<unsigned long long>(score.found));
}
