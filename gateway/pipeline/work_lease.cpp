#include "gateway/pipeline/work_lease.h"

#include <charconv>
#include <thread>

namespace guanxi::pipeline {
namespace {

constexpr std::string_view kLease = "pipeline";
constexpr std::string_view kAsked = "pipeline asked";
constexpr Milliseconds kLeaseTime{10'000};
constexpr Milliseconds kAskTime{5'000};  // who asks and dies is forgotten

using SteadyClock = std::chrono::steady_clock;

// How long rows are worked before new ones have their turn, and how long the lease is waited for:
// longer than that of a process that was killed.
constexpr std::chrono::seconds kTurn{2};
constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::milliseconds kLook{20};

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

Result<void> WorkTurn::take() {
  if (held_since_ && SteadyClock::now() - *held_since_ < kTurn) {
    if (const auto held = lease_.hold(clock_()); !held || *held) {
      return held ? Result<void>() : tl::unexpected(held.error());
    }
  }
  give_way();
  for (const auto until = SteadyClock::now() + kPatience; SteadyClock::now() < until;) {
    const auto held = lease_.hold(clock_());
    if (!held) return tl::unexpected(held.error());
    if (*held) {
      held_since_ = SteadyClock::now();
      return lease_.stop_asking();
    }
    if (auto asked = lease_.ask(clock_()); !asked) return asked;
    // Another process gives it back, of which nobody tells this one.
    std::this_thread::sleep_for(kLook);
  }
  return fail(ErrorCode::unavailable, "whoever works the inbox does not give way; try again");
}

void WorkTurn::give_way() {
  if (!std::exchange(held_since_, std::nullopt)) return;
  lease_.release();
}

}  // namespace guanxi::pipeline
