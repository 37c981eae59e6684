#include "tests/support/platform_simulator.h"

#include <fstream>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace guanxi::tests {
namespace {

using models::Json;
using Names = std::vector<std::pair<std::string, std::string>>;

// A request laid open: what refs take their values from.
struct Asked {
  Names query;
  Names form;
  Names path;
  const net::Request* request = nullptr;
  Json body;
};

std::optional<std::string> named(const Names& names, const std::string& name) {
  for (const auto& [key, value] : names) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::optional<std::string> find(const Asked& asked, const std::string& ref) {
  const std::size_t colon = ref.find(':');
  const std::string kind = ref.substr(0, colon);
  const std::string name = ref.substr(colon + 1);
  if (kind == "query") return named(asked.query, name);
  if (kind == "form") return named(asked.form, name);
  if (kind == "path") return named(asked.path, name);
  if (kind == "header") {
    const auto value = asked.request->header(name);
    return value.empty() ? std::nullopt : std::optional(std::string(value));
  }
  const Json::json_pointer pointer(name);
  if (kind != "body" || !asked.body.contains(pointer)) return std::nullopt;
  return text_of(asked.body.at(pointer));
}

// "/users/{id}" against "/users/7": the names in braces, if the rest is equal.
std::optional<Names> match_path(std::string_view pattern, std::string_view path) {
  Names names;
  while (!pattern.empty() || !path.empty()) {
    const std::string_view want = pattern.substr(0, pattern.find('/'));
    const std::string_view have = path.substr(0, path.find('/'));
    if (want.starts_with('{')) {
      const auto value = net::percent_decode(have);
      if (!value || value->empty()) return std::nullopt;
      names.emplace_back(want.substr(1, want.size() - 2), *value);
    } else if (want != have) {
      return std::nullopt;
    }
    if ((want.size() < pattern.size()) != (have.size() < path.size())) return std::nullopt;
    pattern.remove_prefix(std::min(pattern.size(), want.size() + 1));
    path.remove_prefix(std::min(path.size(), have.size() + 1));
  }
  return names;
}

net::Response answer_with(const Json& body, int status = 200) {
  return {status, "application/json; charset=utf-8", {}, body.dump(), false};
}

net::Response answer_with(const Json& endpoint, const char* what) {
  const Json& given = endpoint.at(what);
  return answer_with(given.at("body"), given.value("status", 200));
}

Json with_token(const Json& answer, const std::string& token) {
  Json filled = answer;
  for (auto& [name, value] : filled.items()) {
    if (value.is_structured()) value = with_token(value, token);
    if (value == "{token}") value = token;
  }
  return filled;
}

}  // namespace

struct PlatformSimulator::State {
  net::Response answer(const net::Request& request);
  std::optional<net::Response> answer_from(const Json& endpoint, Asked& asked);
  bool has_needs(const Json& endpoint, const Asked& asked) const;
  // Whether some channel has this value of the setting.
  bool is_setting(const std::string& name, const std::optional<std::string>& value) const;
  bool has_token(const Json& endpoint, const Asked& asked) const;
  net::Response record(const Json& endpoint, const Asked& asked);
  net::Response fail(const Json& endpoint, const char* what) {
    failures.push_back(endpoint.at("request").get<std::string>());
    return answer_with(endpoint, what);
  }
  std::string token() const { return "simulated-token-" + std::to_string(generation); }

  mutable std::mutex mutex;
  Json data;
  int generation = 1;
  int answered = 0;
  std::vector<std::string> failures;
};

bool PlatformSimulator::State::has_needs(const Json& endpoint, const Asked& asked) const {
  if (!endpoint.contains("needs")) return true;
  for (const auto& [ref, wanted] : endpoint.at("needs").items()) {
    std::string value = text_of(wanted);
    if (value.starts_with("setting:")) {
      if (!is_setting(value.substr(value.find(':') + 1), find(asked, ref))) return false;
    } else if (find(asked, ref) != value) {
      return false;
    }
  }
  return true;
}

bool PlatformSimulator::State::is_setting(const std::string& name,
                                          const std::optional<std::string>& value) const {
  for (const Json& channel : data.at("channels")) {
    if (value && channel.contains(name) && channel.at(name) == *value) return true;
  }
  return false;
}

bool PlatformSimulator::State::has_token(const Json& endpoint, const Asked& asked) const {
  const auto place = endpoint.find("token");
  if (place == endpoint.end() || *place == false) return true;
  const bool is_ref = place->is_string();
  const std::string prefix = is_ref ? std::string() : place->value("prefix", std::string());
  const auto found =
      find(asked, is_ref ? place->get<std::string>() : place->at("in").get<std::string>());
  return found == prefix + token();
}

net::Response PlatformSimulator::State::record(const Json& endpoint, const Asked& asked) {
  const Json& records = endpoint.at("records");
  const Json* found = nullptr;
  if (!endpoint.contains("by")) {
    found = &records.at("");
  } else if (const auto key = find(asked, endpoint.at("by").get<std::string>());
             key && records.contains(*key)) {
    found = &records.at(*key);
  }
  if (found != nullptr && endpoint.contains("page")) {
    const std::string cursor = find(asked, endpoint.at("page").get<std::string>()).value_or("");
    found = found->contains(cursor) ? &found->at(cursor) : nullptr;
  }
  if (found == nullptr) return fail(endpoint, "missing");
  ++answered;
  return answer_with(*found);
}

// Nothing if the endpoint is not the one that was asked.
std::optional<net::Response> PlatformSimulator::State::answer_from(const Json& endpoint,
                                                                   Asked& asked) {
  const auto& request = endpoint.at("request").get_ref<const std::string&>();
  const std::size_t blank = request.find(' ');
  if (request.substr(0, blank) != asked.request->method) return std::nullopt;
  auto path = match_path(std::string_view(request).substr(blank + 1), asked.request->path);
  if (!path) return std::nullopt;
  asked.path = std::move(*path);
  const bool gives_token = endpoint.contains("answer");
  if (!has_needs(endpoint, asked)) {
    if (gives_token) return fail(endpoint, "refused");
    return std::nullopt;
  }
  if (gives_token) return answer_with(with_token(endpoint.at("answer"), token()));
  if (!has_token(endpoint, asked)) return fail(endpoint, "refused");
  return record(endpoint, asked);
}

net::Response PlatformSimulator::State::answer(const net::Request& request) {
  Asked asked;
  asked.request = &request;
  asked.query = net::parse_query(request.query).value_or(Names{});
  asked.body = Json::parse(request.body, nullptr, false);
  if (asked.body.is_discarded()) {
    asked.body = nullptr;
    asked.form = net::parse_query(request.body).value_or(Names{});
  }
  const std::lock_guard lock(mutex);
  for (const char* section : {"token", "endpoints"}) {
    for (const Json& endpoint : data.at(section)) {
      if (auto response = answer_from(endpoint, asked)) return std::move(*response);
    }
  }
  failures.push_back(request.method + ' ' + request.path + ": no such endpoint");
  return answer_with(Json::object(), 404);
}

PlatformSimulator::PlatformSimulator(net::IoThreads& threads, const std::string& file)
    : state_(std::make_shared<State>()) {
  std::ifstream stream(file);
  state_->data = Json::parse(stream, nullptr, false);
  if (!state_->data.is_object()) throw std::runtime_error(file + " is no JSON object");
  net::ServerOptions options;
  options.address = "127.0.0.1:0";
  server_ = std::make_unique<net::Server>(
      threads, std::move(options),
      [state = state_](const net::Request& request, const net::Respond& respond) {
        respond(state->answer(request));
      });
}

PlatformSimulator::~PlatformSimulator() { server_->drain(Milliseconds{0}); }

std::string PlatformSimulator::api_base() const {
  return "http://127.0.0.1:" + std::to_string(server_->port());
}

const Json& PlatformSimulator::channels() const { return state_->data.at("channels"); }

int PlatformSimulator::answered() const {
  const std::lock_guard lock(state_->mutex);
  return state_->answered;
}

std::vector<std::string> PlatformSimulator::failures() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failures;
}

void PlatformSimulator::revoke_tokens() {
  const std::lock_guard lock(state_->mutex);
  ++state_->generation;
}

}  // namespace guanxi::tests
