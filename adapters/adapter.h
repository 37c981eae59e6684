// The contract between the gateway and what knows a platform: pure, no socket, clock, store or
// global. One class reads packs and serves all platforms (adapters/registry.h); a platform is a
// folder of data.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/fact.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::adapters {

// One HTTP request as it came, or one frame of a link that we dialled (method STREAM).
struct Callback {
  std::string method;  // "GET", "POST", "STREAM"
  std::string path;    // as sent, still percent-encoded, without query
  std::string query;   // raw, without '?'
  std::vector<std::pair<std::string, std::string>> headers;  // names as sent
  std::string body;
};

// What a platform's server is told.
struct Answer {
  int status = 200;
  std::string content_type;  // empty when the body is
  std::string body;
};

// One message proven to come from the platform and laid open.
struct Payload {
  std::string bytes;   // as decrypted (or as sent, if it was plain)
  std::string format;  // "xml", "json", "form" or "bytes"
  std::string dedupe;  // equal for repeated deliveries, different for distinct payloads; raw bytes
  // About when it was said, in seconds since 1970; 0: unknown. Equal where `dedupe` is.
  std::uint32_t moment = 0;
  std::string order;  // events with the same key are worked in order; empty: no key known
};

struct Opened {
  std::string recipe;  // "app.xml": inlet and variant that matched
  Answer answer;
  std::vector<Payload> payloads;          // empty: answer, and store nothing (URL checks)
  std::vector<std::string> watched = {};  // recipes only counted that would have matched as well
};

// A channel's platform settings, by the names its manifest gives ("corp_id", "token", "api_base"),
// plus "public_url" and kSharedScopeSetting.
using Settings = std::map<std::string, std::string, std::less<>>;

// A setting of every channel: in which scope ids that several accounts share are unique.
inline constexpr std::string_view kSharedScopeSetting = "unionid_scope";
inline constexpr std::string_view kSharedScopeDefault = "default";

// One connected account, as adapters see it.
struct ChannelSettings {
  std::string id;
  std::string platform;
  std::string tenant;
  std::string rules = "latest";  // or the version to which the configuration pins it
  std::string activated = {};    // a version that was put in force, unless pinned; empty: none
  std::optional<Milliseconds> freshness;  // absent: the pack's default; 0: not checked
  Settings settings;
};

// A request to the platform's API, ready to be sent.
struct ApiRequest {
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct ApiResponse {
  int status = 0;  // 0: no answer (timeout, refused connection)
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// What an API answer's error table says to do.
struct ApiVerdict {
  enum class Action : std::uint8_t {
    ok,
    refresh,  // the token is bad: fetch a new one, try once more
    retry,    // transient: again with backoff and jitter
    wait,     // quota: not before `wait`
    give_up,  // the object is gone or the request wrong: no retry
    alert,    // needs a person: credentials, permission, trusted IP
  } action = Action::ok;
  Milliseconds wait{0};
  std::string code;    // the platform's own code, as text
  std::string reason;  // for the operator; no secret
  bool known = true;   // false: the pack's table does not have this code (drift)
};

struct Token {
  std::string value;
  Milliseconds lifetime{0};
  Milliseconds early{0};  // refresh this long before the end
};

class Pack;

// What reading one stored payload or answer gave.
struct Reading {
  std::vector<models::Event> events;
  std::string next_page;       // answers only: cursor of the next page; empty: last page
  std::string kept_page;       // answers only: where the next run of the call begins; empty: anew
  const Pack* pack = nullptr;  // that read it; lives as long as the adapter
};

// The context of an API answer: which call it answers.
struct CallContext {
  std::string call;
  models::Json arguments;
  Time requested_at{};
};

// What trigger needs to make a callback.
struct Forgery {
  Time now{};
  std::string nonce;      // decimal digits or letters
  std::string filler;     // random bytes for the cipher's frame
  std::string recipe;     // empty: the platform's default recipe for messages
  std::string path = {};  // where it will be posted, which some platforms sign
};

// A rule pack compiled, and bound to nothing: shared by all channels and threads.
class Pack {
 public:
  virtual ~Pack() = default;
  virtual const std::string& platform() const = 0;
  virtual const std::string& version() const = 0;  // "2024-12-19"
  virtual const std::string& hash() const = 0;     // SHA-256 of the resolved content, hex
  virtual std::vector<std::string> event_names() const = 0;
  // Whether it expects something at a place of an event, as Event::present names it.
  virtual bool knows(std::string_view event, std::string_view place) const = 0;
  virtual std::vector<std::string> example_names() const = 0;
  // The payload of an example, as the JSON tree and rendered in the format the platform sends.
  virtual Result<std::pair<std::string, models::Json>> example(std::string_view name) const = 0;
};

struct PackOrigin {
  std::string version;
  bool built_in = true;  // false: of the rules directory, or resting on something there
};

// A channel bound to its platform's packs: keys decoded, settings checked. Immutable, any thread.
class Adapter {
 public:
  virtual ~Adapter() = default;

  // Verifies, decrypts and lays open one callback with the transport of the pack in force at `now`.
  // Errors: malformed (400), unauthenticated (403). No detail tells an outsider which check failed.
  virtual Result<Opened> open(const Callback& callback, Time now) const = 0;

  // The same for a callback that was refused when it came: by the transport of that day, or of any
  // later pack. How fresh it is, is judged as of then.
  virtual Result<Opened> open_late(const Callback& callback, Time received_at) const = 0;

  // The pack of a day (what is pinned or activated, else the newest not later).
  virtual const Pack& pack_at(Time received_at) const = 0;

  // Reads a stored payload by the pack of its day, or by the first later one that has its recipe;
  // but if that does not know all of it and a pack next to it does, by that one, since platforms
  // bring changes to some before others. Total: what cannot be parsed is `malformed`, which marks
  // the row dead.
  virtual Result<Reading> read_payload(std::string_view recipe, std::string_view format,
                                       std::string_view bytes, Time received_at) const = 0;
  // Reads a stored API answer by the pack of its fetch date.
  virtual Result<Reading> read_answer(const CallContext& context, std::string_view bytes) const = 0;

  // The API side, by today's pack. `not_found` if the pack has no such call or token.
  // Every token that the channel's settings can ask for; none if a needed secret is not set.
  virtual std::vector<std::string> token_names(Time now) const = 0;
  virtual Result<std::string> token_name(std::string_view call, Time now) const = 0;
  virtual Result<ApiRequest> token_request(std::string_view token_name, Time now) const = 0;
  virtual Result<Token> read_token(std::string_view token_name, const ApiResponse& response,
                                   Time now) const = 0;
  virtual Result<ApiRequest> call_request(const CallContext& context, std::string_view page,
                                          std::string_view token) const = 0;
  virtual ApiVerdict judge(std::string_view call, const ApiResponse& response, Time now) const = 0;

  // The recipes of today's pack by which this channel takes messages, best first.
  virtual std::vector<std::string> recipes(Time now) const = 0;
  // The way back: a correctly signed and encrypted callback carrying `payload`; for `trigger` and
  // tests.
  virtual Result<Callback> make_callback(std::string_view payload,
                                         const Forgery& forgery) const = 0;
  virtual const ChannelSettings& channel() const = 0;
  // Of every pack that may read a row of this channel, oldest first: what two bindings of equal
  // hashes read is the same.
  virtual std::vector<std::string> pack_hashes() const = 0;
  // Every pack that the platform has, oldest first.
  virtual std::vector<PackOrigin> packs() const = 0;
  // The identity that `value` is on this channel, by today's pack, in the organisation `org` and
  // the app `app` where its messages name them. `not_found` if the kind is not its own, `malformed`
  // if the scope needs an organisation or app that is not given.
  virtual Result<models::Identity> identify(std::string_view kind, std::string_view value,
                                            std::string_view org = {},
                                            std::string_view app = {}) const = 0;
};

}  // namespace guanxi::adapters
