#include "adapters/protocol/lint.h"

#include <algorithm>
#include <utility>

#include "adapters/protocol/plan_reader.h"
#include "adapters/protocol/weaknesses.h"

namespace guanxi::adapters::protocol {
namespace {

// Judges a plan of good form.
class Judge {
 public:
  Judge(const TransportPlan& plan, const std::set<std::string>& secrets,
        std::vector<Complaint>& complaints)
      : plan_(plan), secrets_(secrets), complaints_(complaints) {}

  void judge() {
    for (const CipherPlan& cipher : plan_.ciphers) {
      if (!is_secret(cipher.key)) {
        complain(append_token("/ciphers", cipher.name) + "/key", "must be a secret setting");
      }
    }
    for (const auto& [name, sign] : plan_.signs) judge_secret(sign, append_token("/sign", name));
    for (const RecipePlan& recipe : plan_.recipes) judge_recipe(recipe);
    const bool timed = std::ranges::any_of(
        plan_.recipes, [](const RecipePlan& recipe) { return recipe.fresh.has_value(); });
    if (timed && !plan_.freshness) complain("/freshness", "is missing: recipes check times");
  }

 private:
  bool is_secret(const Ref& ref) const {
    return ref.kind == RefKind::setting && secrets_.contains(ref.names.front());
  }

  void judge_secret(const SignaturePlan& plan, const std::string& at) {
    if (!rests_on_secret(plan, secrets_)) complain(at, "rests on no secret setting");
  }

  void judge_recipe(const RecipePlan& recipe) {
    at_ = append_token("/recipes", recipe.name);
    const Evidence evidence(plan_, recipe, secrets_);
    judge_verify(recipe);
    judge_steps(recipe);
    if (recipe.fresh && !evidence.covers(recipe.fresh->at)) {
      complain(at_ + "/fresh/at", "the time is not covered: anybody could change it");
    }
    judge_weaknesses(recipe, evidence.weaknesses());
    judge_answers(recipe);
    for (const RecipePlan& other : plan_.recipes) judge_against(recipe, other);
  }

  void judge_verify(const RecipePlan& recipe) {
    if (!recipe.verify) return;
    judge_secret(*recipe.verify, at_ + "/verify");
    if (signs_itself(*recipe.verify)) complain(at_ + "/verify/in", "the signature signs itself");
    const bool strict = recipe.body == Format::json || recipe.body == Format::xml;
    if (recipe.extendable && !strict) {
      complain(at_ + "/body", "a hash that ends in the body can be extended: must be json or xml");
    }
  }

  void judge_steps(const RecipePlan& recipe) {
    bool decrypted = false;
    for (std::size_t i = 0; i < recipe.decrypt.size(); ++i) {
      const DecryptPlan& step = recipe.decrypt[i];
      const std::string at = append_token(at_ + "/decrypt", std::to_string(i));
      const bool of_plain = step.from.kind == RefKind::plain || step.from.kind == RefKind::plain_at;
      if (of_plain && !decrypted) complain(at + "/from", "nothing is decrypted yet");
      if (step.into &&
          (step.from.kind != RefKind::body_at && step.from.kind != RefKind::plain_at)) {
        complain(at + "/into", "replaces a member: `from` must be one");
      }
      decrypted = true;
    }
  }

  void judge_weaknesses(const RecipePlan& recipe, const std::vector<std::string>& derived) {
    if (recipe.weaknesses != derived) {
      std::string list;
      for (const std::string& word : derived) list.append(list.empty() ? "" : ", ").append(word);
      complain(at_ + "/accepts", "must be exactly [" + list + "]");
    }
    const bool unproven = std::ranges::count(derived, "unproven") != 0;
    if (!unproven) return;
    if (recipe.keep) complain(at_, "proves nothing and keeps payloads");
    for (const AnswerPlan& answer : recipe.answers) {
      if (echoes(answer))
        complain(at_ + "/answer", "an unproven recipe may echo only int: and text:");
    }
  }

  static bool echoes(const AnswerPlan& answer) {
    const auto free = [](const Ref& ref) { return ref.kind != RefKind::text && !ref.as_integer; };
    if (answer.seal || answer.sign) return true;
    if (answer.kind == AnswerPlan::Kind::text) return free(answer.text);
    return std::ranges::any_of(answer.members, [&](const auto& member) {
      const Ref* const ref = std::get_if<Ref>(&member.second);
      return ref != nullptr && free(*ref);
    });
  }

  void judge_answers(const RecipePlan& recipe) {
    std::size_t defaults = 0;
    for (const AnswerPlan& answer : recipe.answers) {
      defaults += answer.when.empty() ? 1 : 0;
      judge_answer(answer, append_token(at_ + "/answer", answer.name));
      for (const AnswerPlan& other : recipe.answers) {
        if (other.name <= answer.name || answer.when.empty() || other.when.empty()) continue;
        if (exclusive(answer.when, other.when)) continue;
        complain(at_ + "/answer", answer.name + " and " + other.name + " may both apply");
      }
    }
    if (defaults != 1 && !(recipe.watch && recipe.answers.empty())) {
      complain(at_ + "/answer", "needs exactly one answer without `when`");
    }
  }

  void judge_answer(const AnswerPlan& answer, const std::string& at) {
    std::vector<const Ref*> used;
    if (answer.kind == AnswerPlan::Kind::text) used.push_back(&answer.text);
    for (const auto& [pointer, value] : answer.members) {
      if (const Ref* ref = std::get_if<Ref>(&value)) used.push_back(ref);
    }
    if (answer.seal) used.push_back(&answer.sealed);
    bool sealed = false;
    bool signature = false;
    for (const Ref* ref : used) {
      if (is_secret(*ref)) complain(at, "shows the secret \"" + ref->names.front() + "\"");
      sealed = sealed || ref->kind == RefKind::sealed;
      signature = signature || ref->kind == RefKind::signature;
    }
    if (sealed != answer.seal.has_value()) complain(at, "`seal` and the ref sealed go together");
    if (signature != answer.sign.has_value())
      complain(at, "`sign` and the ref signature go together");
    if (answer.sign) judge_secret(*answer.sign, at + "/sign");
  }

  // Two conditions that cannot both hold of one value.
  static bool contradict(Condition::Kind a, const std::vector<std::string>& a_values,
                         Condition::Kind b, const std::vector<std::string>& b_values) {
    if (a == Condition::Kind::absent || b == Condition::Kind::absent) return a != b;
    if (a != Condition::Kind::one_of || b != Condition::Kind::one_of) return false;
    return std::ranges::none_of(a_values, [&](const std::string& value) {
      return std::ranges::find(b_values, value) != b_values.end();
    });
  }

  static bool exclusive(const std::vector<Condition>& a, const std::vector<Condition>& b) {
    return std::ranges::any_of(a, [&](const Condition& x) {
      return std::ranges::any_of(b, [&](const Condition& y) {
        return x.ref.spelling == y.ref.spelling && contradict(x.kind, x.values, y.kind, y.values);
      });
    });
  }

  static bool exclusive(const std::vector<SettingCondition>& a,
                        const std::vector<SettingCondition>& b) {
    return std::ranges::any_of(a, [&](const SettingCondition& x) {
      return std::ranges::any_of(b, [&](const SettingCondition& y) {
        return x.setting == y.setting && contradict(x.kind, x.values, y.kind, y.values);
      });
    });
  }

  static bool names_content_type(const RecipePlan& recipe) {
    return std::ranges::any_of(recipe.when, [](const Condition& condition) {
      if (condition.kind != Condition::Kind::one_of || condition.ref.kind != RefKind::header) {
        return false;
      }
      std::string name = condition.ref.names.front();
      std::ranges::transform(name, name.begin(),
                             [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
      return name == "content-type";
    });
  }

  // An outsider chooses which of two enabled recipes a forgery follows, so the weaker one counts.
  void judge_against(const RecipePlan& recipe, const RecipePlan& other) {
    const auto counts = [](const RecipePlan& plan) { return plan.keep && !plan.watch; };
    const bool rivals = &recipe != &other && recipe.inlet == other.inlet && counts(recipe) &&
                        counts(other) &&
                        (recipe.method == "STREAM") == (other.method == "STREAM") &&
                        !exclusive(recipe.settings, other.settings);
    if (!rivals) return;
    // Nearly everything is a form: what somebody wrote into a signed body of another format could
    // be read as one.
    if (recipe.body == Format::form && other.body != Format::form &&
        !exclusive(recipe.when, other.when) && !names_content_type(recipe)) {
      complain(at_ + "/when", "may take what is meant for " + other.name +
                                  ": ask for the header Content-Type, or separate them by `for`");
    }
    if (!recipe.until.empty()) return;
    for (const std::string& weakness : recipe.weaknesses) {
      if (std::ranges::find(other.weaknesses, weakness) != other.weaknesses.end()) continue;
      complain(at_, "is weaker than " + other.name + " (" + weakness +
                        "): separate them by `for`, or give it an `until`");
      return;
    }
  }

  void complain(const std::string& pointer, std::string reason) {
    complaints_.push_back({pointer, std::move(reason)});
  }

  const TransportPlan& plan_;
  const std::set<std::string>& secrets_;
  std::vector<Complaint>& complaints_;
  std::string at_;
};

}  // namespace

std::unique_ptr<const TransportPlan> plan_transport(const Json& transport,
                                                    const std::set<std::string>& secret_settings,
                                                    const std::set<std::string>& known_settings,
                                                    std::vector<Complaint>& complaints) {
  std::set<std::string> known = known_settings;
  known.insert(secret_settings.begin(), secret_settings.end());
  known.insert("public_url");
  auto plan = std::make_unique<TransportPlan>(PlanReader(known, complaints).read(transport));
  if (!complaints.empty()) return nullptr;
  Judge(*plan, secret_settings, complaints).judge();
  if (!complaints.empty()) return nullptr;
  std::ranges::stable_sort(plan->recipes, {},
                           [](const RecipePlan& recipe) { return recipe.weaknesses.size(); });
  return plan;
}

std::vector<Complaint> lint_transport(const Json& transport,
                                      const std::set<std::string>& secret_settings,
                                      const std::set<std::string>& known_settings) {
  std::vector<Complaint> complaints;
  plan_transport(transport, secret_settings, known_settings, complaints);
  return complaints;
}

}  // namespace guanxi::adapters::protocol
