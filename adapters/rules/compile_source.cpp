#include <algorithm>
#include <array>

#include "adapters/rules/compile_context.h"

namespace guanxi::adapters::rules {
namespace {

constexpr std::array<std::pair<std::string_view, Variable>, 6> kVariables{
    {{"id", Variable::id},
     {"time", Variable::time},
     {"org", Variable::org},
     {"app", Variable::app},
     {"key", Variable::key},
     {"name", Variable::name}}};

std::optional<Source> variable(Context& context, std::string_view name, const std::string& pointer,
                               const Reach& reach) {
  Source source;
  source.base = Source::Base::variable;
  if (reach.answer) {
    if (name == "time") {
      source.variable = Variable::time;
      return source;
    }
    if (reach.arguments == nullptr || !reach.arguments->contains(name)) {
      context.complain(pointer, "the call has no argument \"" + std::string(name) + "\"");
      return std::nullopt;
    }
    source.variable = Variable::argument;
    source.argument = name;
    return source;
  }
  const auto found =
      std::ranges::find(kVariables, name, &std::pair<std::string_view, Variable>::first);
  if (found == kVariables.end()) {
    context.complain(pointer, "there is no variable \"$" + std::string(name) + "\"");
    return std::nullopt;
  }
  source.variable = found->second;
  return source;
}

}  // namespace

void mark(const Reach& reach, const Source& source, Mark how, const Path& below) {
  if (reach.known == nullptr) return;
  Path path;
  switch (source.base) {
    case Source::Base::body:
      break;
    case Source::Base::item:
      if (!reach.elements.empty()) path = reach.elements.back();
      break;
    case Source::Base::outer:
      if (reach.elements.size() > 1) path = reach.elements[reach.elements.size() - 2];
      break;
    default:
      return;
  }
  for (const Path* part : {&source.path, &below}) {
    path.steps.insert(path.steps.end(), part->steps.begin(), part->steps.end());
  }
  Known& node = reach.known->at(path);
  if (how == Mark::scalar) node.scalar = true;
  if (how == Mark::present) node.present = true;
  if (how == Mark::map) node.map = true;
  if (how == Mark::list) {
    node.scalar = true;
    node.each().scalar = true;
  }
}

std::optional<Source> compile_source(Context& context, const Json& json, const std::string& pointer,
                                     const Reach& reach) {
  if (!json.is_string()) {
    context.complain(pointer, "must be text: a pointer, \"$variable\" or \"=constant\"");
    return std::nullopt;
  }
  std::string_view text = json.get_ref<const std::string&>();
  Source source;
  if (text.starts_with('=')) {
    source.base = Source::Base::constant;
    source.constant = std::string(text.substr(1));
    return source;
  }
  if (text.starts_with('$')) return variable(context, text.substr(1), pointer, reach);
  if (text.starts_with('@') || text.starts_with('^')) {
    const std::size_t needed = text.front() == '@' ? 1 : 2;
    if (reach.elements.size() < needed) {
      context.complain(pointer,
                       "\"" + std::string(text.substr(0, 1)) + "\" stands outside enough `each`");
      return std::nullopt;
    }
    source.base = text.front() == '@' ? Source::Base::item : Source::Base::outer;
    text.remove_prefix(1);
  }
  auto path = context.path(std::string(text), pointer);
  if (!path) return std::nullopt;
  for (const Step& step : path->steps) {
    if (step.kind != Step::Kind::key) {
      context.complain(pointer, "\"*\" and \"$name\" may not stand in a value's pointer");
      return std::nullopt;
    }
  }
  source.path = std::move(*path);
  return source;
}

}  // namespace guanxi::adapters::rules
