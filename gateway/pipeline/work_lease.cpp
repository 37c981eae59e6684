#include "gateway/pipeline/work_lease.h"

#include <charconv>

namespace guanxi::pipeline {
namespace {

constexpr std::string_view kLease = "pipeline";
constexpr std::string_view kAsked = "pipeline asked";
constexpr Milliseconds kLeaseTime{10'000};
constexpr Milliseconds kAskTime{5'000};  // who asks and dies is forgotten

}  // namespace

Result<bool> WorkLease::hold(Time now) {
  if (now + kLeaseTime / 2 < until_) return true;
  auto held = store_.acquire_lease(kLease, holder_, now, now + kLeaseTime);
  if (held && *held) until_ = now + kLeaseTime;
  return held;
}

void WorkLease::release() {
  if (until_ == Time{}) return;
  until_ = {};
  static_cast<void>(store_.release_lease(kLease, holder_));  // else it ends by itself
}

Result<void> WorkLease::ask(Time now) {
  return store_.set_note(kAsked, std::to_string(to_ms(now + kAskTime)));
}

Result<bool> WorkLease::is_asked(Time now) {
  const auto note = store_.note(kAsked);
  if (!note) return tl::unexpected(note.error());
  std::int64_t until = 0;
  std::from_chars(note->data(), note->data() + note->size(), until);
  return until > to_ms(now);
}

Result<void> WorkLease::stop_asking() { return store_.set_note(kAsked, ""); }

}  // namespace guanxi::pipeline
