// Every form of value, through an event that sets one field of a person.
#include "tests/adapters/rules/fixture.h"

using namespace guanxi::adapters::rules;
using namespace guanxi::adapters::rules::test;

namespace {

struct Row {
  const char* field;
  const char* value;
  const char* message;   // beside "type" and "c"
  const char* expected;  // the field's value; "" = not set
  const char* enums = "{}";
};

Json message_of(const char* members) {
  Json message = Json::parse(members);
  message["type"] = "e";
  message["c"] = "c1";
  return message;
}

void check(const Row& row) {
  CAPTURE(std::string(row.field));
  CAPTURE(std::string(row.value));
  CAPTURE(std::string(row.message));
  const Compiled pack = clean(setting(row.field, row.value, row.enums));
  const Json event = readable(pack.read(message_of(row.message)).front());
  REQUIRE(event.at("facts").size() == 1);
  const Json set = event.at("facts")[0].value("set", Json::object());
  if (std::string_view(row.expected).empty()) {
    CHECK(!set.contains(row.field));
  } else {
    REQUIRE(set.contains(row.field));
    CHECK(set.at(row.field) == Json::parse(row.expected));
  }
}

}  // namespace

TEST_CASE("pointers, constants and variables give values, converted to the field's type") {
  const Row rows[] = {
      {"name", R"("/n")", R"({"n":"Li"})", R"("Li")"},
      {"name", R"("/n")", R"({"n":12})", R"("12")"},
      {"name", R"("/a/0/n")", R"({"a":[{"n":"x"},{"n":"y"}]})", R"("x")"},
      {"name", R"("/a~1b")", R"({"a/b":"x"})", R"("x")"},
      {"name", R"("=fixed")", R"({})", R"("fixed")"},
      {"name", R"("$name")", R"({})", R"("e")"},
      {"name", R"({"at":["/a","/b"]})", R"({"a":"","b":"second"})", R"("second")"},
      {"name", R"({"at":["/a","/b"]})", R"({"a":0,"b":"second"})", R"("0")"},
      {"state", R"({"at":"/s","as":"strip:qrscene_"})", R"({"s":"qrscene_7"})", R"("7")"},
      {"emails", R"("/e")", R"({"e":["a@x","b@x"]})", R"(["a@x","b@x"])"},
      {"emails", R"("/e")", R"({"e":"a@x"})", R"(["a@x"])"},
      {"emails", R"({"at":"/e","as":"split"})", R"({"e":"a@x, b@x"})", R"(["a@x","b@x"])"},
      {"emails", R"({"at":"/e","pick":["/m","/n"]})", R"({"e":[{"m":"a"},{"n":"b"},{"o":"c"}]})",
       R"(["a","b"])"},
      {"emails", R"({"at":"/e","pick":"/m"})", R"({"e":{"m":"a"}})", R"(["a"])"},
      {"emails", R"({"at":"/e","as":"split","flags":"/f"})", R"({"e":"a,b,c","f":"1,0,1"})",
       R"(["a","c"])"},
      {"emails", R"({"at":"/e","flags":"/f"})", R"({"e":[2,5],"f":[0,1]})", R"(["5"])"},
      {"emails", R"({"at":"/e","flags":"/f"})", R"({"e":[2,5]})", ""}};
  for (const Row& row : rows) check(row);
}

TEST_CASE("absent, null and empty all mean unknown") {
  for (const char* message : {R"({})", R"({"n":null})", R"({"n":""})", R"({"n":[]})", R"({"n":{}})",
                              R"({"n":{"x":1}})", R"({"n":["a"]})"}) {
    check({"name", R"("/n")", message, ""});
  }
}

TEST_CASE("a value is cleared when the platform says so, and only then") {
  const char* empty = R"({"at":"/n","empty":"clear"})";
  check({"name", empty, R"({"n":""})", R"({"cleared":true})"});
  check({"name", empty, R"({})", ""});
  check({"name", empty, R"({"n":null})", ""});
  check({"name", empty, R"({"n":"x"})", R"("x")"});
  check({"phones", R"({"at":"/n","empty":"clear"})", R"({"n":[]})", R"({"cleared":true})"});
  const char* was = R"({"at":"/new/n","was":"/old/n"})";
  check({"name", was, R"({"new":{},"old":{"n":"x"}})", R"({"cleared":true})"});
  check({"name", was, R"({"new":{"n":""},"old":{"n":"x"}})", R"({"cleared":true})"});
  check({"name", was, R"({"new":{"n":"y"},"old":{"n":"x"}})", R"("y")"});
  check({"name", was, R"({"new":{},"old":{}})", ""});
}

TEST_CASE("phones are E.164, or say why not") {
  check({"phones", R"("/p")", R"({"p":["13800000000","138****0000"]})",
         R"(["+8613800000000",{"masked":"138****0000"}])"});
  check({"phones", R"({"at":"/p","as":"split"})", R"({"p":"13800000000,13900000000"})",
         R"(["+8613800000000","+8613900000000"])"});
  check({"mobile", R"({"at":"/p","as":"phone","with":"/region"})",
         R"({"p":"2025550123","region":"US"})", R"("+12025550123")"});
  check({"mobile", R"("/p")", R"({"p":"10000000000"})", R"({"raw":"10000000000"})"});
}

TEST_CASE("enums translate; what they do not know is kept raw, or left out of a closed field") {
  const char* gender = R"({"g":{"1":"male","2":"female","0":"none!"}})";
  check({"gender", R"({"at":"/g","enum":"g"})", R"({"g":1})", R"("male")", gender});
  check({"gender", R"({"at":"/g","enum":"g"})", R"({"g":"7"})", "", gender});
  check({"gender", R"({"at":"/g","enum":"g"})", R"({"g":"0"})", "", gender});
  const char* way = R"({"w":{"1":"scan_qr_code"}})";
  check({"add_way", R"({"at":"/w","enum":"w"})", R"({"w":1})", R"("scan_qr_code")", way});
  check({"add_way", R"({"at":"/w","enum":"w"})", R"({"w":77})", R"("raw:77")", way});
  check({"emails", R"({"at":"/w","enum":"w"})", R"({"w":["1","2"]})", R"(["scan_qr_code","raw:2"])",
         way});
  const char* prefix = R"({"w":{"match":"prefix","values":{"a":"one","ab":"two","*":"other"}}})";
  check({"add_way", R"({"at":"/w","enum":"w"})", R"({"w":"abc"})", R"("two")", prefix});
  check({"add_way", R"({"at":"/w","enum":"w"})", R"({"w":"axe"})", R"("one")", prefix});
  check({"add_way", R"({"at":"/w","enum":"w"})", R"({"w":"zzz"})", R"("other")", prefix});
}

TEST_CASE("tags are objects, of lists of objects or of ids") {
  check({"tags", R"({"at":"/t","item":{"id":"@/i","name":"@/n","type":{"at":"@/y","enum":"y"}}})",
         R"({"t":[{"i":"t1","n":"A","y":1},{"n":"mine","y":2},{}]})",
         R"([{"id":"t1","name":"A","type":"corp"},{"name":"mine","type":"raw:2"}])",
         R"({"y":{"1":"corp"}})"});
  check({"tags", R"("/t")", R"({"t":["t1","t2"]})", R"([{"id":"t1"},{"id":"t2"}])"});
  check({"tags", R"({"at":"/t","pick":"/id"})", R"({"t":{"id":"t1"}})", R"([{"id":"t1"}])"});
  check({"tags", R"({"at":"/t","empty":"clear","item":{"id":"@/i"}})", R"({"t":[]})",
         R"({"cleared":true})"});
}

TEST_CASE("labels and values become attributes, model fields and answers") {
  const Compiled pack = clean(pack_with(R"({
    "enums": {"labels": {"姓名": "name", "手机号": "phones", "性别": "gender", "批注": "none!"}},
    "events": {"e": {"facts": {
      "lead": {"fact": "lead", "id": "/id", "trust": "self-stated",
               "set": {"attributes.form": {"at": "/extra", "pairs": ["/k", "/v", "/w"]}},
               "answers": {"at": "/card", "pairs": ["/label", "/value"], "enum": "labels"}}}}}})"));
  const char* expected = R"([{"fact":"lead","id":{"lead":"L1"},"trust":"self-stated",
    "answers":{"城市":"杭州"},
    "set":{"name":"测试甲","phones":["+8613800000000"],"attributes.form.a":"1","attributes.form.b":"2"}}])";
  CHECK(facts_of(pack, R"({"type":"e","id":"L1",
    "extra":[{"k":"a","v":"1"},{"k":"b","v":"","w":"2"},{"k":"c"},{"v":"3"}],
    "card":[{"label":"姓名","value":"测试甲"},{"label":"手机号","value":"13800000000"},
            {"label":"性别","value":"other"},{"label":"批注","value":"x"},
            {"label":"城市","value":"杭州"}]})") == Json::parse(expected));
  CHECK(facts_of(pack, R"({"type":"e","id":"L1","extra":{"a":"1","b":2},
    "card":{"姓名":"测试甲","手机号":13800000000,"城市":"杭州"}})") == Json::parse(expected));
}
