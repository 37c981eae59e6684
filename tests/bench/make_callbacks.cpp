// Writes distinct, really signed and encrypted callbacks as complete HTTP requests, for replay.lua:
//   make_callbacks COUNT FILE DESCRIPTION PATH
// DESCRIPTION is a file of tests/simulator: its `load` says which channel, which event, and what
// differs from one callback to the next.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "adapters/registry.h"
#include "crypto/random.h"
#include "gateway/app/sample.h"
#include "tests/support/described_channels.h"

namespace {

using namespace guanxi;
using models::Json;

std::string http_request(const adapters::Callback& callback, const std::string& path) {
  std::string text = callback.method + ' ' + path;
  if (!callback.query.empty()) text += '?' + callback.query;
  text += " HTTP/1.1\r\nHost: gateway.example.com\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n";
  for (const auto& [name, value] : callback.headers) text += name + ": " + value + "\r\n";
  return text + "Content-Length: " + std::to_string(callback.body.size()) + "\r\n\r\n" +
         callback.body;
}

int write_callbacks(char** argv) {
  const long count = std::atol(argv[1]);
  const Json load = tests::read_description(argv[3]).at("load");
  const auto channels = tests::described_channels(argv[3]);
  const auto bound = adapters::Registry().bind(channels.at(load.at("channel").get<std::size_t>()));
  if (!bound) throw std::runtime_error(bound.error().detail);
  const auto& adapter = *bound;
  const Time now = system_now();
  const auto samples = app::samples_of(*adapter, now);
  const auto sample = app::find_sample(samples, load.at("event").get<std::string>());
  if (!sample) throw std::runtime_error(sample.error().detail);
  std::vector<std::pair<std::string, std::string>> vary;
  for (const auto& [field, value] : load.at("vary").items()) {
    vary.emplace_back(field, value.get<std::string>());
  }
  FILE* file = std::fopen(argv[2], "wb");
  if (!file) throw std::runtime_error(std::string("cannot write ") + argv[2]);
  std::size_t bytes = 0;
  for (long i = 0; i < count; ++i) {
    const auto number = static_cast<std::size_t>(10'000'000'000 + i);
    const auto payload = app::make_payload(*sample, now, number, vary);
    if (!payload) throw std::runtime_error(payload.error().detail);
    bytes += payload->size();
    const adapters::Forgery forgery{now, std::to_string(100000000 + i), crypto::random_bytes(64),
                                    sample->recipe, argv[4]};
    const auto callback = adapter->make_callback(*payload, forgery);
    if (!callback) throw std::runtime_error(callback.error().detail);
    const std::string request = http_request(*callback, argv[4]);
    std::fprintf(file, "%08zu", request.size());
    std::fwrite(request.data(), 1, request.size(), file);
  }
  if (std::fclose(file) != 0) throw std::runtime_error(std::string("cannot write ") + argv[2]);
  std::printf("payload_bytes=%zu\n", count > 0 ? bytes / static_cast<std::size_t>(count) : 0);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: make_callbacks COUNT FILE DESCRIPTION PATH\n", stderr);
    return 2;
  }
  try {
    return write_callbacks(argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
