#include "tests/support/wecom_world.h"

#include <algorithm>
#include <array>

#include "tests/support/wecom_world_parts.h"

namespace guanxi::tests {
namespace {

using namespace world;

constexpr std::array kCompanies{"云启科技", "华南贸易", "东方制造", "青禾教育", "海川物流"};
constexpr std::array kStates{"expo2025", "miniapp7", "ad42", "", "customer_channel"};
constexpr std::array kAddWays{1, 1, 1, 16, 2, 3, 4, 10, 201, 13, 24};

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

// Colleagues' numbers and names are none of the customers' of the same number.
std::string mobile_of(const std::string& id, std::int64_t n) {
  const bool colleague = id.starts_with("wo");
  return std::to_string((is_sample(id) ? 13800000000 : 13800010000) + (colleague ? 5000 : 0) + n);
}

std::string name_of(const std::string& id, std::int64_t n) {
  return person_name(id.starts_with("wo") ? n + 4 : n);
}

Json follow_of(const std::string& id, std::int64_t n, const std::string& userid, bool first) {
  const int add_way = first && n == 1 && is_sample(id) ? 10 : pick(kAddWays, n);
  Json follow{{"userid", userid},
              {"remark", name_of(id, n) + (first ? "·展会客户" : "")},
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

WecomWorld::WecomWorld(WecomWorldSize size) : size_(std::move(size)) {}

void WecomWorld::put_customer(const Json& detail) {
  customers_[detail.at("external_contact").at("external_userid").get<std::string>()] = detail;
}

void WecomWorld::remove_customer(const std::string& external_userid) {
  customers_[external_userid] = nullptr;
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
               {"name", name_of(id, *n)},
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

}  // namespace guanxi::tests
