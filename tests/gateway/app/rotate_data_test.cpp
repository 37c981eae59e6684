// guanxi keys rotate-data, as an operator runs it.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "gateway/app/command_line.h"
#include "gateway/store/rotation.h"
#include "models/json.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using models::Json;

namespace {

const std::string kOne(64, 'a');
const std::string kTwo(64, 'b');

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

class Installation {
 public:
  Installation() { configure(""); }

  // Further lines of [store].
  void configure(const std::string& more) const {
    std::ofstream(config()) << "[server]\npublic = \"127.0.0.1:0\"\nprivate = \"127.0.0.1:0\"\n"
                               "[store]\nurl = \""
                            << url() << "\"\n"
                            << more;
  }
  void configure_keys(const std::string& key, const std::string& previous) const {
    std::string text = "data_key = \"" + key + "\"\n";
    if (!previous.empty()) text += "previous_data_key = \"" + previous + "\"\n";
    configure(text);
  }
  Ran run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--config", config()});
    std::ostringstream out;
    std::ostringstream err;
    const int code = app::run(arguments, out, err);
    return {code, out.str(), err.str()};
  }
  // What check says of a setting; empty: nothing.
  std::string finding(const std::string& subject) const {
    std::string found;
    const Json findings = Json::parse(run({"check", "--json"}).out);
    for (const Json& row : findings) {
      if (row.at("subject") == subject) found = row.at("message").get<std::string>();
    }
    return found;
  }

  std::string url() const { return "sqlite:" + folder_.file("test.db"); }
  std::string key_file() const { return folder_.file("test.db.key"); }

 private:
  std::string config() const { return folder_.file("guanxi.toml"); }

  tests::TemporaryFolder folder_;
};

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("rotate-data replaces the key in the file, and says where the former one is") {
  const Installation site;
  REQUIRE(site.run({"migrate"}).code == 0);
  const std::string former = read(site.key_file());
  const Ran ran = site.run({"keys", "rotate-data"});
  CAPTURE(ran.err);
  CHECK(ran.code == 0);
  CHECK(says(ran.out, "the data key is now "));
  CHECK(says(ran.err, "Backups made until now need it"));
  CHECK(says(ran.err, site.key_file() + '.'));
  CHECK(read(site.key_file()) != former);

  const Json again = Json::parse(site.run({"keys", "rotate-data", "--json"}).out);
  CHECK(again.at("values") == 0);
  CHECK(again.at("from") != again.at("to"));
  CHECK(std::filesystem::exists(again.at("former_key_file").get<std::string>()));
  CHECK(site.run({"keys", "list"}).code == 0);
}

TEST_CASE("rotate-data changes from one configured key to another, and check says what is left") {
  const Installation site;
  site.configure_keys(kOne, "");
  REQUIRE(site.run({"migrate"}).code == 0);
  CHECK(site.finding("store.data_key").empty());
  const Ran none = site.run({"keys", "rotate-data"});
  CHECK(none.code == 1);
  CHECK(says(none.err, "store.previous_data_key"));

  site.configure_keys(kTwo, kOne);
  CHECK(says(site.finding("store.data_key"), "still sealed by the former key"));
  REQUIRE(store::open_rotation({site.url(), kTwo, 2, kOne})->begin(Time{}));
  CHECK(says(site.finding("store.data_key"), "is being replaced"));
  const Ran ran = site.run({"keys", "rotate-data"});
  CHECK(ran.code == 0);
  CHECK(says(ran.err, "which was interrupted"));
  CHECK(says(ran.err, "Remove store.previous_data_key"));
  CHECK(says(site.finding("store.previous_data_key"), "does not need"));
  CHECK(site.finding("store.data_key").empty());

  const Ran twice = site.run({"keys", "rotate-data", "--json"});
  CHECK(twice.code == 0);
  CHECK(Json::parse(twice.out).at("from").is_null());
  site.configure_keys(kTwo, "");
  CHECK(site.run({"keys", "list"}).code == 0);
  site.configure_keys(kOne, "");
  const Ran old = site.run({"keys", "list"});
  CHECK(old.code == 1);
  CHECK(says(old.err, "store.data_key is a former key"));
  CHECK(says(site.finding("store.url"), "store.data_key is a former key"));
}

TEST_CASE("a key before the one given is refused without the latter, at its line") {
  const Installation site;
  site.configure("previous_data_key = \"" + kOne + "\"\n");
  const Ran ran = site.run({"keys", "rotate-data"});
  CHECK(ran.code == 1);
  CHECK(says(ran.err, "guanxi.toml:4: store.previous_data_key"));
}
