#include "gateway/store/rotation.h"

#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

#include "gateway/store/open_sealed.h"
#include "gateway/store/sql/calls.h"
#include "gateway/store/sql/reseal.h"

namespace guanxi::store {
namespace {

using sql::Connection;
using sql::KeyRecords;

// A gateway that writes without a pause may keep a SQLite database locked for longer than one
// attempt waits.
constexpr int kAttempts = 15;

template <typename Call>
auto insistently(const Call& call) {
  for (int attempt = 1;; ++attempt) {
    auto answer = call();
    if (answer || answer.error().code != ErrorCode::unavailable || attempt == kAttempts) {
      return answer;
    }
  }
}

class SqlRotation final : public Rotation {
 public:
  explicit SqlRotation(Opened opened) : opened_(std::move(opened)) {}

  Result<DataKeyState> state() override {
    const auto records = read_records();
    if (!records) return tl::unexpected(records.error());
    DataKeyState state;
    state.in_force = shown_key(records->in_force());
    state.from = shown_key(records->rotation.from);
    state.key_file = opened_.keys.file();
    state.is_wanted = opened_.wanted == records->in_force();
    for (const std::string& id : opened_.held) {
      if (id != records->in_force()) state.another = shown_key(id);
    }
    return state;
  }

  Result<RotationBegun> begin(Time now) override {
    try {
      lock_.emplace(opened_.keys);
      return begin_locked(now);
    } catch (const std::runtime_error& error) {
      return fail(ErrorCode::unavailable, error.what());
    }
  }

  Result<RotationStep> step() override {
    RotationStep step;
    if (walk_->is_at_end()) {
      step.is_done = is_whole_ && values_of_walk_ == 0 && record_.walk > 1;
      if (!step.is_done) start_walk(record_.walk + 1);
    }
    step.walk = record_.walk;
    if (step.is_done) return step;
    const auto done = insistently([&] { return walk_->step(*opened_.database, record_); });
    if (!done) return tl::unexpected(done.error());
    values_of_walk_ += done->values;
    step.rows = done->rows;
    step.unreadable = done->unreadable;
    return step;
  }

  Result<RotationEnded> end() override {
    // The record goes first: as long as it stands, both keys have to be at hand.
    const auto removed = write([](Connection& connection) -> Result<void> {
      sql::put_rotation(connection, {});
      return {};
    });
    if (!removed) return tl::unexpected(removed.error());
    RotationEnded ended{record_.values, {}};
    try {
      opened_.keys.take_over();
    } catch (const std::runtime_error& error) {
      return fail(ErrorCode::unavailable, error.what());
    }
    if (opened_.keys.are_in_files()) {
      ended.former_file = opened_.keys.file() + '.' + shown_key(record_.from);
    }
    return ended;
  }

 private:
  Result<void> write(const std::function<Result<void>(Connection&)>& body) {
    return insistently([&] { return write_to(*opened_.database, sql::Urgency::other, body); });
  }

  Result<KeyRecords> read_records() {
    return read_from(*opened_.database, [](Connection& connection) -> Result<KeyRecords> {
      return key_records(connection);
    });
  }

  Result<RotationBegun> begin_locked(Time now) {
    auto records = read_records();
    if (!records) return tl::unexpected(std::move(records.error()));
    if (records->check.empty()) {
      return fail(ErrorCode::not_found, "the database has no tables yet; run guanxi migrate");
    }
    // Somebody may have changed it since this was opened.
    if (!opened_.vault.seal_by(records->in_force())) {
      return fail(ErrorCode::conflict, "the data key was changed meanwhile; try again");
    }
    RotationBegun begun;
    begun.goes_on = !records->rotation.from.empty();
    record_ = records->rotation;
    if (!begun.goes_on) {
      auto from = former_of_unfinished(*records);
      if (from) {
        begun.goes_on = true;
        record_ = {*from, 2, {}, {}, 0};
      } else if (auto changed = put_in_force(*records, now); !changed) {
        return tl::unexpected(std::move(changed.error()));
      }
    }
    begun.from = shown_key(record_.from);
    begun.to = shown_key(opened_.vault.sealing_key());
    walk_.emplace(opened_.vault, record_);
    is_whole_ = record_.table.empty();
    const auto rows = read_from(*opened_.database, [](Connection& connection) {
      return Result<std::int64_t>(sql::count_rows(connection));
    });
    if (!rows) return tl::unexpected(rows.error());
    begun.rows = *rows;
    return begun;
  }

  // A change that ended but for the files: the key in force still waits to take the former's place.
  std::optional<std::string> former_of_unfinished(const KeyRecords& records) const {
    if (!opened_.keys.are_in_files()) return std::nullopt;
    const auto held = opened_.keys.all();
    if (held.size() < 2 || Vault::id_of(held.back()) != records.in_force()) return std::nullopt;
    return Vault::id_of(held.front());
  }

  Result<void> put_in_force(const KeyRecords& records, Time now) {
    const std::string from = records.in_force();
    const std::string key =
        opened_.keys.are_in_files() ? opened_.keys.next() : opened_.keys.all().front();
    const std::string to = Vault::id_of(key);
    if (to == from) {
      return fail(ErrorCode::not_found,
                  "the database is sealed by store.data_key already, key " + shown_key(from));
    }
    if (!opened_.vault.holds(to)) {
      return fail(ErrorCode::unavailable, "the new data key cannot be read; try again");
    }
    const Vault after(key);
    auto former = records.former;
    former.emplace_back(from, now);
    record_ = {from, 1, {}, {}, 0};
    const auto changed = write([&](Connection& connection) -> Result<void> {
      if (sql::key_to_change(connection) != from) {
        return fail(ErrorCode::conflict, "another process changes the data key; let it end");
      }
      sql::put_record(connection, "key_check", sql::seal_key_check(after));
      sql::put_record(connection, "index_key", sql::seal_index_key(after, opened_.index));
      sql::put_former(connection, former);
      sql::put_rotation(connection, record_);
      return {};
    });
    if (!changed) return changed;
    opened_.vault.seal_by(to);
    return {};
  }

  void start_walk(int number) {
    record_.walk = number;
    record_.table.clear();
    record_.after.clear();
    walk_.emplace(opened_.vault, record_);
    values_of_walk_ = 0;
    is_whole_ = true;
  }

  Opened opened_;
  std::optional<DataKeys::Lock> lock_;
  sql::RotationRecord record_;
  std::optional<sql::Walk> walk_;
  std::int64_t values_of_walk_ = 0;
  bool is_whole_ = false;
};

}  // namespace

std::unique_ptr<Rotation> open_rotation(const StoreOptions& options) {
  return std::make_unique<SqlRotation>(open_sealed(options));
}

}  // namespace guanxi::store
