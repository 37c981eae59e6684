#include "gateway/observe/metrics.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace guanxi;
using namespace guanxi::observe;
using namespace std::chrono_literals;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("callbacks, events, drift and calls appear under their fixed names") {
  Metrics metrics;
  auto& acme = metrics.channel("acme", "x");
  acme.callback(CallbackResult::stored, from_ms(5), 3ms);
  acme.callback(CallbackResult::stored, from_ms(9), 3ms);
  acme.duplicates(4);
  acme.callback(CallbackResult::refused, from_ms(11), 1ms);
  acme.event(EventResult::normalized, 2);
  acme.drift("unknown_event");
  acme.platform_call("contact.get", "retry");
  metrics.request("/v1/customers", 200, 2ms);
  metrics.unknown_callback();
  metrics.commit(7, 1ms);
  const std::string text = metrics.render();
  CHECK(has_line(text, R"(guanxi_callbacks_total{channel="acme",platform="x",result="stored"} 2)"));
  CHECK(has_line(text, R"(guanxi_duplicates_total{channel="acme"} 4)"));
  CHECK(has_line(text, R"(guanxi_events_total{channel="acme",status="normalized"} 2)"));
  CHECK(has_line(text, R"(guanxi_drift_total{channel="acme",kind="unknown_event"} 1)"));
  CHECK(has_line(
      text, R"(guanxi_platform_calls_total{call="contact.get",channel="acme",outcome="retry"} 1)"));
  CHECK(has_line(text, R"(guanxi_http_requests_total{route="/v1/customers",status="200"} 1)"));
  CHECK(has_line(text, "guanxi_callbacks_unknown_total 1"));
  CHECK(has_line(text, R"(guanxi_inbox_commit_batch_bucket{le="8"} 1)"));
  CHECK(has_line(text, R"(guanxi_callback_seconds_count{channel="acme"} 3)"));
}

TEST_CASE("a channel's counters are readable as numbers") {
  Metrics metrics;
  auto& acme = metrics.channel("acme", "x");
  CHECK_FALSE(acme.counters().last_received_at);
  acme.callback(CallbackResult::stored, from_ms(5), 1ms);
  acme.callback(CallbackResult::stored, from_ms(9), 1ms);
  acme.duplicates(1);
  acme.callback(CallbackResult::malformed, from_ms(11), 1ms);
  acme.callback(CallbackResult::answered, from_ms(12), 1ms);
  acme.event(EventResult::dead);
  acme.event(EventResult::unmapped);
  const ChannelCounters counters = metrics.channel("acme", "x").counters();
  CHECK(counters.received == 2);
  CHECK(counters.duplicates == 1);
  CHECK(counters.rejected == 1);
  CHECK(counters.dead == 1);
  CHECK(counters.unmapped == 1);
  CHECK(counters.normalized == 0);
  CHECK(counters.last_received_at == from_ms(9));
}

TEST_CASE("gauges are refreshed when they are read") {
  Metrics metrics;
  int readings = 0;
  metrics.before_render([&](Metrics& self) {
    self.set_backlog(++readings, 5, 6);
    self.set_connections("public", 3);
  });
  metrics.render();
  const std::string text = metrics.render();
  CHECK(has_line(text, "guanxi_inbox_waiting 2"));
  CHECK(has_line(text, "guanxi_tasks_waiting 5"));
  CHECK(has_line(text, "guanxi_tasks_dead 6"));
  CHECK(has_line(text, R"(guanxi_connections{listener="public"} 3)"));
}

TEST_CASE("counts from many threads add up") {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics, i] {
      for (int n = 0; n < 500; ++n) {
        auto& channel = metrics.channel("c" + std::to_string(n % 5), "x");
        channel.callback(CallbackResult::stored, from_ms(n), 1ms);
        channel.drift("unknown_field");
        metrics.request(i % 2 == 0 ? "/a" : "/b", 200, 1ms);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::uint64_t received = 0;
  for (int n = 0; n < 5; ++n) {
    received += metrics.channel("c" + std::to_string(n), "x").counters().received;
  }
  CHECK(received == 2000);
  CHECK(has_line(metrics.render(), R"(guanxi_http_requests_total{route="/a",status="200"} 1000)"));
}
