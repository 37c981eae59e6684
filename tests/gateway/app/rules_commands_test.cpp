// The commands about versions of rules, as an operator gives them.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "gateway/app/command_line.h"
#include "models/json.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using namespace guanxi::tests;
using models::Json;

namespace {

class Operator {
 public:
  Operator() {
    std::ofstream(folder_.file("guanxi.toml"))
        << "[store]\nurl = \"sqlite:" << folder_.file("test.db") << "\"\n"
        << "[[channel]]\nid = \"one\"\nplatform = \"kuaishou\"\napp_id = \"ks1\"\n"
        << "app_secret = \"secret-of-one-1\"\n"
        << "[[channel]]\nid = \"two\"\nplatform = \"kuaishou\"\napp_id = \"ks2\"\n"
        << "app_secret = \"secret-of-two-2\"\nrules = \"2022-05-18\"\n";
  }

  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--config", folder_.file("guanxi.toml")});
    std::ostringstream out;
    std::ostringstream err;
    const int code = app::run(arguments, out, err);
    output = out.str();
    said = err.str();
    return code;
  }

  // By which version the channels read, as `rules list` shows it.
  std::string versions() {
    REQUIRE(run({"rules", "list", "--json"}) == 0);
    std::string all;
    for (const Json& row : Json::parse(output)) {
      for (const Json& channel : row.at("in_force_for")) {
        all += channel.get<std::string>() + ' ' + row.at("version").get<std::string>() + "; ";
      }
    }
    return all;
  }

  std::string output;
  std::string said;

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("a version is put in force and taken back, and a pin wins over it") {
  Operator op;
  const std::string pinned = "two (pinned) 2022-05-18; ";
  CHECK(op.versions() == pinned + "one 2026-03-17; ");
  CHECK(op.run({"rules", "activate", "kuaishou", "2025-06-10"}) == 0);
  CHECK(op.said.find("Channel 'two' is pinned to 2022-05-18") != std::string::npos);
  CHECK(op.versions() == pinned + "one (activated) 2025-06-10; ");
  CHECK(op.run({"rules", "activate", "kuaishou", "2021-06-01", "--channel", "one"}) == 0);
  CHECK(op.versions() == "one (activated) 2021-06-01; " + pinned);
  CHECK(op.run({"rules", "activate", "kuaishou", "--undo", "--channel", "one"}) == 0);
  CHECK(op.versions() == pinned + "one (activated) 2025-06-10; ");
  CHECK(op.run({"rules", "activate", "kuaishou", "--undo"}) == 0);
  CHECK(op.versions() == pinned + "one 2026-03-17; ");
  CHECK(op.run({"rules", "activate", "kuaishou", "--undo"}) == 1);
  CHECK(op.said.find("nothing is activated") != std::string::npos);
}

TEST_CASE("what is no version, platform or channel is refused with what is near") {
  Operator op;
  CHECK(op.run({"rules", "activate", "kuaishuo", "2025-06-10"}) == 1);
  CHECK(op.said.find("did you mean 'kuaishou'?") != std::string::npos);
  CHECK(op.run({"rules", "activate", "kuaishou", "2025-06-11"}) == 1);
  CHECK(op.said.find("did you mean '2025-06-10'?") != std::string::npos);
  CHECK(op.run({"rules", "activate", "wechat", "2018-04-09", "--channel", "one"}) == 1);
  CHECK(op.said.find("is of kuaishou, not of wechat") != std::string::npos);
  CHECK(op.run({"rules", "activate", "kuaishou"}) == 2);
  CHECK(op.run({"rules", "activate", "kuaishou", "2025-06-10", "--undo"}) == 2);
  CHECK(op.run({"rules", "diff", "kuaishou", "2025-06-10"}) == 2);
  CHECK(op.run({"rules", "diff", "kuaishou/2025-06-10", "kuaishou/2025-06-11"}) == 1);
}

TEST_CASE("two packs differ by what the later one states") {
  Operator op;
  CHECK(op.run({"rules", "diff", "kuaishou/2022-05-18", "kuaishou/2022-05-18"}) == 0);
  CHECK(op.output == "no difference\n");
  CHECK(op.run({"rules", "diff", "kuaishou/2021-07-08", "kuaishou/2022-05-18"}) == 0);
  CHECK(op.output.find("buyerOpenId") != std::string::npos);
  CHECK(op.run({"rules", "diff", "kuaishou/2021-07-08", "kuaishou/2022-05-18", "--json"}) == 0);
  CHECK(Json::parse(op.output).is_array());
}

TEST_CASE("a version reads along until it is stopped") {
  Operator op;
  CHECK(op.versions() != "");  // registers the channels
  CHECK(op.run({"rules", "shadow", "kuaishou"}) == 0);
  CHECK(op.output == "no version of kuaishou reads along\n");
  CHECK(op.run({"rules", "shadow", "kuaishou", "2021-06-01", "--channel", "one"}) == 0);
  CHECK(op.run({"rules", "shadow", "kuaishou", "--json"}) == 0);
  const Json reports = Json::parse(op.output);
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].at("channel") == "one");
  CHECK(reports[0].at("version") == "2021-06-01");
  CHECK(reports[0].at("rows") == 0);
  CHECK(op.run({"rules", "shadow", "kuaishou", "--stop", "--channel", "one"}) == 0);
  CHECK(op.run({"rules", "shadow", "kuaishou"}) == 0);
  CHECK(op.output == "no version of kuaishou reads along\n");
}

TEST_CASE("a new pack begins behind the one before its day, and says nothing yet") {
  Operator op;
  CHECK(op.run({"rules", "drift"}) == 0);
  CHECK(op.output == "no drift: the versions in force know all that came\n");
  CHECK(op.run({"rules", "new", "kuaishou", "2026-11-01"}) == 0);
  CHECK(Json::parse(op.output).at("extends") == "2026-03-17");
  CHECK(op.run({"rules", "new", "kuaishou", "2025-01-01"}) == 0);
  CHECK(Json::parse(op.output).at("extends") == "2022-05-18");
  CHECK(op.run({"rules", "new", "kuaishou", "2025-06-10"}) == 1);
  CHECK(op.run({"rules", "new", "kuaishou", "2020-01-01"}) == 1);
  CHECK(op.run({"rules", "new", "kuaishou", "soon"}) == 2);
}
