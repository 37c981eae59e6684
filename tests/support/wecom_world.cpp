#include "tests/support/wecom_world.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace guanxi::tests {
namespace {

constexpr std::int64_t kBegin = 1735689600;  // the fact sheet's first sample: 2025-01-01 in UTC

constexpr std::array kSurnames{"李", "王", "张", "刘", "陈", "杨",  "赵",
                               "黄", "周", "吴", "徐", "孙", "欧阳"};
constexpr std::array kGivenNames{"伟", "芳",   "娜",   "秀英", "敏",   "静",   "丽",  "强",
                                 "磊", "晓明", "思远", "子涵", "雨桐", "浩然", "梓萱"};
constexpr std::array kCompanies{"云启科技", "华南贸易", "东方制造", "青禾教育", "海川物流"};
constexpr std::array kStates{"expo2025", "miniapp7", "ad42", "", "customer_channel"};
constexpr std::array kAddWays{1, 1, 1, 16, 2, 3, 4, 10, 201, 13, 24};

struct Tag {
  const char* id;
  const char* name;
};
struct TagGroup {
  const char* id;
  const char* name;
  std::array<Tag, 3> tags;
};
constexpr std::array<TagGroup, 3> kTagGroups{{
    {"etDemoGroup01",
     "来源",
     {{{"etDemoTag001", "展会"}, {"etDemoTag002", "直播"}, {"etDemoTag003", "转介绍"}}}},
    {"etDemoGroup02",
     "客户等级",
     {{{"etDemoTag004", "重要"}, {"etDemoTag005", "一般"}, {"etDemoTag006", "潜在"}}}},
    {"etDemoGroup03",
     "意向",
     {{{"etDemoTag007", "已报价"}, {"etDemoTag008", "已成交"}, {"etDemoTag009", "已流失"}}}},
}};

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

template <std::size_t N, typename T>
const T& pick(const std::array<T, N>& from, std::int64_t n) {
  return from[static_cast<std::size_t>(n) % N];
}

std::string person_name(std::int64_t n) {
  return std::string(pick(kSurnames, n * 7)) + pick(kGivenNames, n * 11 + n / 13);
}

// The number an id ends in; nothing unless four digits or more end it.
std::optional<std::int64_t> number_of(const std::string& id) {
  const auto letters = id.find_last_not_of("0123456789");
  const auto begin = letters == std::string::npos ? 0 : letters + 1;
  if (id.size() - begin < 4 || id.size() - begin > 8) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(id.data() + begin, id.data() + id.size(), number);
  return number;
}

std::string padded(std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

bool is_sample(const std::string& id) { return id.find("Demo") != std::string::npos; }

std::string text(const Json& parameters, const char* name) {
  const auto it = parameters.find(name);
  if (it == parameters.end()) return {};
  return it->is_string() ? it->get<std::string>() : it->dump();
}

int number(const Json& parameters, const char* name, int otherwise) {
  const auto it = parameters.find(name);
  if (it == parameters.end()) return otherwise;
  if (it->is_number_integer()) return it->get<int>();
  int value = otherwise;
  const std::string digits = text(parameters, name);
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Json ok() { return {{"errcode", 0}, {"errmsg", "ok"}}; }

// One page of `items` after `cursor` (ours: "CUR_<offset>"); false when the cursor is not one of
// ours.
bool cut_page(Json& items, const std::string& cursor, int limit, std::string& next) {
  std::size_t offset = 0;
  if (!cursor.empty()) {
    const auto end = cursor.data() + cursor.size();
    if (!cursor.starts_with("CUR_")) return false;
    if (std::from_chars(cursor.data() + 4, end, offset).ptr != end) return false;
  }
  const std::size_t size = static_cast<std::size_t>(std::max(limit, 1));
  if (offset > items.size()) return false;
  const std::size_t stop = std::min(offset + size, items.size());
  Json page = Json::array();
  for (std::size_t i = offset; i < stop; ++i) page.push_back(items[i]);
  next = stop < items.size() ? "CUR_" + std::to_string(stop) : "";
  items = std::move(page);
  return true;
}

Json tag_json(const TagGroup& group, const Tag& tag) {
  return {{"group_name", group.name}, {"tag_name", tag.name}, {"tag_id", tag.id}, {"type", 1}};
}

Json tags_of(std::int64_t n) {
  Json tags = Json::array();
  tags.push_back(tag_json(kTagGroups[0], pick(kTagGroups[0].tags, n + 2)));
  if (n % 2 == 0) tags.push_back(tag_json(kTagGroups[1], pick(kTagGroups[1].tags, n / 2)));
  if (n % 3 == 1) tags.push_back({{"group_name", "我的"}, {"tag_name", "重点"}, {"type", 2}});
  return tags;
}

std::string mobile_of(const std::string& id, std::int64_t n) {
  return std::to_string((is_sample(id) ? 13800000000 : 13800010000) + n);
}

Json follow_of(const std::string& id, std::int64_t n, const std::string& userid, bool first) {
  const int add_way = first && n == 1 && is_sample(id) ? 10 : pick(kAddWays, n);
  Json follow{{"userid", userid},
              {"remark", person_name(n) + (first ? "·展会客户" : "")},
              {"description", n % 4 == 0 ? "对年度方案感兴趣，下周回访" : ""},
              {"createtime", kBegin + n * 60 + (first ? 0 : 3600)},
              {"tags", first ? tags_of(n) : Json::array()},
              {"remark_mobiles", first ? Json::array({mobile_of(id, n)}) : Json::array()},
              {"oper_userid", id},
              {"add_way", add_way},
              {"state", first ? pick(kStates, n - 1) : ""}};
  if (id.starts_with("wm")) follow["remark_corp_name"] = pick(kCompanies, n);
  if (add_way == 10) follow["wechat_channels"] = {{"nickname", "示例视频号"}, {"source", 1}};
  return follow;
}

Json profile_of_colleague() {
  return {{"external_attr",
           {{{"type", 0}, {"name", "区域"}, {"text", {{"value", "华南"}}}},
            {{"type", 1},
             {"name", "官网"},
             {"web", {{"url", "https://example.com"}, {"title", "官网"}}}},
            {{"type", 2},
             {"name", "小程序"},
             {"miniprogram",
              {{"appid", "wxdemoappid000009"}, {"pagepath", "/index"}, {"title", "示例"}}}}}}};
}

}  // namespace

Json wecom_error(int errcode) {
  static const std::map<int, const char*> kMessages{{-1, "system busy"},
                                                    {40001, "invalid credential"},
                                                    {40003, "invalid userid"},
                                                    {40013, "invalid corpid"},
                                                    {40014, "invalid access_token"},
                                                    {40058, "invalid request parameter"},
                                                    {40096, "invalid external userid"},
                                                    {41001, "access_token missing"},
                                                    {42001, "access_token expired"},
                                                    {45009, "api freq out of limit"},
                                                    {48002, "api forbidden"},
                                                    {49008, "group chat not exist"},
                                                    {50100, "invalid cursor"},
                                                    {60011, "no privilege to access/modify"},
                                                    {60020, "not allow to access from your ip"},
                                                    {60111, "userid not found"},
                                                    {60123, "invalid party id"},
                                                    {84061, "not external contact"}};
  const auto it = kMessages.find(errcode);
  const std::string words = it == kMessages.end() ? "error" : it->second;
  return {{"errcode", errcode},
          {"errmsg", words +
                         ", hint: [1735689600123456789012345], from ip: 127.0.0.1, more info at "
                         "https://open.work.weixin.qq.com/devtool/query?e=" +
                         std::to_string(errcode)}};
}

WecomWorld::WecomWorld(WecomWorldSize size) : size_(std::move(size)) {}

void WecomWorld::put_customer(const Json& detail) {
  customers_[detail.at("external_contact").at("external_userid").get<std::string>()] = detail;
}

void WecomWorld::remove_customer(const std::string& external_userid) {
  customers_[external_userid] = nullptr;
}

std::vector<std::string> WecomWorld::staff_ids() const {
  std::vector<std::string> ids;
  for (const Staff& staff : kSampleStaff) ids.emplace_back(staff.id);
  for (int n = 1; n <= size_.staff; ++n) ids.push_back("sim.staff" + padded(n, 4));
  return ids;
}

std::vector<std::string> WecomWorld::customers_of(const std::string& userid) const {
  std::vector<std::string> ids;
  if (userid == "sales.li")
    for (int n = 1; n <= 8; ++n) ids.push_back("wmDemoAAA" + padded(n, 4));
  const auto n = userid.starts_with("sim.staff") ? number_of(userid) : std::nullopt;
  if (n && *n >= 1 && *n <= size_.staff)
    for (std::int64_t i = *n; i <= size_.customers; i += size_.staff)
      ids.push_back("wmSim" + padded(i, 6));
  std::erase_if(ids, [&](const std::string& id) {
    const auto it = customers_.find(id);
    return it != customers_.end() && it->second.is_null();
  });
  return ids;
}

Json WecomWorld::describe(const std::string& id) const {
  if (const auto it = customers_.find(id); it != customers_.end()) return it->second;
  const auto n = number_of(id);
  const bool colleague = id.starts_with("wo");
  if (!n || (!colleague && !id.starts_with("wm"))) return nullptr;
  Json contact{{"external_userid", id},
               {"name", person_name(*n)},
               {"avatar", size_.avatar_base + "/" + id + "/0"},
               {"type", colleague ? 2 : 1},
               {"gender", *n % 3}};
  if (colleague) {
    contact["position"] = "经理";
    contact["corp_name"] = pick(kCompanies, *n);
    contact["corp_full_name"] = std::string("深圳市") + pick(kCompanies, *n) + "有限公司";
    contact["external_profile"] = profile_of_colleague();
  } else {
    contact["unionid"] =
        (is_sample(id) ? "oDemoUnion" : "oSimUnion") + padded(*n, is_sample(id) ? 4 : 6);
  }
  Json follows = Json::array();
  const std::string first = is_sample(id) || size_.staff < 1
                                ? "sales.li"
                                : "sim.staff" + padded((*n - 1) % size_.staff + 1, 4);
  follows.push_back(follow_of(id, *n, first, true));
  if (*n % 3 == 0) follows.push_back(follow_of(id, *n, "sales.wang", false));
  return {{"external_contact", std::move(contact)}, {"follow_user", std::move(follows)}};
}

Json WecomWorld::follow_user_list(const Json&) const {
  Json answer = ok();
  answer["follow_user"] = staff_ids();
  return answer;
}

Json WecomWorld::customer_list(const Json& parameters) const {
  const auto ids = customers_of(text(parameters, "userid"));
  if (ids.empty()) return wecom_error(84061);
  Json answer = ok();
  answer["external_userid"] = ids;
  return answer;
}

Json WecomWorld::customer_detail(const Json& parameters) const {
  const std::string id = text(parameters, "external_userid");
  if (!number_of(id) && !customers_.contains(id)) return wecom_error(40096);
  Json detail = describe(id);
  if (detail.is_null()) return wecom_error(84061);
  std::string next;
  if (!cut_page(detail["follow_user"], text(parameters, "cursor"), size_.follower_page, next))
    return wecom_error(50100);
  Json answer = ok();
  answer.update(detail);
  if (!next.empty()) answer["next_cursor"] = next;
  return answer;
}

Json WecomWorld::customers_of_staff(const Json& parameters) const {
  Json list = Json::array();
  for (const Json& userid : parameters.value("userid_list", Json::array())) {
    for (const std::string& id : customers_of(userid.get<std::string>())) {
      const Json detail = describe(id);
      for (Json follow : detail.at("follow_user")) {
        if (follow.at("userid") != userid) continue;
        Json tag_ids = Json::array();
        for (const Json& tag : follow.value("tags", Json::array()))
          if (tag.contains("tag_id")) tag_ids.push_back(tag.at("tag_id"));
        follow.erase("tags");
        follow["tag_id"] = std::move(tag_ids);
        list.push_back(
            {{"external_contact", detail.at("external_contact")}, {"follow_info", follow}});
      }
    }
  }
  std::string next;
  const int limit = std::min(number(parameters, "limit", 50), 100);
  if (!cut_page(list, text(parameters, "cursor"), limit, next)) return wecom_error(50100);
  Json answer = ok();
  answer["external_contact_list"] = std::move(list);
  answer["next_cursor"] = next;
  answer["fail_info"] = {{"unlicensed_userid_list", Json::array()}};
  return answer;
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
