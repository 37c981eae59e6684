// Writes distinct, really signed and encrypted WeCom callbacks as complete HTTP requests, for
// replay.lua: make_callbacks COUNT FILE TOKEN ENCODING_AES_KEY CORP_ID PATH
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "adapters/registry.h"
#include "crypto/random.h"

namespace {

using namespace guanxi;

// A customer who left: of the size and shape that WeCom sends, with ids as long as real ones, and
// an event that needs no call of the platform.
std::string payload_of(long number, Time now, const std::string& corp_id) {
  const std::string digits = std::to_string(10'000'000'000 + number);
  return "<xml><ToUserName><![CDATA[" + corp_id +
         "]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>" +
         std::to_string(to_ms(now) / 1000) +
         "</CreateTime><MsgType><![CDATA[event]]></MsgType>"
         "<Event><![CDATA[change_external_contact]]></Event>"
         "<ChangeType><![CDATA[del_follow_user]]></ChangeType>"
         "<UserID><![CDATA[sales.li]]></UserID><ExternalUserID><![CDATA[wmBenchAAAABBBBCCCCD" +
         digits + "]]></ExternalUserID></xml>";
}

std::string http_request(const adapters::Callback& callback, const std::string& path) {
  return "POST " + path + "?" + callback.query +
         " HTTP/1.1\r\nHost: gateway.example.com\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n"
         "Content-Type: text/xml\r\nContent-Length: " +
         std::to_string(callback.body.size()) + "\r\n\r\n" + callback.body;
}

int write_callbacks(char** argv) {
  const long count = std::atol(argv[1]);
  adapters::ChannelSettings channel;
  channel.id = "bench";
  channel.platform = "wecom";
  channel.tenant = "default";
  channel.settings = {{"token", argv[3]},
                      {"encoding_aes_key", argv[4]},
                      {"corp_id", argv[5]},
                      {"secret", "unused"},
                      {"api_base", "http://127.0.0.1:9"},
                      {"public_url", "http://127.0.0.1"},
                      {"unionid_scope", "default"}};
  const adapters::Registry registry;
  const auto adapter = registry.bind(channel);
  if (!adapter) throw std::runtime_error(adapter.error().detail);
  FILE* file = std::fopen(argv[2], "wb");
  if (!file) throw std::runtime_error(std::string("cannot write ") + argv[2]);
  std::size_t bytes = 0;
  const Time now = system_now();
  for (long i = 0; i < count; ++i) {
    const std::string payload = payload_of(i, now, argv[5]);
    bytes += payload.size();
    const adapters::Forgery forgery{
        now, std::to_string(100000000 + i), crypto::random_bytes(16), {}};
    const auto callback = (*adapter)->make_callback(payload, forgery);
    if (!callback) throw std::runtime_error(callback.error().detail);
    const std::string request = http_request(*callback, argv[6]);
    std::fprintf(file, "%08zu", request.size());
    std::fwrite(request.data(), 1, request.size(), file);
  }
  if (std::fclose(file) != 0) throw std::runtime_error(std::string("cannot write ") + argv[2]);
  std::printf("payload_bytes=%zu\n", count > 0 ? bytes / static_cast<std::size_t>(count) : 0);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fputs("usage: make_callbacks COUNT FILE TOKEN ENCODING_AES_KEY CORP_ID PATH\n", stderr);
    return 2;
  }
  try {
    return write_callbacks(argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
