#include "tests/support/wecom_world_parts.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace guanxi::tests {
namespace world {
namespace {

constexpr std::array kSurnames{"李", "王", "张", "刘", "陈", "杨",  "赵",
                               "黄", "周", "吴", "徐", "孙", "欧阳"};
constexpr std::array kGivenNames{"伟", "芳",   "娜",   "秀英", "敏",   "静",   "丽",  "强",
                                 "磊", "晓明", "思远", "子涵", "雨桐", "浩然", "梓萱"};

}  // namespace

const std::array<TagGroup, 3> kTagGroups{{
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

std::string person_name(std::int64_t n) {
  return std::string(pick(kSurnames, n * 7)) + pick(kGivenNames, n * 11 + n / 13);
}

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

}  // namespace world

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

}  // namespace guanxi::tests
