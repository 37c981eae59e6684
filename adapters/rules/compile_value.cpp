#include <algorithm>

#include "adapters/rules/compile_context.h"
#include "adapters/rules/convert.h"

namespace guanxi::adapters::rules {
namespace {

bool is_list(Type type) { return type == Type::list || type == Type::phones || type == Type::tags; }

bool compile_converter(Context& context, const std::string& word, const std::string& pointer,
                       const Use& use, Value& value) {
  const auto only = [&](Converter converter, std::initializer_list<Type> types) {
    value.converter = converter;
    if (std::ranges::find(types, use.type) != types.end()) return true;
    context.complain(pointer, "\"" + word + "\" does not give what this field holds");
    return false;
  };
  if (word == "time") return only(Converter::time, {Type::time});
  if (word == "phone") return only(Converter::phone, {Type::phone, Type::phones, Type::hint});
  if (word == "split") return only(Converter::split, {Type::list, Type::phones, Type::tags});
  if (word == "fen_from_yuan") return only(Converter::fen, {Type::integer});
  if (word.starts_with("strip:") && word.size() > 6) {
    value.prefix = word.substr(6);
    return only(Converter::strip, {Type::text, Type::list, Type::hint});
  }
  if (word.starts_with("join:") && word.size() > 5) {
    value.prefix = word.substr(5);
    return context.since(2, pointer, "join") && only(Converter::join, {Type::text});
  }
  if (word.starts_with("decrypt:")) {
    context.complain(pointer, "\"decrypt\" is reserved and not built yet");
  } else {
    context.complain(pointer,
                     "unknown converter \"" + word + "\"" +
                         context.did_you_mean(word, {"time", "phone", "split", "fen_from_yuan"}));
  }
  return false;
}

void check_targets(Context& context, const EnumTable& table, const std::string& pointer,
                   const Use& use) {
  const auto check = [&](const std::string& target) {
    if (target == "none!") return;
    const auto refuse = [&](const std::string& why) {
      context.complain(pointer, "the enum's target \"" + target + "\" " + why);
    };
    if (use.labels) {
      if (set_field(target) == nullptr) refuse("is no field of set");
    } else if (use.kinds) {
      if (!context.plan.identity_index.contains(target)) refuse("is no kind of identity");
    } else if (use.type == Type::boolean) {
      if (target != "true" && target != "false") refuse("is neither true nor false");
    } else if (!use.closed.empty() && !contains(use.closed, target)) {
      refuse("is outside the closed set of this field");
    }
  };
  for (const auto& [key, target] : table.exact) check(target);
  for (const auto& [key, target] : table.prefixes) check(target);
  if (table.otherwise) check(*table.otherwise);
}

void check_constant(Context& context, const Json& constant, const std::string& pointer,
                    const Use& use) {
  const auto& text = constant.get_ref<const std::string&>();
  const bool right = (use.closed.empty() || contains(use.closed, text)) &&
                     (use.type != Type::boolean || to_boolean(constant)) &&
                     (use.type != Type::integer || to_integer(constant)) &&
                     (use.type != Type::time || to_time(constant)) &&
                     (!use.kinds || context.plan.identity_index.contains(text));
  if (!right) {
    context.complain(pointer, "the constant \"" + text + "\" is outside what this field may hold");
  }
}

void mark_value(const Reach& reach, const Value& value, const Source& source, const Use& use) {
  if (!value.pairs.empty()) {
    mark(reach, source, Mark::map);
    for (const Path& path : value.pairs) {
      Path below;
      below.steps.push_back({Step::Kind::any, "*", std::nullopt});
      below.steps.insert(below.steps.end(), path.steps.begin(), path.steps.end());
      mark(reach, source, Mark::scalar, below);
    }
  } else if (!value.pick.empty()) {
    for (const Path& path : value.pick) {
      Path below;
      below.steps.push_back({Step::Kind::any, "*", std::nullopt});
      below.steps.insert(below.steps.end(), path.steps.begin(), path.steps.end());
      mark(reach, source, Mark::scalar, below);
    }
  } else if (value.item.empty()) {
    const bool lists = is_list(use.type) || value.converter == Converter::join;
    mark(reach, source, lists ? Mark::list : Mark::scalar);
  }
}

void compile_item(Context& context, const Json& json, const std::string& pointer,
                  const Reach& reach, const Value& value, std::vector<ItemMember>& members) {
  if (!context.closed(json, pointer, {"id", "name", "group", "type"})) return;
  Reach inner = reach;
  if (value.sources.size() != 1 || value.sources[0].base == Source::Base::constant ||
      value.sources[0].base == Source::Base::variable) {
    context.complain(pointer, "\"item\" needs one pointer to a list");
    return;
  }
  const Source& list = value.sources[0];
  Path element;
  if (list.base == Source::Base::item && !reach.elements.empty()) element = reach.elements.back();
  if (list.base == Source::Base::outer && reach.elements.size() > 1) {
    element = reach.elements[reach.elements.size() - 2];
  }
  element.steps.insert(element.steps.end(), list.path.steps.begin(), list.path.steps.end());
  element.steps.push_back({Step::Kind::any, "*", std::nullopt});
  inner.elements.push_back(element);
  for (const auto& [name, member] : json.items()) {
    auto compiled = compile_value(context, member, at(pointer, name), inner, Use{});
    if (compiled) members.push_back({name, std::move(*compiled)});
  }
}

std::optional<Source> extra(Context& context, const Json& json, const std::string& pointer,
                            const char* key, const Reach& reach, Mark how) {
  const auto found = json.find(key);
  if (found == json.end()) return std::nullopt;
  auto source = compile_source(context, *found, at(pointer, key), reach);
  if (source && source->base == Source::Base::constant) {
    context.complain(at(pointer, key), "must be a pointer");
    return std::nullopt;
  }
  if (source) mark(reach, *source, how);
  return source;
}

void compile_pairs(Context& context, const Json& json, const std::string& pointer, const Use& use,
                   Value& value) {
  const std::string here = at(pointer, "pairs");
  value.pairs = context.paths(json, pointer, "pairs");
  if (value.pairs.size() < 2) context.complain(here, "needs a label and at least one value");
  if (!use.may_pair) context.complain(here, "is for `answers` and `set` attributes only");
}

void compile_table(Context& context, const Json& json, const std::string& pointer, const Use& use,
                   Value& value) {
  const auto name = context.text(json, pointer, "enum");
  if (!name) return;
  const std::string here = at(pointer, "enum");
  const auto table = context.tables.find(*name);
  if (table == context.tables.end()) {
    context.complain(here, "there is no enum \"" + *name + "\"");
    return;
  }
  context.used_tables.insert(*name);
  value.table = table->second;
  const bool translatable =
      use.type == Type::text || use.type == Type::list || use.type == Type::boolean || use.labels;
  if (!translatable) context.complain(here, "this field holds no words");
  check_targets(context, *table->second, here, use);
}

std::optional<Value> compile_object(Context& context, const Json& json, const std::string& pointer,
                                    const Reach& reach, const Use& given) {
  if (!context.closed(
          json, pointer,
          {"at", "as", "enum", "pick", "item", "pairs", "flags", "with", "was", "empty"})) {
    return std::nullopt;
  }
  Use use = given;
  Value value;
  const auto where = json.find("at");
  if (where == json.end()) {
    context.complain(pointer, "has no \"at\"");
    return std::nullopt;
  }
  const Json list = where->is_array() ? *where : Json::array({*where});
  if (list.empty()) context.complain(at(pointer, "at"), "names nothing");
  for (const Json& one : list) {
    auto source = compile_source(context, one, at(pointer, "at"), reach);
    if (!source) return std::nullopt;
    if (source->base == Source::Base::constant) {
      context.complain(at(pointer, "at"), "a constant may not be an alternative");
      return std::nullopt;
    }
    value.sources.push_back(std::move(*source));
  }
  if (const auto word = context.text(json, pointer, "as")) {
    compile_converter(context, *word, at(pointer, "as"), use, value);
  }
  if (json.contains("pairs")) {
    compile_pairs(context, json, pointer, use, value);
    use.labels = true;
  } else if (use.may_pair && use.labels) {
    context.complain(pointer, "needs \"pairs\"");
  }
  if (json.contains("enum")) compile_table(context, json, pointer, use, value);
  if (json.contains("pick")) {
    value.pick = context.paths(json, pointer, "pick");
    if (!is_list(use.type) && value.converter != Converter::join) {
      context.complain(at(pointer, "pick"), "gives a list");
    }
  }
  if (json.contains("item")) {
    if (use.type != Type::tags) context.complain(at(pointer, "item"), "is for tags only");
    compile_item(context, json.at("item"), at(pointer, "item"), reach, value, value.item);
  }
  value.flags = extra(context, json, pointer, "flags", reach, Mark::list);
  if (value.flags && !is_list(use.type)) context.complain(at(pointer, "flags"), "needs a list");
  value.region = extra(context, json, pointer, "with", reach, Mark::scalar);
  value.was =
      extra(context, json, pointer, "was", reach, is_list(use.type) ? Mark::list : Mark::scalar);
  if (const auto word = context.text(json, pointer, "empty")) {
    value.clear_if_empty = *word == "clear";
    if (!value.clear_if_empty) context.complain(at(pointer, "empty"), "may only be \"clear\"");
  }
  if ((value.was || value.clear_if_empty) && !use.may_clear) {
    context.complain(pointer, "only fields of `set` can be cleared");
  }
  if (!use.closed.empty() && value.table == nullptr) {
    context.complain(pointer, "this field is closed: it needs a constant or an enum");
  }
  for (const Source& source : value.sources) mark_value(reach, value, source, use);
  return value;
}

}  // namespace

std::optional<Value> compile_value(Context& context, const Json& json, const std::string& pointer,
                                   const Reach& reach, const Use& use) {
  if (json.is_object()) return compile_object(context, json, pointer, reach, use);
  auto source = compile_source(context, json, pointer, reach);
  if (!source) return std::nullopt;
  if (use.may_pair && use.labels) context.complain(pointer, "needs \"pairs\"");
  if (source->base == Source::Base::constant) {
    check_constant(context, source->constant, pointer, use);
  } else if (!use.closed.empty()) {
    context.complain(pointer, "this field is closed: it needs a constant or an enum");
  }
  Value value;
  mark(reach, *source, is_list(use.type) ? Mark::list : Mark::scalar);
  value.sources.push_back(std::move(*source));
  return value;
}

}  // namespace guanxi::adapters::rules
