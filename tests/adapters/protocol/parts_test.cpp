// Replies, signatures and ciphertexts that were published apart from any callback, or made once and
// verified with others' libraries (vectors/callbacks.json: replies, signatures, ciphertexts).
#include "adapters/protocol/answers.h"
#include "adapters/protocol/bound_plan.h"
#include "adapters/protocol/evaluation.h"
#include "adapters/protocol/signature.h"
#include "tests/adapters/protocol/cases.h"

using namespace guanxi;
using namespace guanxi::adapters;
using namespace guanxi::adapters::protocol;

namespace {

// Calls `check` with each entry of that list of every platform, and the plan that its settings
// bind. Answers how many there were.
template <typename Check>
int check_each(const char* list, Check check) {
  int count = 0;
  for (const Suite& suite : load_suites()) {
    if (suite.name == "webhook") continue;
    const std::filesystem::path folder(GUANXI_SOURCE_DIR "/adapters");
    const Json file = read_json(folder / suite.name / "vectors/callbacks.json");
    if (!file.contains(list)) continue;
    for (const Json& one : file.at(list)) {
      CAPTURE(one.at("id").get<std::string>());
      auto compiled = Transport::compile(suite.transport, suite.secrets, suite.known);
      REQUIRE(compiled.has_value());
      const auto plan = bind_plan(*compiled, settings_from(one.at("settings")), std::nullopt);
      REQUIRE(plan.has_value());
      check(**plan, one);
      ++count;
    }
  }
  return count;
}

const BoundRecipe& recipe_of(const BoundPlan& plan, const Json& one) {
  const auto name = one.at("recipe").get<std::string>();
  const auto found = std::ranges::find_if(
      plan.recipes, [&](const BoundRecipe& recipe) { return recipe.plan->name == name; });
  REQUIRE(found != plan.recipes.end());
  return *found;
}

const BoundCipher& cipher_of(const BoundPlan& plan, const Json& one) {
  const auto name = one.at("cipher").get<std::string>();
  const auto found =
      std::ranges::find_if(plan.ciphers, [&](const std::optional<BoundCipher>& cipher) {
        return cipher.has_value() && cipher->plan->name == name;
      });
  REQUIRE(found != plan.ciphers.end());
  return **found;
}

bool verifies(const BoundPlan& plan, const BoundRecipe& recipe, const Callback& callback) {
  Evaluation evaluation(plan, callback);
  evaluation.start(*recipe.plan);
  return verify_signature(*recipe.verify, evaluation);
}

}  // namespace

TEST_CASE("a reply sealed with a recorded one's filler is that one, and opens to what it says") {
  const int checked = check_each("replies", [](const BoundPlan& plan, const Json& one) {
    const BoundRecipe& recipe = recipe_of(plan, one);
    const BoundAnswer& answer = recipe.answers.back();
    REQUIRE(answer.plan->seal.has_value());
    REQUIRE(answer.sign.has_value());
    const BoundCipher& cipher = *plan.ciphers[*answer.plan->seal];
    const Json& wanted = one.at("reply");
    const auto sealed = wanted.at("encrypt").get<std::string>();
    const auto plain = one.at("plain").get<std::string>();
    CHECK(seal_cipher(cipher, plain, one.at("filler").get<std::string>()).text == sealed);
    CHECK(open_cipher(cipher, sealed, std::nullopt) == plain);

    // The answer to a callback of that time and nonce differs by its own filler only.
    const Callback callback = callback_from(one.at("callback"));
    Evaluation evaluation(plan, callback);
    evaluation.start(*recipe.plan);
    Json reply = Json::parse(make_answer(recipe, evaluation).body);
    CHECK(open_cipher(cipher, reply.at("encrypt").get<std::string>(), std::nullopt) == plain);
    evaluation.set_sealed(sealed);
    const auto signature = compute_signature(*answer.sign, evaluation, recipe.plan->body);
    REQUIRE(signature.has_value());
    reply["encrypt"] = sealed;
    reply["msg_signature"] = *signature;
    CHECK(reply == wanted);
  });
  CHECK(checked == 2);
}

TEST_CASE("recorded signatures come out of their recipes' parts, and only they verify") {
  const int checked = check_each("signatures", [](const BoundPlan& plan, const Json& one) {
    const BoundRecipe& recipe = recipe_of(plan, one);
    REQUIRE(recipe.verify.has_value());
    const auto wanted = one.at("signature").get<std::string>();
    Callback callback = callback_from(one.at("callback"));
    {
      Evaluation evaluation(plan, callback);
      evaluation.start(*recipe.plan);
      CHECK(compute_signature(*recipe.verify, evaluation, recipe.plan->body) == wanted);
    }
    CHECK(verifies(plan, recipe, callback));
    for (auto& [name, value] : callback.headers) {
      if (value == wanted) value.front() = flipped(value.front());
    }
    CHECK_FALSE(verifies(plan, recipe, callback));
  });
  CHECK(checked == 3);
}

TEST_CASE("recorded ciphertexts open to their plain text, which is encrypted to them again") {
  const int checked = check_each("ciphertexts", [](const BoundPlan& plan, const Json& one) {
    const BoundCipher& cipher = cipher_of(plan, one);
    const auto text = one.at("text").get<std::string>();
    const auto plain = one.at("plain").get<std::string>();
    const auto filler = crypto::from_hex(one.at("filler_hex").get<std::string>());
    REQUIRE(filler.has_value());
    CHECK(open_cipher(cipher, text, std::nullopt) == plain);
    CHECK(seal_cipher(cipher, plain, *filler).text == text);
  });
  CHECK(checked == 1);
}
