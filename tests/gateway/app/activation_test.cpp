#include "gateway/app/activation.h"

#include <doctest/doctest.h>

using namespace guanxi;
using app::activated_version;
using store::Activation;

TEST_CASE("the newest entry that concerns a channel, and is not taken back, is in force") {
  const Activation all{1, "wecom", "", "2023-06-26", false, 0, {}};
  const Activation acme{2, "wecom", "acme", "2024-12-19", false, 0, {}};
  const Activation other{3, "feishu", "", "2024-02-01", false, 0, {}};
  const Activation later{4, "wecom", "", "2022-05-01", false, 0, {}};
  const Activation back{5, "wecom", "", "2022-05-01", false, 4, {}};
  const Activation by_day{6, "wecom", "acme", "latest", false, 0, {}};
  const Activation twice{7, "wecom", "acme", "2024-12-19", false, 2, {}};
  const Activation along{8, "wecom", "", "2019-05-23", true, 0, {}};

  struct Row {
    const char* what;
    std::vector<Activation> log;
    const char* channel;
    const char* version;
  };
  const Row rows[] = {
      {"nothing", {}, "acme", ""},
      {"for the platform", {all}, "acme", "2023-06-26"},
      {"what only reads along", {all, along}, "acme", "2023-06-26"},
      {"for one channel", {all, acme}, "acme", "2024-12-19"},
      {"not for its neighbour", {all, acme}, "beta", "2023-06-26"},
      {"another platform's", {other}, "acme", ""},
      {"the newest wins, whomever it is for", {acme, later}, "acme", "2022-05-01"},
      {"taken back", {all, acme, later, back}, "acme", "2024-12-19"},
      {"taken back where nothing else stands", {later, back}, "acme", ""},
      {"by day again", {all, acme, by_day}, "acme", ""},
      {"what was taken back before the end", {all, acme, by_day, twice}, "acme", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(activated_version(row.log, "wecom", row.channel) == row.version);
  }
  CHECK(app::shadow_version({all, along}, "wecom", "acme") == "2019-05-23");
  CHECK(app::shadow_version({all, acme}, "wecom", "acme").empty());
}
