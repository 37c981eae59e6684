#include "gateway/store/vault.h"

#include <doctest/doctest.h>

#include "gateway/store/sql/documents.h"
#include "gateway/store/store_url.h"

using namespace guanxi::store;

namespace {

const std::string kOne(32, '1');
const std::string kTwo(32, '2');

}  // namespace

TEST_CASE("what is sealed opens by the same key in the same place only") {
  const Vault vault(kOne);
  const std::string sealed = vault.seal("inbox.payload", "secret");
  CHECK(sealed.find("secret") == std::string::npos);
  CHECK(vault.open("inbox.payload", sealed) == "secret");
  CHECK(vault.seal("inbox.payload", "secret") != sealed);
  CHECK(!vault.open("fact.body", sealed));
  CHECK(!Vault(kTwo).open("inbox.payload", sealed));
  CHECK(Vault(kTwo).seal("inbox.payload", "").substr(0, 4) != sealed.substr(0, 4));
  CHECK(Vault(kOne).seal("fact.body", "").substr(0, 4) == sealed.substr(0, 4));
}

TEST_CASE("a sealed value that was changed or cut does not open") {
  const Vault vault(kOne);
  const std::string sealed = vault.seal("inbox.payload", "secret");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK(!vault.open("inbox.payload", changed));
    CHECK(!vault.open("inbox.payload", sealed.substr(0, i)));
  }
}

TEST_CASE("several keys open, and the first seals until another is to") {
  Vault vault(Vault::Keys{{kOne, kTwo}, Vault::index_key(kOne)});
  CHECK(vault.sealing_key() == Vault::id_of(kOne));
  CHECK(vault.open("inbox.payload", Vault(kTwo).seal("inbox.payload", "two")) == "two");
  CHECK(Vault(kOne).open("inbox.payload", vault.seal("inbox.payload", "one")) == "one");
  CHECK(vault.seal_by(Vault::id_of(kTwo)));
  CHECK(Vault(kTwo).open("inbox.payload", vault.seal("inbox.payload", "two")) == "two");
  CHECK(vault.hash("a", {"b"}) == Vault(kOne).hash("a", {"b"}));
  CHECK(!vault.seal_by(Vault::id_of(std::string(32, '3'))));
  CHECK(vault.sealing_key() == Vault::id_of(kTwo));
}

TEST_CASE("a key that is met and not at hand is asked for") {
  const std::string three(32, '3');
  bool is_there = false;
  const Vault vault(Vault::Keys{{kOne}, Vault::index_key(kOne), [&] {
                                  return is_there ? std::vector{three} : std::vector<std::string>{};
                                }});
  const std::string sealed = Vault(three).seal("inbox.payload", "three");
  CHECK(!vault.open("inbox.payload", sealed));
  is_there = true;
  CHECK(vault.open("inbox.payload", sealed) == "three");
  CHECK(vault.holds(Vault::id_of(three)));
  CHECK(vault.sealing_key() == Vault::id_of(kOne));
}

TEST_CASE("hashes depend on key, purpose, and each part") {
  const Vault vault(kOne);
  const auto hash = vault.hash("a", {"b", "c"});
  CHECK(hash == Vault(kOne).hash("a", {"b", "c"}));
  CHECK(hash != Vault(kTwo).hash("a", {"b", "c"}));
  CHECK(hash != vault.hash("a", {"bc", ""}));
  CHECK(hash != vault.hash("a", {"bc"}));
  CHECK(hash != vault.hash("b", {"a", "c"}));
}

TEST_CASE("a data key is 32 bytes in base64 or hex") {
  const std::string hex(64, 'a');
  CHECK(read_data_key(hex) == std::string(32, '\xaa'));
  CHECK(read_data_key(" " + hex + "\n") == std::string(32, '\xaa'));
  CHECK(read_data_key("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=") == std::string(32, '\xaa'));
  for (const char* wrong : {"", "short", "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo="}) {
    CHECK(!read_data_key(wrong));
  }
}

TEST_CASE("a URL names the store, with its password escaped") {
  const StoreUrl url = read_store_url("mysql://gua%40nxi:p%40ss%2F%3A@db.local:3307/crm?socket=/s");
  CHECK(url.scheme == "mysql");
  CHECK(url.user == "gua@nxi");
  CHECK(url.password == "p@ss/:");
  CHECK(url.host == "db.local");
  CHECK(url.port == 3307);
  CHECK(url.database == "crm");
  CHECK(url.option("socket") == "/s");
  CHECK(url.shown() == "db.local:3307/crm");
  CHECK(read_store_url("mysql://u@h/d").port == 3306);
  CHECK(read_store_url("mysql://u@[::1]:3307/d").host == "::1");
  CHECK(read_store_url("sqlite:/var/lib/guanxi.db").path == "/var/lib/guanxi.db");
}

TEST_CASE("a URL that names no store is refused without repeating its password") {
  for (const char* wrong :
       {"", "sqlite:", "sqlite::memory:", "sqlite:a?x=1", "postgres://u:hunter2@h/d",
        "mysql://u:hunter2@h", "mysql://u:hunter2@/d", "mysql://h/d", "mysql://u:hunter2@h:x/d",
        "mysql://u:hunter2%zz@h/d", "mysql://u:hunter2@h:70000/d", "mysql://u:hunter2@h/d?x=y"}) {
    CAPTURE(wrong);
    try {
      read_store_url(wrong);
      FAIL("accepted");
    } catch (const std::runtime_error& error) {
      CHECK(std::string_view(error.what()).starts_with("store.url: "));
      CHECK(std::string_view(error.what()).find("hunter2") == std::string_view::npos);
    }
  }
}

TEST_CASE("a text is clipped at a character") {
  CHECK(sql::clipped("abc", 3) == "abc");
  CHECK(sql::clipped("abc", 2) == "ab");
  CHECK(sql::clipped("a事", 3) == "a");
  CHECK(sql::clipped("a事", 4) == "a事");
  CHECK(sql::clipped("\x80\x80\x80", 2).empty());
}
