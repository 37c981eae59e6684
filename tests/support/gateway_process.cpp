#include "tests/support/gateway_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace guanxi::tests {
namespace {

constexpr char kCorp[] = "ww00scrmdemo000001";
constexpr char kToken[] = "QDG6eK";
constexpr char kAesKey[] = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

std::string binary() { return GUANXI_BINARY_DIR "/guanxi"; }

std::string config_text(const GatewaySetup& setup, const TemporaryFolder& folder) {
  std::ostringstream text;
  text << "[server]\npublic = \"127.0.0.1:0\"\nprivate = \"127.0.0.1:0\"\n"
       << "public_url = \"https://scrm.example.com\"\n"
       << setup.more_server << "\n[store]\n";
  if (setup.store_url.empty()) {
    text << "url = \"sqlite:" << folder.file("guanxi.db") << "\"\n";
  } else {
    text << "url = \"" << setup.store_url << "\"\n"
         << "data_key = \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"\n";
  }
  if (!setup.rules_dir.empty()) text << "\n[rules]\ndir = \"" << setup.rules_dir << "\"\n";
  text << "\n[[channel]]\nid = \"acme\"\nplatform = \"wecom\"\ntenant = \"default\"\n"
       << "corp_id = \"" << kCorp << "\"\ntoken = \"" << kToken << "\"\nencoding_aes_key = \""
       << kAesKey << "\"\nsecret = \"simulated-secret\"\n"
       << "api_base = \"" << (setup.api_base.empty() ? "http://127.0.0.1:1" : setup.api_base)
       << "\"\n"
       << setup.channels;
  return text.str();
}

std::uint16_t port_in(const std::string& line, const std::string& name) {
  const std::size_t at = line.find(name + '=');
  if (at == std::string::npos) throw std::runtime_error("no " + name + " in: " + line);
  return static_cast<std::uint16_t>(std::stoi(line.substr(at + name.size() + 1)));
}

}  // namespace

GatewayProcess::GatewayProcess(GatewaySetup setup) : client_(net::make_http_client()) {
  std::ofstream(config_file()) << config_text(setup, folder_);
  adapters::ChannelSettings channel;
  channel.id = "acme";
  channel.platform = "wecom";
  channel.settings = {{"corp_id", kCorp},
                      {"token", kToken},
                      {"encoding_aes_key", kAesKey},
                      {"unionid_scope", "default"},
                      {"public_url", "https://scrm.example.com"}};
  auto bound = registry_.bind(channel);
  if (!bound) throw std::runtime_error(bound.error().detail);
  adapter_ = *bound;
}

void GatewayProcess::start() {
  process_ = std::make_unique<Process>(
      std::vector<std::string>{binary(), "serve", "--config", config_file()},
      folder_.file("gateway.log"));
  while (const auto line = process_->read_line()) {
    if (!line->starts_with("ready ")) continue;
    public_port_ = port_in(*line, "public");
    private_port_ = port_in(*line, "private");
    return;
  }
  throw std::runtime_error("the gateway did not start: " + log());
}

void GatewayProcess::kill() {
  process_->send_signal(SIGKILL);
  process_->wait();
}

void GatewayProcess::reload() { process_->send_signal(SIGHUP); }

int GatewayProcess::stop() {
  process_->send_signal(SIGTERM);
  return process_->wait();
}

const std::string& GatewayProcess::key() {
  if (key_.empty()) {
    const Json created =
        Json::parse(run({"keys", "create", "--name", "test", "--tenant", "default", "--scope",
                         "customers:read", "--scope", "pii:read", "--scope", "admin", "--json"}));
    key_ = created.at("key").get<std::string>();
  }
  return key_;
}

Json GatewayProcess::get(const std::string& target) {
  net::ClientRequest request;
  request.method = "GET";
  request.url = "http://127.0.0.1:" + std::to_string(private_port_) + target;
  request.headers = {{"Authorization", "Bearer " + key()}};
  request.timeout = Milliseconds{70'000};
  request.max_body = 64 * 1024 * 1024;
  const auto response = client_->send(request);
  if (!response) throw std::runtime_error(target + ": " + response.error().detail);
  if (response->status != 200) {
    throw std::runtime_error(target + ": " + std::to_string(response->status) + response->body);
  }
  return Json::parse(response->body);
}

Json GatewayProcess::get_all(const std::string& target) {
  Json all = Json::array();
  std::string cursor;
  do {
    const char joint = target.find('?') == std::string::npos ? '?' : '&';
    const Json page = get(target + (cursor.empty() ? "" : joint + ("cursor=" + cursor)));
    for (const Json& item : page.at("data")) all.push_back(item);
    cursor = page.at("next_cursor").is_null() ? "" : page.at("next_cursor").get<std::string>();
  } while (!cursor.empty());
  return all;
}

void GatewayProcess::await_worked() {
  // The feed's long poll is the signal that work was done; the backlog says when all is.
  std::string after;
  for (int round = 0; round < 10'000; ++round) {
    if (get("/v1/channels").at("backlog").at("waiting") == 0) return;
    const Json feed = get("/v1/changes?limit=500&wait=1&after=" + after);
    after = feed.at("next").get<std::string>();
  }
  throw std::runtime_error("rows still wait to be worked");
}

std::string GatewayProcess::run(const std::vector<std::string>& arguments, int expected_code) {
  std::vector<std::string> command{binary()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.insert(command.end(), {"--config", config_file()});
  Process process(std::move(command), folder_.file("command.log"));
  std::string output;
  while (const auto line = process.read_line()) output += *line + '\n';
  if (const int code = process.wait(); code != expected_code) {
    std::ifstream errors(folder_.file("command.log"));
    throw std::runtime_error(arguments[0] + " ended with " + std::to_string(code) + ": " +
                             std::string(std::istreambuf_iterator<char>(errors), {}));
  }
  return output;
}

std::string GatewayProcess::log() const {
  std::ifstream file(folder_.file("gateway.log"));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string GatewayProcess::callback_request(const std::string& payload, int number) const {
  adapters::Forgery forgery;
  forgery.now = system_now();
  forgery.nonce = std::to_string(number);
  forgery.filler = "0123456789abcdef";
  const auto callback = adapter_->make_callback(payload, forgery);
  if (!callback) throw std::runtime_error(callback.error().detail);
  std::string request =
      "POST /callbacks/wecom/acme?" + callback->query + " HTTP/1.1\r\nHost: x\r\n";
  for (const auto& [name, value] : callback->headers) request += name + ": " + value + "\r\n";
  return request + "Content-Length: " + std::to_string(callback->body.size()) + "\r\n\r\n" +
         callback->body;
}

CallbackConnection::CallbackConnection(std::uint16_t port) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

CallbackConnection::~CallbackConnection() {
  if (socket_ >= 0) ::close(socket_);
}

int CallbackConnection::post(const std::string& request) {
  if (socket_ < 0) return 0;
  std::size_t sent = 0;
  while (sent < request.size()) {
    const ssize_t count =
        ::send(socket_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return 0;
    sent += static_cast<std::size_t>(count);
  }
  std::string answer;
  char chunk[2048];
  std::size_t whole = std::string::npos;
  while (answer.size() < whole) {
    const ssize_t count = ::recv(socket_, chunk, sizeof chunk, 0);
    if (count <= 0) return 0;
    answer.append(chunk, static_cast<std::size_t>(count));
    const std::size_t head = answer.find("\r\n\r\n");
    if (head == std::string::npos) continue;
    const std::size_t length = answer.find("Content-Length: ");
    const std::size_t body =
        length < head ? static_cast<std::size_t>(std::stoul(answer.substr(length + 16))) : 0;
    whole = head + 4 + body;
  }
  return std::stoi(answer.substr(9, 3));
}

}  // namespace guanxi::tests
