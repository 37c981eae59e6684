// Generated people, with the truth about them. The bench does it with a hundred thousand and other
// seeds.
#include <doctest/doctest.h>

#include "tests/gateway/identity/people_score.h"

using namespace guanxi::identity;
using namespace guanxi::identity::tests;

TEST_CASE("of generated people none are taken for another, and most of what may be found is") {
  Dice dice(20260101);
  const Score score = score_people(5000, dice);
  CAPTURE(score.members);
  CAPTURE(score.permitted);
  CAPTURE(score.found);
  CHECK(score.wrong == 0);
  CHECK(score.permitted > 20'000);
  CHECK(score.found * 100 >= score.permitted * 98);
}
