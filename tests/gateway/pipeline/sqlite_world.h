// A PipelineWorld over a SQLite store of its own, and what WeCom says in it.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/json.h"
#include "tests/support/pipeline_world.h"
#include "tests/support/temporary_folder.h"

namespace guanxi::tests {

struct SqliteWorld {
  explicit SqliteWorld(std::size_t batch_rows = 256) {
    store = store::open_store({"sqlite:" + folder.file("guanxi.db"), {}, 2});
    REQUIRE(store->migrate());
    world = std::make_unique<PipelineWorld>(*store, "", batch_rows);
  }
  PipelineWorld* operator->() { return world.get(); }

  TemporaryFolder folder;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<PipelineWorld> world;
};

inline constexpr std::int64_t kDay = 1'735'689'600;

inline Json contact_answer(const std::string& external_userid,
                           const std::vector<std::string>& staff, const std::string& unionid = {}) {
  Json follow = Json::array();
  for (const std::string& userid : staff) {
    follow.push_back(
        {{"userid", userid},
         {"remark", "展会客户"},
         {"createtime", kDay},
         {"tags", {{{"group_name", "等级"}, {"tag_name", "重要"}, {"tag_id", "et1"}, {"type", 1}}}},
         {"remark_mobiles", {"13800001234"}},
         {"add_way", 1},
         {"state", "expo"}});
  }
  Json contact = {
      {"external_userid", external_userid}, {"name", "李雷"}, {"type", 1}, {"gender", 1}};
  if (!unionid.empty()) contact["unionid"] = unionid;
  return {{"errcode", 0}, {"errmsg", "ok"}, {"external_contact", contact}, {"follow_user", follow}};
}

}  // namespace guanxi::tests
