// A made-up corp for the WeCom simulator: staff, customers, tags, groups and departments, derived
// from their ids alone, so that any number of them exists without being stored, and always the
// same.
//
// Customers: an id wm… (WeChat user) or wo… (WeCom user) that ends in four digits or more exists:
// wmDemoAAA0001 as the fact sheet's samples name them, wmSim000001 to wmSim<customers> when listed.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace guanxi::tests {

using Json = nlohmann::json;

struct WecomWorldSize {
  int staff = 20;        // besides the samples': sales.li, sales.wang, sales.zhao, sales.qian, boss
  int customers = 1000;  // wmSim…, dealt out to the staff; the samples' belong to sales.li
  int groups = 10;       // besides wrDemoChat0001
  int follower_page = 500;
  std::string avatar_base = "https://wework.example.com/avatar";
};

// Answers as WeCom's API gives them, errcode included. Not thread-safe.
class WecomWorld {
 public:
  explicit WecomWorld(WecomWorldSize size);

  WecomWorldSize& size() { return size_; }
  // From now on `detail` ({"external_contact", "follow_user"}) is what the API says of that
  // customer.
  void put_customer(const Json& detail);
  // The API answers 84061 from now on.
  void remove_customer(const std::string& external_userid);

  // Each takes the call's parameters: those of the query (as strings) and of the body, in one
  // object.
  Json follow_user_list(const Json& parameters) const;
  Json customer_list(const Json& parameters) const;
  Json customer_detail(const Json& parameters) const;
  Json customers_of_staff(const Json& parameters) const;  // batch/get_by_user
  Json tag_list(const Json& parameters) const;
  Json group_list(const Json& parameters) const;
  Json group_detail(const Json& parameters) const;
  Json staff_detail(const Json& parameters) const;
  Json staff_of_department(const Json& parameters) const;
  Json department_ids(const Json& parameters) const;
  Json department_detail(const Json& parameters) const;
  Json kf_messages(const Json& parameters) const;
  Json acquisition_chat(const Json& parameters) const;

 private:
  std::vector<std::string> staff_ids() const;
  std::vector<std::string> customers_of(const std::string& userid) const;
  Json describe(const std::string& external_userid) const;  // null: no such customer

  WecomWorldSize size_;
  std::map<std::string, Json> customers_;  // put or, when null, removed
};

// {"errcode", "errmsg"} with WeCom's kind of message.
Json wecom_error(int errcode);

}  // namespace guanxi::tests
