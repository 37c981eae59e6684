#include <memory>
#include <ostream>

#include "crypto/random.h"
#include "gateway/app/commands.h"
#include "gateway/app/sample.h"
#include "gateway/app/store_access.h"
#include "gateway/net/http_client.h"

namespace guanxi::app {
namespace {

using models::Json;

int list_samples(const adapters::Adapter& adapter, Console& console) {
  const auto samples = samples_of(adapter, system_now());
  Json rows = Json::array();
  for (const Sample& sample : samples) {
    if (console.json) {
      rows.push_back({{"event", sample.event}, {"example", sample.example}});
    } else {
      console.out << sample.event << "  " << sample.example << '\n';
    }
  }
  if (console.json) console.out << rows.dump() << '\n';
  return 0;
}

// A listener's address as a client on this machine reaches it.
std::string local_url(const ServerConfig& server) {
  std::string address = server.public_address;
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.empty() || host == "0.0.0.0" || host == "*") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  return (server.tls_certificate.empty() ? "http://" : "https://") + host + address.substr(colon);
}

std::string target_url(const Config& config, const TriggerOptions& options,
                       const adapters::ChannelSettings& channel) {
  std::string url = options.to;
  if (url.empty()) url = config.server.public_url;
  if (url.empty()) url = local_url(config.server);
  while (url.ends_with('/')) url.pop_back();
  if (url.find("/callbacks/") != std::string::npos) return url;
  return url + "/callbacks/" + channel.platform + '/' + channel.id;
}

// What some platforms sign of the address.
std::string path_of(const std::string& url) {
  const std::size_t host = url.find("://");
  const std::size_t path = url.find('/', host == std::string::npos ? 0 : host + 3);
  if (path == std::string::npos) return {};
  return url.substr(path, url.find('?', path) - path);
}

std::string digits(std::size_t count) {
  std::string text;
  for (const char c : crypto::random_bytes(count)) {
    text += static_cast<char>('0' + static_cast<unsigned char>(c) % 10);
  }
  return text;
}

}  // namespace

int trigger(const Config& config, const TriggerOptions& options, Console& console) {
  const ChannelConfig& channel = *need(find_channel(config, options.channel));
  const adapters::Registry registry(config.rules_dir);
  const auto adapter = need(bind_channel(config, channel, registry)).adapter;
  if (options.list) return list_samples(*adapter, console);
  const Sample sample = need(find_sample(samples_of(*adapter, system_now()), options.event));
  for (const std::string& note : new_fields(sample, options.set)) {
    console.err << "guanxi: --set: " << note << '\n';
  }
  const std::string url = target_url(config, options, adapter->channel());
  const auto client = net::make_http_client();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < options.count; ++i) {
    const Time now = system_now();
    // A second apart, into the past: platforms date by seconds, and equal payloads are one event.
    const Time at = now - std::chrono::seconds(options.count - 1 - i);
    const std::string payload = need(make_payload(sample, at, i + 1, options.set));
    auto callback = need(adapter->make_callback(
        payload, {now, digits(10), crypto::random_bytes(64), sample.recipe, path_of(url)}));
    net::ClientRequest request;
    request.method = callback.method;
    request.url = callback.query.empty() ? url : url + '?' + callback.query;
    request.headers = std::move(callback.headers);
    request.body = std::move(callback.body);
    const auto response = need(client->send(request), "POST to " + url);
    const bool accepted = response.status >= 200 && response.status < 300;
    if (!accepted) ++refused;
    if (console.json) {
      console.out << Json{{"n", i + 1}, {"event", sample.event}, {"status", response.status}}.dump()
                  << '\n';
    } else {
      console.out << i + 1 << '/' << options.count << ' ' << sample.event << ' ' << response.status
                  << (accepted ? "" : " refused") << '\n';
    }
  }
  if (refused > 0) {
    throw CommandFailed(std::to_string(refused) + " of " + std::to_string(options.count) +
                        " callbacks were refused by " + url);
  }
  return 0;
}

}  // namespace guanxi::app
