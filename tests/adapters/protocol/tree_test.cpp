#include <random>

#include "adapters/protocol/encoding.h"
#include "adapters/protocol/xml.h"
#include "tests/adapters/protocol/cases.h"

using namespace guanxi;
using namespace guanxi::adapters::protocol;

namespace {

std::string tree_text(std::string_view format, std::string_view bytes) {
  const auto tree = parse_tree(format, bytes);
  return tree ? tree->dump() : "refused";
}

std::string nested(const std::string& open, const std::string& close, int depth) {
  std::string out;
  for (int i = 0; i < depth; ++i) out += open;
  for (int i = 0; i < depth; ++i) out += close;
  return out;
}

}  // namespace

TEST_CASE("XML becomes a tree: leaves text, repeated siblings lists, the root's name dropped") {
  const auto xml = [](std::string_view bytes) { return tree_text("xml", bytes); };
  CHECK(xml("<xml><A><![CDATA[x]]></A><B>1</B><C></C><D/></xml>") ==
        R"({"A":"x","B":"1","C":"","D":""})");
  CHECK(xml("<xml><L><I>1</I><I>2</I></L><L2><I>1</I></L2></xml>") ==
        R"({"L":{"I":["1","2"]},"L2":{"I":"1"}})");
  CHECK(xml("<xml><I>1</I><X>0</X><I><A>2</A></I><I/></xml>") ==
        R"({"I":["1",{"A":"2"},""],"X":"0"})");
  CHECK(xml("\n<?xml version=\"1.0\"?>\n<!-- c --><xml a=\"1\">\n <A> x\n</A> </xml>\n") ==
        R"({"A":" x\n"})");
  CHECK(xml("<xml><A> </A><B>\n<![CDATA[ y ]]>\n</B></xml>") == R"({"A":" ","B":" y "})");
  CHECK(xml("<xml><A>a<![CDATA[<b>]]>&amp;&lt;&#20320;</A></xml>") ==
        "{\"A\":\"a<b>&<\xE4\xBD\xA0\"}");
  CHECK(xml("<xml/>") == "{}");
  CHECK(xml("<xml></xml>") == "{}");
}

TEST_CASE("XML that is more or less than one plain document is refused") {
  for (const char* bytes : {"",
                            " ",
                            "x",
                            "<",
                            "<xml>",
                            "<xml></xm>",
                            "<xml><a></xml></a>",
                            "<xml></xml>x",
                            "<xml></xml><xml></xml>",
                            "x<xml></xml>",
                            "<xml></xml>\x80",
                            "<!DOCTYPE xml><xml></xml>",
                            "<!DOCTYPE x [<!ENTITY e \"v\">]><x>&e;</x>",
                            "<?php x?><xml></xml>",
                            "<xml><?pi?><a>1</a></xml>",
                            "<xml>t<a>1</a></xml>",
                            "<xml><a>1</a>t</xml>",
                            "<xml><a>\xff</a></xml>",
                            "<xml><a>&#xD800;</a></xml>",
                            "<xml><a><![CDATA[x]]</a></xml>",
                            "<!DOCTYPE l [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>"}) {
    CHECK_MESSAGE(tree_text("xml", bytes) == "refused", std::string(bytes));
  }
  CHECK(tree_text("xml", std::string_view("<xml></xml>\0<xml>", 17)) == "refused");
  CHECK(tree_text("xml", "<r>" + nested("<a>", "</a>", 32) + "</r>") != "refused");
  CHECK(tree_text("xml", "<r>" + nested("<a>", "</a>", 33) + "</r>") == "refused");
  CHECK(tree_text("xml", nested("<a>", "</a>", 60'000)) == "refused");
  std::string many = "<xml>";
  for (int i = 0; i < 100'001; ++i) many += "<a/>";
  CHECK(tree_text("xml", many + "</xml>") == "refused");
}

TEST_CASE("the quick XML reader agrees with the general one on everything it takes") {
  std::mt19937 random(7);
  const std::vector<std::string> words{"<xml>",    "</xml>",
                                       "<a>",      "</a>",
                                       "<b>",      "</b>",
                                       "<a/>",     " ",
                                       "\n",       "x",
                                       "&amp;",    "<![CDATA[",
                                       "]]>",      "<![CDATA[y]]>",
                                       "<a>1</a>", "<b><![CDATA[]]></b>",
                                       "<!--c-->", "]]",
                                       "<a >",     "\xE4\xBD\xA0",
                                       "<",        ">",
                                       "<?p?>",    "\r\n"};
  int taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = "<xml>";
    for (auto n = random() % 9; n > 0; --n) text += words[random() % words.size()];
    if (random() % 8 != 0) text += "</xml>";
    std::vector<XmlNode> quick;
    if (!scan_plain_xml(text, quick)) continue;
    ++taken;
    std::string buffer = text + "\n";
    std::vector<XmlNode> general;
    std::forward_list<std::string> joined;
    REQUIRE_MESSAGE(parse_general_xml(buffer, general, joined), text);
    REQUIRE(quick.size() == general.size());
    for (std::size_t n = 0; n < quick.size(); ++n) {
      REQUIRE_MESSAGE(
          (quick[n].name == general[n].name && quick[n].text == general[n].text &&
           quick[n].first_child == general[n].first_child && quick[n].next == general[n].next),
          text);
    }
  }
  CHECK(taken > 5'000);
}

TEST_CASE("JSON is read strictly and without loss") {
  const auto json = [](std::string_view bytes) { return tree_text("json", bytes); };
  CHECK(json(R"( {"a":[1,-2,1.5,true,null,"x"],"b":{}} )") ==
        R"({"a":[1,-2,1.5,true,null,"x"],"b":{}})");
  CHECK(json(R"({"id":9223372036854775807,"u":18446744073709551615})") ==
        R"({"id":9223372036854775807,"u":18446744073709551615})");
  CHECK(json(R"({"id":18446744073709551616,"n":-9223372036854775809})") ==
        R"({"id":"18446744073709551616","n":"-9223372036854775809"})");
  for (const char* bytes :
       {"", "{", "{}x", "{}{}", R"({"a":1,"a":2})", R"([{"a":{"b":1,"b":1}}])", "{'a':1}", "[1,]",
        "// c\n{}", "{} \x80", "\"\xff\"", "nul", "01", "[1e999]"}) {
    CHECK_MESSAGE(json(bytes) == "refused", std::string(bytes));
  }
  CHECK(json(nested("[", "]", 32)) != "refused");
  CHECK(json(nested("[", "]", 33)) == "refused");
  CHECK(json(std::string(1'000'000, '[')) == "refused");
}

TEST_CASE("forms and plain bytes become trees of text") {
  CHECK(tree_text("form", "a=1&b=x+y%2B&c=&d") == R"({"a":"1","b":"x y+","c":"","d":""})");
  CHECK(tree_text("form", "a=1&a=2") == "refused");
  CHECK(tree_text("form", "a=%zz") == "refused");
  CHECK(tree_text("form", "a=%ff") == "refused");
  CHECK(tree_text("bytes", "hello") == R"("hello")");
  CHECK(tree_text("bytes", "\xff") == "refused");
  CHECK(parse_tree("yaml", "a: 1").error().code == ErrorCode::unsupported);
}

TEST_CASE("a rendered tree reads back as it was, with text for numbers in XML") {
  const Json tree = Json::parse(R"({"A":"x]]>y","B":"","L":{"I":["1",{"C":"你"}]}})");
  CHECK(parse_tree("xml", *render_tree("xml", tree)).value() == tree);
  CHECK(parse_tree("json", *render_tree("json", tree)).value() == tree);
  CHECK(*render_tree("xml", Json::parse(R"({"T":12,"F":true,"N":null})")) ==
        "<xml><F>true</F><N></N><T>12</T></xml>");
  for (const char* text :
       {R"({"a b":"x"})", R"({"":"x"})", R"({"1":"x"})", R"([1])", R"({"a":[[1]]})", "\"x\""}) {
    CHECK(render_tree("xml", Json::parse(text)).error().code == ErrorCode::unsupported);
  }
  CHECK(render_tree("form", tree).error().code == ErrorCode::unsupported);
}

TEST_CASE("base64 in a query is repaired as its sender meant it") {
  CHECK(repair_base64("ab+/") == "ab+/");
  CHECK(repair_base64("ab /") == "ab+/");
  CHECK(repair_base64("\r\nab /\r\n") == "ab+/");
  CHECK(repair_base64(" ab+/ ") == "ab+/");
  CHECK(repair_base64(" ab ") == "+ab+");
  CHECK(escape_non_ascii("aé你😀").value() == "a\\u00e9\\u4f60\\ud83d\\ude00");
  CHECK_FALSE(escape_non_ascii("\xc0\x80").has_value());
}
