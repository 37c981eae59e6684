// Requests to the CRM API, whoever sends them: the first line is method and target, the rest is the
// body. "CURSOR" in the target stands for a cursor that the API issued. Whatever comes, there is
// one answer, the server is never at fault, and what is called JSON is JSON.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/registry.h"
#include "crypto/random.h"
#include "gateway/api/api.h"
#include "gateway/api/keys.h"
#include "gateway/net/request_head.h"
#include "gateway/store/store.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using models::Json;

namespace {

constexpr Time kNow = from_ms(1'767'225'600'000);

void must(bool holds) {
  if (!holds) std::abort();
}

class Site {
 public:
  Site() : store_(store::open_store({"sqlite:" + folder_.file("fuzz.db"), {}, 2})) {
    must(store_->migrate().has_value());
    const auto record = store_->register_channel("default", "acme", "wecom", kNow);
    must(record.has_value());
    bind(*record);
    add_customers(record->tenant);
    add_key(record->tenant);
    api::ApiOptions options;
    options.threads = 0;
    api_ = std::make_unique<api::Api>(
        *store_, channels_, metrics_, [] { return kNow; }, options);
    api_->end_waiting();
    const net::Response page = ask("GET", "/v1/customers?limit=1", {});
    cursor_ = Json::parse(page.body).at("next_cursor").get<std::string>();
  }

  net::Response ask(std::string method, std::string target, std::string body) {
    if (const auto at = target.find("CURSOR"); at != std::string::npos) {
      target.replace(at, 6, cursor_);
    }
    net::Request request;
    request.method = std::move(method);
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    request.target = std::move(target);
    request.headers.emplace_back("Authorization", "Bearer " + secret_);
    request.body = std::move(body);
    int answers = 0;
    net::Response answer;
    api_->handle(std::move(request), [&](net::Response response) {
      ++answers;
      answer = std::move(response);
    });
    must(answers == 1);
    return answer;
  }

 private:
  void bind(const store::ChannelRecord& record) {
    adapters::ChannelSettings settings;
    settings.id = "acme";
    settings.platform = "wecom";
    settings.tenant = "default";
    settings.settings = {{"corp_id", "ww00scrmdemo000001"},
                         {"token", "QDG6eK"},
                         {"encoding_aes_key", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"},
                         {"unionid_scope", "default"},
                         {"public_url", "https://scrm.example.com"}};
    auto adapter = registry_.bind(settings);
    must(adapter.has_value());
    adapters::ChannelMap map;
    map.emplace("acme",
                adapters::BoundChannel{record.id, record.tenant, "default", std::move(*adapter)});
    channels_.replace(std::move(map));
  }

  void add_customers(store::TenantId tenant) {
    store::Batch batch;
    for (int i = 0; i < 3; ++i) {
      models::Customer customer;
      customer.id = make_uuid(kNow, crypto::fill_random);
      customer.version = 1;
      customer.created_at = customer.updated_at = kNow;
      batch.changes.push_back(
          {tenant, "customer.created", "customer", format_uuid(customer.id), customer.id, 1, kNow});
      batch.customers.push_back({tenant, std::move(customer), 0, {}, {}});
    }
    must(store_->write(batch).has_value());
  }

  void add_key(store::TenantId tenant) {
    secret_ = api::make_key_secret();
    store::ApiKey key;
    key.id = make_uuid(kNow, crypto::fill_random);
    key.tenant = tenant;
    key.tenant_name = "default";
    key.name = "fuzz";
    key.scopes = {"admin", "customers:read", "pii:read"};
    key.created_at = kNow;
    must(store_->add_key(key, api::hash_of_secret(secret_)).has_value());
  }

  tests::TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
  adapters::Registry registry_;
  adapters::Channels channels_;
  observe::Metrics metrics_;
  std::unique_ptr<api::Api> api_;
  std::string secret_;
  std::string cursor_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Site site;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const std::size_t space = text.find(' ');
  if (line == std::string::npos || space > line) return 0;
  std::string target = text.substr(space + 1, line - space - 1);
  if (target.empty()) return 0;
  // The listener lets nothing else through.
  const std::size_t mark = std::min(target.find('?'), target.size() - 1);
  const auto query = std::string_view(target).substr(mark + 1);
  if (!target.starts_with('/') || !net::percent_decode(target) || !net::parse_query(query)) {
    return 0;
  }
  const net::Response answer =
      site.ask(text.substr(0, space), std::move(target), text.substr(line + 1));
  must(answer.status >= 200 && answer.status < 500);
  if (answer.content_type.find("json") != std::string::npos) must(Json::accept(answer.body));
  return 0;
}
