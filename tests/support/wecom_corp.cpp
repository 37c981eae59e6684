#include <algorithm>
#include <array>

#include "tests/support/wecom_world.h"
#include "tests/support/wecom_world_parts.h"

namespace guanxi::tests {
namespace {

using namespace world;

struct Staff {
  const char* id;
  const char* name;
  const char* position;
};
constexpr std::array<Staff, 5> kSampleStaff{{{"sales.li", "李示例", "客户经理"},
                                             {"sales.wang", "王示例", "客户经理"},
                                             {"sales.zhao", "赵示例", "销售"},
                                             {"sales.qian", "钱示例", "销售"},
                                             {"boss", "周总", "总经理"}}};

}  // namespace

std::vector<std::string> WecomWorld::staff_ids() const {
  std::vector<std::string> ids;
  for (const Staff& staff : kSampleStaff) ids.emplace_back(staff.id);
  for (int n = 1; n <= size_.staff; ++n) ids.push_back("sim.staff" + padded(n, 4));
  return ids;
}

Json WecomWorld::tag_list(const Json& parameters) const {
  const auto wanted = [&](const char* key, const std::string& id) {
    const auto it = parameters.find(key);
    return it == parameters.end() || it->empty() || std::ranges::find(*it, Json(id)) != it->end();
  };
  const bool by_group = parameters.contains("group_id") && !parameters.at("group_id").empty();
  Json groups = Json::array();
  for (const TagGroup& group : kTagGroups) {
    Json tags = Json::array();
    for (std::size_t i = 0; i < group.tags.size(); ++i)
      if (by_group || wanted("tag_id", group.tags[i].id))
        tags.push_back({{"id", group.tags[i].id},
                        {"name", group.tags[i].name},
                        {"create_time", kBegin},
                        {"order", group.tags.size() - i}});
    if (tags.empty() || !wanted("group_id", group.id)) continue;
    groups.push_back({{"group_id", group.id},
                      {"group_name", group.name},
                      {"create_time", kBegin},
                      {"order", 1},
                      {"tag", std::move(tags)}});
  }
  Json answer = ok();
  answer["tag_group"] = std::move(groups);
  return answer;
}

Json WecomWorld::group_list(const Json& parameters) const {
  Json list = Json::array({{{"chat_id", "wrDemoChat0001"}, {"status", 0}}});
  for (int n = 1; n <= size_.groups; ++n)
    list.push_back({{"chat_id", "wrSimChat" + padded(n, 4)}, {"status", 0}});
  const int limit = number(parameters, "limit", 0);
  if (limit < 1 || limit > 1000) return wecom_error(40058);
  std::string next;
  if (!cut_page(list, text(parameters, "cursor"), limit, next)) return wecom_error(50100);
  Json answer = ok();
  answer["group_chat_list"] = std::move(list);
  if (!next.empty()) answer["next_cursor"] = next;
  return answer;
}

Json WecomWorld::group_detail(const Json& parameters) const {
  const std::string id = text(parameters, "chat_id");
  const auto n = number_of(id);
  if (!n || !id.starts_with("wr")) return wecom_error(49008);
  const bool named = number(parameters, "need_name", 0) == 1;
  Json members = Json::array({{{"userid", "sales.li"},
                               {"type", 1},
                               {"join_time", kBegin + 100},
                               {"join_scene", 1},
                               {"invitor", {{"userid", "sales.li"}}},
                               {"group_nickname", ""}}});
  if (named) members[0]["name"] = kSampleStaff[0].name;
  for (std::int64_t i = *n; i < *n + 3; ++i) {
    const std::string customer =
        (is_sample(id) ? "wmDemoAAA" : "wmSim") + padded(i, is_sample(id) ? 4 : 6);
    const Json detail = describe(customer);
    if (detail.is_null()) continue;
    Json member{{"userid", customer},
                {"type", 2},
                {"join_time", kBegin + 110 + i},
                {"join_scene", 3},
                {"group_nickname", ""}};
    if (const auto& contact = detail.at("external_contact"); contact.contains("unionid"))
      member["unionid"] = contact.at("unionid");
    if (named) member["name"] = detail.at("external_contact").at("name");
    members.push_back(std::move(member));
  }
  Json answer = ok();
  answer["group_chat"] = {{"chat_id", id},
                          {"name", "示例群" + std::to_string(*n)},
                          {"owner", "sales.li"},
                          {"create_time", kBegin + 100},
                          {"notice", ""},
                          {"member_list", std::move(members)},
                          {"admin_list", {{{"userid", "sales.wang"}}}},
                          {"member_version", padded(3, 32)}};
  return answer;
}

Json WecomWorld::staff_detail(const Json& parameters) const {
  const std::string id = text(parameters, "userid");
  const auto ids = staff_ids();
  const auto at = std::ranges::find(ids, id) - ids.begin();
  if (at == std::ssize(ids)) return wecom_error(60111);
  const bool sample = at < std::ssize(kSampleStaff);
  const int department = id == "boss" ? 1 : static_cast<int>(2 + at % 2);
  Json answer = ok();
  answer.update(
      {{"userid", id},
       {"name", sample ? kSampleStaff[static_cast<std::size_t>(at)].name : person_name(at)},
       {"department", {department}},
       {"order", {0}},
       {"position", sample ? kSampleStaff[static_cast<std::size_t>(at)].position : "销售"},
       {"is_leader_in_dept", {id == "boss" ? 1 : 0}},
       {"direct_leader", id == "boss" ? Json::array() : Json::array({"boss"})},
       {"main_department", department},
       {"alias", ""},
       {"telephone", ""},
       {"extattr", {{"attrs", Json::array()}}},
       {"status", 1},
       {"external_position", ""}});
  return answer;
}

Json WecomWorld::staff_of_department(const Json& parameters) const {
  const int department = number(parameters, "department_id", 0);
  if (department < 1 || department > 3) return wecom_error(60123);
  Json list = Json::array();
  for (const std::string& id : staff_ids()) {
    const Json staff = staff_detail({{"userid", id}});
    if (staff.at("main_department") == department)
      list.push_back(
          {{"userid", id}, {"name", staff.at("name")}, {"department", staff.at("department")}});
  }
  Json answer = ok();
  answer["userlist"] = std::move(list);
  return answer;
}

Json WecomWorld::department_ids(const Json&) const {
  Json answer = ok();
  answer["department_id"] = {{{"id", 1}, {"parentid", 0}, {"order", 100000000}},
                             {{"id", 2}, {"parentid", 1}, {"order", 99999000}},
                             {{"id", 3}, {"parentid", 1}, {"order", 99998000}}};
  return answer;
}

Json WecomWorld::department_detail(const Json& parameters) const {
  static const std::array kNames{"示例公司", "销售一部", "销售二部"};
  const int id = number(parameters, "id", 0);
  if (id < 1 || id > std::ssize(kNames)) return wecom_error(60123);
  Json answer = ok();
  answer["department"] = {{"id", id},
                          {"name", kNames[static_cast<std::size_t>(id - 1)]},
                          {"name_en", ""},
                          {"department_leader", {"boss"}},
                          {"parentid", id == 1 ? 0 : 1},
                          {"order", 100000000 - id * 1000}};
  return answer;
}

Json WecomWorld::kf_messages(const Json& parameters) const {
  const std::string account = text(parameters, "open_kfid");
  if (account.empty()) return wecom_error(40058);
  const std::string customer = "wmDemoAAA0006";
  Json answer = ok();
  answer["next_cursor"] = "KCUR_2";
  answer["has_more"] = 0;
  answer["msg_list"] = Json::array();
  if (text(parameters, "cursor") == "KCUR_2") return answer;
  answer["msg_list"] = {{{"msgid", "kfm2"},
                         {"send_time", kBegin + 490},
                         {"origin", 4},
                         {"msgtype", "event"},
                         {"event",
                          {{"event_type", "enter_session"},
                           {"open_kfid", account},
                           {"external_userid", customer},
                           {"scene", "web"},
                           {"scene_param", "p1"},
                           {"welcome_code", "WCK1"}}}},
                        {{"msgid", "kfm1"},
                         {"open_kfid", account},
                         {"external_userid", customer},
                         {"send_time", kBegin + 500},
                         {"origin", 3},
                         {"msgtype", "text"},
                         {"text", {{"content", "在吗"}, {"menu_id", "101"}}}}};
  return answer;
}

Json WecomWorld::acquisition_chat(const Json& parameters) const {
  if (text(parameters, "chat_key").empty()) return wecom_error(40058);
  Json answer = ok();
  answer.update(
      {{"userid", "sales.li"},
       {"external_userid", "wmDemoAAA0005"},
       {"chat_info", {{"recv_msg_cnt", 3}, {"link_id", "cawDemoLink01"}, {"state", "ad42"}}}});
  return answer;
}

}  // namespace guanxi::tests
