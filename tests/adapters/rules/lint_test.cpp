// Seeded faults: each is one change to a clean pack, and must be complained of at its place.
#include "tests/adapters/rules/fixture.h"

using namespace guanxi::adapters::rules;
using namespace guanxi::adapters::rules::test;

namespace {

Json full_pack() {
  return pack_with(R"({
    "enums": {"way": {"1": "scan"}, "gender": {"1": "male"},
              "kind": {"match": "prefix", "values": {"wm": "cid", "*": "uid"}}},
    "inlets": {"items": {"has": [], "only": "calls", "name": ["=item"]}},
    "events": {
      "e": {"facts": {
          "p": {"fact": "person", "customer": {"cid": "/c"}, "set": {"name": "/n",
                "add_way": {"at": "/w", "enum": "way"}, "gender": {"at": "/x", "enum": "gender"}}},
          "m": {"fact": "member", "each": "/list", "group": "/g", "status": "=joined",
                "party": {"kind": {"at": "@", "enum": "kind"}, "value": "@"}}},
        "calls": {"get": {"call": "get", "with": {"id": "/c"}}},
        "ignored": {"/seen": 1}},
      "like": {"like": "e", "ignored": {"/more": 1}},
      "item": {"none": "reason"}},
    "api": {"base": "https://api.example", "errors": {"code": "/code", "ok": ["0"], "codes": {"1": "retry"}},
      "tokens": {"t": {"request": "GET /token", "query": {"s": "setting:secret"}, "value": "/t",
                       "lifetime": "/l", "put": "query:access_token"}},
      "calls": {"get": {"request": "POST /get", "body": {"id": "$id", "cursor": "$page"},
          "pages": {"style": "cursor", "next": "/next"},
          "events": {"at": "/items", "inlet": "items"}}}}})");
}

struct Fault {
  const char* patch;
  const char* pointer;
  const char* reason;
};

}  // namespace

TEST_CASE("the pack into which faults are put is clean without them") { clean(full_pack()); }

TEST_CASE("a fault in identities, enums, inlets or events is complained of where it stands") {
  const Fault faults[] = {
      {R"({"what": 1})", "/what", "unknown key"},
      {R"({"interface": 3})", "/interface", "must be 1 to 2"},
      {R"({"source": {"sheet": null}})", "/source", "documents"},
      {R"({"identities": {"cid": {"scope": "nowhere"}}})", "/identities/cid/scope", "no scope"},
      {R"({"identities": {"cid": {"side": "left"}}})", "/identities/cid/side", "unknown side"},
      {R"({"identities": {"cid": {"trust": "sure"}}})", "/identities/cid/trust", "unknown trust"},
      {R"({"identities": {"kind": {"namespace": "n", "scope": "org", "side": "customer"}}})",
       "/identities/kind", "may not be called so"},
      {R"({"enums": {"unused": {"1": "x"}}})", "/enums/unused", "no value uses it"},
      {R"({"enums": {"way": {"2": "raw:2"}}})", "/enums/way/2", "raw:"},
      {R"({"enums": {"gender": {"2": "woman"}}})", "/events/e/facts/p/set/gender/enum",
       "outside the closed set"},
      {R"({"enums": {"kind": {"values": {"x": "nobody"}}}})", "/events/e/facts/m/party/kind/enum",
       "no kind of identity"},
      {R"({"inlets": {"second": {"has": ["/type"], "name": ["=e"]}}})", "/inlets/second", "equals"},
      {R"({"inlets": {"main": {"nmae": ["/x"]}}})", "/inlets/main/nmae", "did you mean \"name\"?"},
      {R"({"inlets": {"main": {"name": ["x"]}}})", "/inlets/main/name", "no pointer"},
      {R"({"inlets": {"main": {"decrypt": {}}}})", "/inlets/main/decrypt", "reserved"},
      {R"({"inlets": {"main": {"ignored": {"/list/**": 1}}}})", "/inlets/main/ignored/~1list~1**",
       "beside fields"},
      {R"({"events": {"f": {}}})", "/events/f", "empty"},
      {R"({"events": {"f": {"ignored": {"/a": 1}}}})", "/events/f", "empty"},
      {R"({"events": {"f": {"none": "r", "facts": {"p": {"fact": "person", "customer": {"cid": "/c"}}}}}})",
       "/events/f", "says none"},
      {R"({"events": {"f": {"like": "like"}}})", "/events/f/like", "like another already"},
      {R"({"events": {"f": {"like": "nothing"}}})", "/events/f/like", "no event"},
      {R"({"events": {"e": {"ignored": {"/list/**": 1}}}})", "/events/e/ignored/~1list~1**",
       "beside fields"},
      {R"({"events": {"e": {"ignored": {"seen": 1}}}})", "/events/e/ignored/seen", "no pointer"},
      {R"({"events": {"e": {"ignored": {"/seen": 2}}}})", "/events/e/ignored/~1seen", "must be 1"}};
  for (const Fault& fault : faults) {
    CAPTURE(std::string(fault.patch));
    const Compiled pack(patched(full_pack(), fault.patch));
    INFO(pack.all());
    CHECK(pack.complains(fault.pointer, fault.reason));
  }
}

TEST_CASE("a fault in a fact or value is complained of where it stands") {
  // Each patch is put into event "e" under facts.
  const Fault faults[] = {
      {R"({"p": {"fact": "people"}})", "p/fact", "unknown fact"},
      {R"({"p": {"custmer": {"cid": "/c"}}})", "p/custmer", "did you mean \"customer\"?"},
      {R"({"p": {"customer": {"nobody": "/c"}}})", "p/customer/nobody", "unknown kind"},
      {R"({"p": {"customer": {"uid": "/c"}}})", "p/customer/uid", "may not stand here"},
      {R"({"p": {"customer": "/c"}})", "p/customer", "names nobody"},
      {R"({"p": {"set": {"nmae": "/n"}}})", "p/set/nmae", "did you mean \"name\"?"},
      {R"({"p": {"set": {"name": 5}}})", "p/set/name", "must be text"},
      {R"({"p": {"set": {"name": "n"}}})", "p/set/name", "no pointer"},
      {R"({"p": {"set": {"name": "@/n"}}})", "p/set/name", "outside enough"},
      {R"({"m": {"nickname": "^/n"}})", "m/nickname", "outside enough"},
      {R"({"p": {"set": {"name": "$nothing"}}})", "p/set/name", "no variable"},
      {R"({"p": {"set": {"name": {"at": ["/a", "=x"]}}}})", "p/set/name/at", "alternative"},
      {R"({"p": {"set": {"name": {"at": "/a", "as": "upper"}}}})", "p/set/name/as",
       "unknown converter"},
      {R"({"p": {"set": {"name": {"at": "/a", "as": "split"}}}})", "p/set/name/as",
       "does not give"},
      {R"({"p": {"set": {"name": {"at": "/a", "as": "decrypt:x"}}}})", "p/set/name/as", "reserved"},
      {R"({"p": {"set": {"name": {"at": "/a", "enum": "none"}}}})", "p/set/name/enum", "no enum"},
      {R"({"p": {"set": {"name": {"at": "/a", "pairs": ["/k", "/v"]}}}})", "p/set/name/pairs",
       "only"},
      {R"({"p": {"set": {"name": {"at": "/a", "pick": "/k"}}}})", "p/set/name/pick", "list"},
      {R"({"p": {"set": {"name": {"at": "/a", "empty": "keep"}}}})", "p/set/name/empty", "clear"},
      {R"({"p": {"set": {"gender": "/x"}}})", "p/set/gender", "closed"},
      {R"({"p": {"set": {"gender": "=boy"}}})", "p/set/gender", "outside"},
      {R"({"p": {"gone": "=perhaps"}})", "p/gone", "outside"},
      {R"({"m": {"status": "=here"}})", "m/status", "outside"},
      {R"({"m": {"since": {"at": "/t", "empty": "clear"}}})", "m/since", "cleared"},
      {R"({"m": {"complete": ["by"]}})", "m/complete", "names no"},
      {R"({"m": {"each": "@/x"}})", "m/each", "outside"},
      {R"({"m": {"each": ["/a", "/b"]}})", "m/each", "starts with"},
      {R"({"m": {"given": "=x"}})", "m/given", "pointer"},
      {R"({"m": {"trust": "none"}})", "m/trust", "unknown trust"},
      {R"({"x": {"fact": "relation", "customer": {"cid": "/c"}, "status": "=active"}})", "x",
       "needs staff"},
      {R"({"x": {"fact": "relation", "customer": {"cid": "/c"}, "staff": {"uid": "/u"}}})", "x",
       "has no \"status\""},
      {R"({"x": {"fact": "interaction", "type": "=t"}})", "x", "needs a party"},
      {R"({"x": {"fact": "lead", "id": "/i", "answers": "/a"}})", "x/answers", "pairs"},
      {R"({"x": {"fact": "department", "id": "/i"}})", "x/id", "0 kinds of side"}};
  for (const Fault& fault : faults) {
    CAPTURE(std::string(fault.patch));
    Json patch;
    patch["events"]["e"]["facts"] = Json::parse(fault.patch);
    Json json = full_pack();
    json.merge_patch(patch);
    const Compiled pack(json);
    INFO(pack.all());
    CHECK(pack.complains(std::string("/events/e/facts/") + fault.pointer, fault.reason));
  }
}

TEST_CASE("a fault in calls and the api is complained of where it stands") {
  const Fault faults[] = {
      {R"({"events": {"e": {"calls": {"get": {"call": "gte"}}}}})", "/events/e/calls/get/call",
       "no call"},
      {R"({"events": {"e": {"calls": {"get": {"with": {"x": "/c"}}}}}})",
       "/events/e/calls/get/with/x", "no argument"},
      {R"({"events": {"e": {"calls": {"get": {"with": {"id": null}}}}}})",
       "/events/e/calls/get/with", "lacks the argument"},
      {R"({"events": {"e": {"calls": {"get": {"when": "unknown"}}}}})", "/events/e/calls/get",
       "about"},
      {R"({"events": {"e": {"calls": {"get": {"when": "gap"}}}}})", "/events/e/calls",
       "group fact"},
      {R"({"events": {"e": {"calls": {"get": {"after": "soon"}}}}})", "/events/e/calls/get/after",
       "duration"},
      {R"({"api": {"base": "http://x"}})", "/api/base", "https"},
      {R"({"api": {"tokens": {"t": {"put": "body:x"}}}})", "/api/tokens/t/put", "query:name"},
      {R"({"api": {"tokens": {"t": {"lifetime": -1}}}})", "/api/tokens/t/lifetime", "seconds"},
      {R"({"api": {"tokens": {"t": {"query": {"s": "setting:none"}}}}})", "/api/tokens/t/query/s",
       "no setting"},
      {R"({"api": {"tokens": {"t": {"query": {"s": "secret"}}}}})", "/api/tokens/t/query/s",
       "must be"},
      {R"({"api": {"calls": {"get": {"request": "FETCH /x"}}}})", "/api/calls/get/request",
       "no request"},
      {R"({"api": {"calls": {"get": {"request": "GET /x"}}}})", "/api/calls/get", "no body"},
      {R"({"api": {"calls": {"get": {"token": "other"}}}})", "/api/calls/get/token", "no token"},
      {R"({"api": {"calls": {"get": {"receipts": "x"}}}})", "/api/calls/get/receipts", "reserved"},
      {R"({"api": {"calls": {"get": {"sign": {"with": "x", "put": "query:s"}}}}})",
       "/api/calls/get/sign/with", "signs nothing"},
      {R"({"api": {"calls": {"get": {"sign": {"with": "x", "put": "s"}}}}})",
       "/api/calls/get/sign/put", "query:name"},
      {R"({"api": {"calls": {"get": {"latest": ["none"]}}}})", "/api/calls/get/latest",
       "call's arguments"},
      {R"({"api": {"calls": {"get": {"pages": {"style": "page", "pages": "/n", "next": null, "keep": true}}}}})",
       "/api/calls/get/pages/keep", "needs a cursor"},
      {R"({"api": {"calls": {"get": {"base": "other"}}}})", "/api/calls/get/base", "no base"},
      {R"({"api": {"calls": {"get": {"batch": {"param": "x", "max": 5}}}}})",
       "/api/calls/get/batch/param", "no argument"},
      {R"({"api": {"calls": {"get": {"pages": {"style": "scroll"}}}}})",
       "/api/calls/get/pages/style", "cursor, offset"},
      {R"({"api": {"calls": {"get": {"pages": {"style": "offset", "next": null}}}}})",
       "/api/calls/get/pages", "does not tell the last page"},
      {R"({"api": {"calls": {"get": {"events": {"inlet": "none"}}}}})",
       "/api/calls/get/events/inlet", "no inlet"},
      {R"({"api": {"calls": {"get": {"facts": {"p": {"fact": "person", "customer": {"cid": "$x"}}}}}}})",
       "/api/calls/get/facts/p/customer/cid", "no argument"},
      {R"({"api": {"errors": {"codes": {"1": "explode"}}}})", "/api/errors/codes/1",
       "unknown action"},
      {R"({"api": {"errors": {"codes": {"1": "wait:never"}}}})", "/api/errors/codes/1",
       "unknown action"},
      {R"({"api": {"errors": {"http": {"ok": "retry"}}}})", "/api/errors/http/ok", "HTTP status"}};
  for (const Fault& fault : faults) {
    CAPTURE(std::string(fault.patch));
    const Compiled pack(patched(full_pack(), fault.patch));
    INFO(pack.all());
    CHECK(pack.complains(fault.pointer, fault.reason));
  }
}

TEST_CASE("null stands nowhere in a pack") {
  Json json = full_pack();
  json["events"]["e"]["facts"]["p"]["set"]["name"] = nullptr;
  CHECK(Compiled(json).complains("/events/e/facts/p/set/name", "null"));
}

TEST_CASE("deleting or replacing any member of a pack never crashes the compiler") {
  const Json good = full_pack();
  const Json flat = good.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    for (const Json& other : {Json(), Json(5), Json("x"), Json::array({1}), Json{{"a", "b"}}}) {
      Json json = good;
      json[Json::json_pointer(pointer)] = other;
      std::vector<Complaint> complaints;
      const Manifest manifest = compile_manifest(manifest_json(), complaints);
      CHECK_NOTHROW(compile_rules(json, manifest, complaints));
    }
    for (Json::json_pointer up(pointer); !up.empty(); up.pop_back()) {
      Json json = good;
      json[up] = 7;
      std::vector<Complaint> complaints;
      const Manifest manifest = compile_manifest(manifest_json(), complaints);
      CHECK_NOTHROW(compile_rules(json, manifest, complaints));
    }
  }
}
