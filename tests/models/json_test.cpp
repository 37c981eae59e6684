// What a CRM is shown of a customer, and what it is not.
#include "models/json.h"

#include <doctest/doctest.h>

#include <map>

#include "tests/models/li_lei.h"

using namespace guanxi;
using namespace guanxi::models;
using namespace guanxi::models::tests;
using namespace std::chrono_literals;

TEST_CASE("without the right to personal data phones and e-mails are masked") {
  Customer customer = lei();
  apply(customer,
        {relation("active", kDay, {{"set", {{"phones", {"+8613800001234"}}}}}),
         person(kDay, {{"email", "lei@example.com"}})},
        event_source(1, kDay));
  CHECK(customer_json(customer, {"default", true, nullptr}).at("phones") == Json{"+8613800001234"});
  const Json masked = customer_json(customer, {"default", false, nullptr});
  CHECK(masked.at("phones") == Json{"+86138****1234"});
  CHECK(masked.at("emails") == Json{"l***@example.com"});
  CHECK(masked.dump().find("13800001234") == std::string::npos);
}

TEST_CASE("phones and e-mails are masked wherever they are written") {
  Customer customer = lei();
  apply(customer,
        {relation("active", kDay,
                  {{"set",
                    {{"remark", "李雷13911114444"},
                     {"description", "mail li2@secret.cn, since 2025-01-01"},
                     {"attributes.note", "tel. +65 9123-4567"}}}}),
         person(kDay, {{"attributes.wecom.profile.手机", "13911113333"},
                       {"attributes.wecom.profile.邮箱", "li@secret.cn"},
                       {"attributes.list", {"a@b.cn", 7}}})},
        event_source(1, kDay));
  const Json shown = customer_json(customer, {"t", false, nullptr});
  const Json& relation = shown["relations"][0];
  CHECK(relation["remark"] == "李雷139****4444");
  CHECK(relation["description"] == "mail l***@secret.cn, since 2025-01-01");
  CHECK(relation["attributes"]["note"] == "tel. +65****4567");
  CHECK(shown["attributes"]["wecom.profile.手机"] == "139****3333");
  CHECK(shown["attributes"]["wecom.profile.邮箱"] == "l***@secret.cn");
  CHECK(shown["attributes"]["list"] == Json{"a***@b.cn", 7});
  for (const std::string text :
       {"138.1234.5678",           "138_1234_5678",           "１３８１２３４５６７８",
        "138\u00a01234\u00a05678", "138　1234　5678",         "138·1234·5678",
        "138) 1234-5678",          "138–1234–5678",           "138•1234•5678",
        "138\u200b1234\u200b5678", "138\t1234\n5678",         "138,1234，5678",
        "138、1234*5678",          "138~1234～5678",          "138:1234：5678",
        "138|1234+5678",           "138=1234\\5678",          "138#1234;5678",
        "138\"1234'5678",          "138[1234]5678",           "138【1234】5678",
        "138\u20091234\u202f5678", "138\u22121234\u22125678", "①③⑧①②③④⑤⑥⑦⑧"}) {
    CAPTURE(text);
    apply(customer, {person(kDay, {{"name", "李雷" + text}})}, event_source(2, kDay + 1h));
    CHECK(customer_json(customer, {"t", false, nullptr})["name"] == "李雷138****5678");
  }
  for (const std::string text :
       {"zhang＠example.com", "张三@example.com", "z@示例.中国", "zhang.san @corp.cn",
        "zhang.san@ corp.cn", "\"zhang san\"@corp.cn", "zhang.san@[1.2.3.4]", "o'zhang@corp.cn",
        "zhang/san@corp.cn"}) {
    CAPTURE(text);
    apply(customer, {person(kDay, {{"company.name", text}})}, event_source(3, kDay + 2h));
    const Json masked = customer_json(customer, {"t", false, nullptr})["company"]["name"];
    CHECK(masked.get<std::string>().find("***") != std::string::npos);
    CHECK(masked.get<std::string>().find("zhang") == std::string::npos);
    CHECK(masked.get<std::string>().find("张三") == std::string::npos);
  }
  const Json whole = customer_json(customer, {"t", true, nullptr});
  CHECK(whole["relations"][0]["remark"] == "李雷13911114444");
  CHECK(whole["attributes"]["wecom.profile.手机"] == "13911113333");
}

TEST_CASE("a date is shown, and a phone behind it is not") {
  const std::map<std::string, std::string> texts{
      {"2025-01-01 13800001234", "2025-01-01 138****1234"},
      {"生日 1990-05-06 138-0000-1234", "生日 1990-05-06 138****1234"},
      {"x 2024/12/01(13800001234)", "x 2024/12/01(138****1234)"},
      {"0755-26-889966", "075*****9966"},
      {"138/0000/1234", "138****1234"},
      {"since 2025-01-01", "since 2025-01-01"},
      {"2025-01-01 13:45:07", "2025-01-01 13:45:07"},
      {"2025-01-01T13:45:07.123Z", "2025-01-01T13:45:07.123Z"},
      {"13:45 138-0000-1234", "13:45 138****1234"},
      {"第3期, 5人", "第3期, 5人"}};
  for (const auto& [text, shown] : texts) {
    Customer customer = lei();
    apply(customer, {person(kDay, {{"name", text}})}, event_source(1, kDay));
    CHECK(customer_json(customer, {"t", false, nullptr})["name"] == shown);
  }
}

TEST_CASE("phones and e-mails are masked in tags, labels and states too") {
  Customer tagged = lei();
  apply(tagged,
        {relation("active", kDay,
                  {{"set",
                    {{"state", "李13911114444"},
                     {"tags", {{{"name", "t13911114444"}, {"group", "g li@secret.cn"}}}}}}}),
         person(kDay, {{"attributes.wecom.profile.n13911114444", "x"}})},
        event_source(1, kDay));
  const std::string hidden = customer_json(tagged, {"t", false, nullptr}).dump();
  CHECK(hidden.find("13911114444") == std::string::npos);
  CHECK(hidden.find("li@secret.cn") == std::string::npos);
  CHECK(customer_json(tagged, {"t", true, nullptr}).dump().find("t13911114444") !=
        std::string::npos);
}

TEST_CASE("a tag that the library has deleted is gone from the customer and from her relations") {
  Customer tagged = lei();
  const Json held{{{"id", "et1"}, {"name", "vip"}}, {{"id", "et2"}, {"name", "old"}}};
  apply(tagged, {relation("active", kDay, {{"set", {{"tags", held}}}})}, event_source(1, kDay));
  const TagNames names{{{"tag_id", "p.tag", kLei.scope, "et2", Side::tag}, {"", ""}},
                       {{"tag_id", "p.tag", kLei.scope, "et1", Side::tag}, {"grade", "gold"}}};
  const Json shown = customer_json(tagged, {"t", true, &names});
  CHECK(shown["relations"][0]["tags"] == Json{"et1"});
  REQUIRE(shown["tags"].size() == 1);
  CHECK(shown["tags"][0]["name"] == "gold");
}

TEST_CASE("of a phone so much is shown that a person knows it again, and no more") {
  CHECK(mask_phone("+8613800001234") == "+86138****1234");
  CHECK(mask_phone("+85291234567") == "+85*****4567");
  CHECK(mask_phone("+6591234567") == "+65****4567");
  CHECK(mask_phone("021123456") == "02*****56");
  CHECK(mask_phone("1234567") == "*******");
}
