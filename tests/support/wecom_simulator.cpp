#include "tests/support/wecom_simulator.h"

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace guanxi::tests {
namespace {

using Parameters = Json;
using Endpoint = Json (WecomWorld::*)(const Json&) const;

struct Route {
  Endpoint endpoint;
  Json empty;  // the fields that failures still carry
};

const std::map<std::string, Route, std::less<>>& routes() {
  static const Json kList = Json::array();
  static const std::map<std::string, Route, std::less<>> kRoutes{
      {"/cgi-bin/externalcontact/get_follow_user_list",
       {&WecomWorld::follow_user_list, {{"follow_user", kList}}}},
      {"/cgi-bin/externalcontact/list", {&WecomWorld::customer_list, {{"external_userid", kList}}}},
      {"/cgi-bin/externalcontact/get", {&WecomWorld::customer_detail, {{"follow_user", kList}}}},
      {"/cgi-bin/crm/get_external_contact",
       {&WecomWorld::customer_detail, {{"follow_user", kList}}}},  // its name until 2019-05-23
      {"/cgi-bin/externalcontact/batch/get_by_user",
       {&WecomWorld::customers_of_staff, {{"external_contact_list", kList}, {"next_cursor", ""}}}},
      {"/cgi-bin/externalcontact/get_corp_tag_list",
       {&WecomWorld::tag_list, {{"tag_group", kList}}}},
      {"/cgi-bin/externalcontact/groupchat/list",
       {&WecomWorld::group_list, {{"group_chat_list", kList}}}},
      {"/cgi-bin/externalcontact/groupchat/get", {&WecomWorld::group_detail, Json::object()}},
      {"/cgi-bin/externalcontact/customer_acquisition/get_chat_info",
       {&WecomWorld::acquisition_chat, {{"userid", ""}, {"external_userid", ""}}}},
      {"/cgi-bin/user/get", {&WecomWorld::staff_detail, {{"department", kList}}}},
      {"/cgi-bin/user/simplelist", {&WecomWorld::staff_of_department, {{"userlist", kList}}}},
      {"/cgi-bin/department/simplelist", {&WecomWorld::department_ids, {{"department_id", kList}}}},
      {"/cgi-bin/department/get", {&WecomWorld::department_detail, Json::object()}},
      {"/cgi-bin/kf/sync_msg",
       {&WecomWorld::kf_messages, {{"next_cursor", ""}, {"has_more", 0}, {"msg_list", kList}}}},
  };
  return kRoutes;
}

constexpr std::string_view kTokenPath = "/cgi-bin/gettoken";

net::Response json_response(const Json& body) {
  return {200, "application/json; charset=UTF-8", {}, body.dump(), false};
}

Json failed(int errcode, const Json& empty) {
  Json body = wecom_error(errcode);
  body.update(empty);
  return body;
}

// Query and body in one object; nothing when either cannot be read.
std::optional<Parameters> parameters_of(const net::Request& request) {
  Parameters parameters = Json::object();
  if (!request.body.empty()) {
    parameters = Json::parse(request.body, nullptr, false);
    if (!parameters.is_object()) return std::nullopt;
    // WeCom takes the token from the query only.
    parameters.erase("access_token");
  }
  const auto query = net::parse_query(request.query);
  if (!query) return std::nullopt;
  for (const auto& [name, value] : *query) parameters[name] = value;
  return parameters;
}

}  // namespace

struct WecomSimulator::State {
  explicit State(WecomSimulatorOptions options)
      : corp_id(std::move(options.corp_id)),
        secret(std::move(options.secret)),
        world(std::move(options.world)) {}

  void answer(net::Request request, net::Respond respond);
  net::Response call(const std::string& path, const net::Request& request);
  Json give_token(const Parameters& parameters);
  int judge_token(const Parameters& parameters) const;
  net::Response control(const std::string& path, const Parameters& parameters);

  mutable std::mutex mutex;
  std::string corp_id;
  std::string secret;
  int token_lifetime = 7200;
  WecomWorld world;
  std::map<std::string, int, std::less<>> calls;
  std::map<std::string, std::deque<WecomFailure>, std::less<>> failures;
  std::vector<net::Respond> hung;
  int generation = 1;    // of the token given out now
  int expired_from = 0;  // tokens of an older generation: expired up to here, else revoked
};

void WecomSimulator::State::answer(net::Request request, net::Respond respond) {
  net::Response response;
  {
    const std::lock_guard lock(mutex);
    if (request.path.starts_with("/_sim/")) {
      const auto parameters = parameters_of(request);
      response =
          parameters ? control(request.path, *parameters) : net::Response{400, {}, {}, {}, false};
    } else {
      ++calls[request.path];
      auto& queue = failures[request.path];
      if (queue.empty()) {
        response = call(request.path, request);
      } else {
        const WecomFailure failure = queue.front();
        if (--queue.front().times <= 0) queue.pop_front();
        if (failure.hang) {
          hung.push_back(std::move(respond));
          return;
        }
        const auto route = routes().find(request.path);
        response = failure.http_status != 0
                       ? net::Response{failure.http_status, {}, {}, {}, false}
                       : json_response(failed(failure.errcode, route == routes().end()
                                                                   ? Json::object()
                                                                   : route->second.empty));
      }
    }
  }
  respond(std::move(response));
}

net::Response WecomSimulator::State::call(const std::string& path, const net::Request& request) {
  const auto parameters = parameters_of(request);
  if (path == kTokenPath) {
    return json_response(parameters ? give_token(*parameters) : failed(40058, Json::object()));
  }
  const auto route = routes().find(path);
  if (route == routes().end()) return {404, {}, {}, {}, false};
  const auto& [endpoint, empty] = route->second;
  if (!parameters) {
    Json body = failed(40058, empty);
    body["errmsg"] = body["errmsg"].get<std::string>() + ". Warning: wrong json format.";
    return json_response(body);
  }
  if (const int errcode = judge_token(*parameters)) return json_response(failed(errcode, empty));
  const Json body = (world.*endpoint)(*parameters);
  const int errcode = body.at("errcode").get<int>();
  return json_response(errcode == 0 ? body : failed(errcode, empty));
}

Json WecomSimulator::State::give_token(const Parameters& parameters) {
  const Json empty{{"access_token", ""}, {"expires_in", 0}};
  if (parameters.value("corpid", "") != corp_id) return failed(40013, empty);
  if (parameters.value("corpsecret", "") != secret) return failed(40001, empty);
  return {{"errcode", 0},
          {"errmsg", "ok"},
          {"access_token", "simulated-token-" + std::to_string(generation)},
          {"expires_in", token_lifetime}};
}

int WecomSimulator::State::judge_token(const Parameters& parameters) const {
  const std::string token = parameters.value("access_token", "");
  if (token.empty()) return 41001;
  for (int i = 1; i <= generation; ++i) {
    if (token != "simulated-token-" + std::to_string(i)) continue;
    if (i == generation) return 0;
    return i <= expired_from ? 42001 : 40014;
  }
  return 40014;
}

net::Response WecomSimulator::State::control(const std::string& path, const Parameters& given) {
  if (path == "/_sim/calls") return json_response(Json(calls));
  if (path == "/_sim/fail") {
    failures[given.value("path", "")].push_back(
        {given.value("hang", false), given.value("status", 0), given.value("errcode", 0),
         given.value("times", 1)});
  } else if (path == "/_sim/revoke_tokens") {
    ++generation;
  } else if (path == "/_sim/expire_tokens") {
    expired_from = generation++;
  } else if (path == "/_sim/customer" && given.contains("external_contact")) {
    world.put_customer(given);
  } else if (path == "/_sim/remove") {
    world.remove_customer(given.value("external_userid", ""));
  } else if (path == "/_sim/follower_page") {
    world.size().follower_page = given.value("size", 500);
  } else {
    return {404, {}, {}, {}, false};
  }
  return json_response(Json::object());
}

WecomSimulator::WecomSimulator(net::IoThreads& threads, WecomSimulatorOptions options) {
  net::ServerOptions server;
  server.address = options.address;
  state_ = std::make_shared<State>(std::move(options));
  server_ = std::make_unique<net::Server>(
      threads, std::move(server), [state = state_](net::Request request, net::Respond respond) {
        try {
          state->answer(std::move(request), respond);
        } catch (const Json::exception&) {  // a parameter of another type than the API has
          respond({400, {}, {}, {}, false});
        }
      });
}

WecomSimulator::~WecomSimulator() { server_->drain(Milliseconds{0}); }

std::uint16_t WecomSimulator::port() const { return server_->port(); }

std::string WecomSimulator::api_base() const {
  return "http://127.0.0.1:" + std::to_string(port());
}

int WecomSimulator::calls(const std::string& path) const {
  const std::lock_guard lock(state_->mutex);
  const auto it = state_->calls.find(path);
  return it == state_->calls.end() ? 0 : it->second;
}

void WecomSimulator::fail_next(const std::string& path, WecomFailure failure) {
  const std::lock_guard lock(state_->mutex);
  state_->failures[path].push_back(failure);
}

void WecomSimulator::revoke_tokens() {
  const std::lock_guard lock(state_->mutex);
  ++state_->generation;
}

void WecomSimulator::expire_tokens() {
  const std::lock_guard lock(state_->mutex);
  state_->expired_from = state_->generation++;
}

void WecomSimulator::set_token_lifetime(int seconds) {
  const std::lock_guard lock(state_->mutex);
  state_->token_lifetime = seconds;
}

void WecomSimulator::put_customer(const Json& detail) {
  const std::lock_guard lock(state_->mutex);
  state_->world.put_customer(detail);
}

void WecomSimulator::remove_customer(const std::string& external_userid) {
  const std::lock_guard lock(state_->mutex);
  state_->world.remove_customer(external_userid);
}

void WecomSimulator::set_follower_page(int size) {
  const std::lock_guard lock(state_->mutex);
  state_->world.size().follower_page = size;
}

}  // namespace guanxi::tests
