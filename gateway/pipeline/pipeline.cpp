#include "gateway/pipeline/pipeline.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "gateway/observe/log.h"
#include "gateway/observe/thread_name.h"
#include "gateway/pipeline/composer.h"
#include "gateway/pipeline/reading.h"
#include "gateway/pipeline/vanishing.h"
#include "gateway/pipeline/work_lease.h"

namespace guanxi::pipeline {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// How often to look for rows that another process stored, and how long to wait for a store that
// fails.
constexpr Milliseconds kPoll = 250ms;
constexpr Milliseconds kPatience = 500ms;
constexpr Milliseconds kLookForHeld = 2s;
// Batches for which payloads are admitted at once.
constexpr std::size_t kAdmitBatches = 4;

observe::EventResult result_of(store::RowStatus status) {
  switch (status) {
    case store::RowStatus::unmapped:
      return observe::EventResult::unmapped;
    case store::RowStatus::dead:
      return observe::EventResult::dead;
    case store::RowStatus::none:
      return observe::EventResult::none;
    default:
      return observe::EventResult::normalized;
  }
}

// Rows to be worked, and what will be written for them, if that is known already.
struct Taken {
  std::vector<ReadRow> rows;
  std::optional<Composed> composed;
};

}  // namespace

struct Pipeline::State {
  State(store::Store& the_store, const adapters::Channels& the_channels,
        observe::Metrics& the_metrics, Clock the_clock, Randomness the_randomness,
        PipelineOptions the_options, PipelineHooks the_hooks)
      : store(the_store),
        channels(the_channels),
        metrics(the_metrics),
        clock(std::move(the_clock)),
        randomness(std::move(the_randomness)),
        options(std::move(the_options)),
        hooks(std::move(the_hooks)),
        lease(the_store, options.holder) {}

  store::Store& store;
  const adapters::Channels& channels;
  observe::Metrics& metrics;
  Clock clock;
  Randomness randomness;
  PipelineOptions options;
  PipelineHooks hooks;

  WorkLease lease;
  Time look_for_held_at{};
  std::mutex mutex;
  std::condition_variable condition;
  bool woken = false;
  std::atomic<bool> stopping{false};
  std::mutex randomness_mutex;
  std::future<Result<Taken>> ahead;  // the next batch, if it is being prepared
  // What was written while it was; nothing if that is not known.
  std::optional<store::Batch> written_meanwhile;
  ShadowBook shadows;
  FieldBook fields;
  store::Batch vanished;  // what no single event shows, until it is written
  std::thread thread;

  Result<ReadRow> read_one(store::InboxRow row) {
    const auto snapshot = channels.snapshot();
    ReadRow result = read_row(std::move(row), *snapshot);
    if (auto completed = complete_lists(result, *snapshot, store); !completed) {
      return fail(completed.error().code, completed.error().detail);
    }
    return result;
  }

  Result<std::vector<ReadRow>> read(std::vector<store::InboxRow> rows) {
    std::vector<ReadRow> result;
    result.reserve(rows.size());
    for (store::InboxRow& row : rows) {
      auto one = read_one(std::move(row));
      if (!one) return fail(one.error().code, one.error().detail);
      result.push_back(std::move(*one));
    }
    return result;
  }

  Result<Composed> compose(std::span<ReadRow> rows, Time now) {
    const auto make_id = [&] {
      const std::lock_guard lock(randomness_mutex);
      return make_uuid(now, randomness);
    };
    return pipeline::compose(rows,
                             {store, make_id, now, {}, &options.policy, &options.survivorship});
  }

  Result<std::size_t> write(std::span<ReadRow> rows, Time now) {
    auto composed = compose(rows, now);
    if (!composed) return fail(composed.error().code, composed.error().detail);
    return write(rows, std::move(composed->batch));
  }

  Result<std::size_t> write(std::span<const ReadRow> rows, store::Batch batch) {
    if (auto written = store.write(batch); !written) {
      return fail(written.error().code, written.error().detail);
    }
    report(rows, batch);
    written_meanwhile = std::move(batch);
    return rows.size();
  }

  // A row that breaks our own code must not hold up the rest: it is worked alone, and dead if it
  // breaks it again.
  Result<std::size_t> write_one_by_one(std::vector<ReadRow> rows) {
    std::size_t done = 0;
    for (ReadRow& row : rows) {
      auto alone = read_one(row.row);
      if (!alone) return fail(alone.error().code, alone.error().detail);
      Result<std::size_t> written = fail(ErrorCode::conflict, "");
      try {
        written = write({&*alone, 1}, clock());
      } catch (const std::exception& error) {
        observe::log(observe::Level::error, "row_failed",
                     {{"seq", row.row.seq}, {"channel", row.channel}, {"error", error.what()}});
        alone->error = "working it failed; see the log";
        alone->events.clear();
        written = write({&*alone, 1}, clock());
      }
      if (!written) return written;
      done += *written;
    }
    written_meanwhile.reset();
    return done;
  }

  void report(std::span<const ReadRow> rows, const store::Batch& batch) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].platform.empty()) continue;
      if (rows[i].shadow) shadows.add(rows[i].row.channel, *rows[i].shadow, rows[i].row.seq);
      observe::ChannelMetrics& counters = metrics.channel(rows[i].channel, rows[i].platform);
      counters.event(result_of(batch.marks[i].status));
      for (const models::Event& event : rows[i].events) {
        for (const models::Drift& drift : event.drift) tell(rows[i], drift, counters);
      }
      for (models::Drift& drift : fields.add(store, rows[i])) {
        tell(rows[i], drift, counters);
        const store::InboxRow& row = rows[i].row;
        vanished.drift.push_back(
            {row.tenant, row.channel, rows[i].pack, std::move(drift), 1, clock()});
      }
    }
    write_vanished();
    if (hooks.on_written) hooks.on_written();
    if (hooks.on_tasks && !batch.tasks.empty()) hooks.on_tasks();
  }

  static void tell(const ReadRow& row, const models::Drift& drift,
                   observe::ChannelMetrics& counters) {
    counters.drift(models::drift_kind_text(drift.kind));
    observe::log(observe::Level::warning, "drift",
                 {{"channel", row.channel},
                  {"kind", models::drift_kind_text(drift.kind)},
                  {"event", drift.event},
                  {"pointer", drift.pointer},
                  {"pack", row.pack}});
  }

  // By itself: the rows that showed it are written already. What fails is tried again.
  void write_vanished() {
    if (!vanished.drift.empty() && store.write(vanished)) vanished = {};
  }

  bool is_crowded() const { return hooks.is_crowded && hooks.is_crowded(); }

  // Payloads that wait become rows when fewer rows than a batch are there. Needs no lease.
  Result<std::vector<store::InboxRow>> pending(std::size_t limit, store::SeqRange in_hand) {
    auto rows = store.pending(limit, options.batch_bytes, in_hand);
    if (!rows || rows->size() == limit) return rows;
    // Many repetitions may stand before what is new.
    for (;;) {
      const auto admitted = store.admit(kAdmitBatches * limit);
      if (!admitted) return fail(admitted.error().code, admitted.error().detail);
      count_duplicates(*admitted);
      if (admitted->stored > 0) return store.pending(limit, options.batch_bytes, in_hand);
      if (admitted->duplicates.empty() || stopping) return rows;
    }
  }

  void count_duplicates(const store::Admitted& admitted) {
    const auto snapshot = channels.snapshot();
    for (const auto& [name, bound] : *snapshot) {
      const auto known = admitted.duplicates.find(bound.id);
      if (known == admitted.duplicates.end()) continue;
      metrics.channel(name, bound.adapter->channel().platform).duplicates(known->second);
    }
  }

  // Prepares the next rows while those in hand are written, as if that changed nothing for them.
  // Whether it did is seen when it is their turn.
  void look_ahead(std::size_t limit, store::SeqRange in_hand) {
    ahead = std::async(std::launch::async, [this, limit, in_hand]() -> Result<Taken> {
      observe::name_thread("pipeline-ahead");
      auto rows = pending(limit, in_hand);
      if (!rows) return fail(rows.error().code, rows.error().detail);
      auto read_rows = read(std::move(*rows));
      if (!read_rows) return fail(read_rows.error().code, read_rows.error().detail);
      Taken taken{std::move(*read_rows), {}};
      taken.composed = compose_ahead(taken.rows);
      return taken;
    });
  }

  std::optional<Composed> compose_ahead(std::span<ReadRow> rows) {
    try {
      auto composed = compose(rows, clock());
      if (composed) return *std::move(composed);
    } catch (const std::exception&) {
      // A row that breaks our own code will do so again when it counts.
    }
    return std::nullopt;
  }

  // Rows whose channel was unknown when it was their turn are pending once it is known.
  Result<void> take_up_held() {
    const Time now = clock();
    if (now < look_for_held_at) return {};
    look_for_held_at = now + kLookForHeld;
    std::vector<store::ChannelId> bound;
    const auto snapshot = channels.snapshot();
    for (const auto& [name, channel] : *snapshot) bound.push_back(channel.id);
    const auto found = store.has_held(bound);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return {};
    const auto held = lease.hold(now);
    if (!held) return tl::unexpected(held.error());
    if (!*held) return {};
    return store.take_up(bound);
  }

  // What was taken ahead, if it still holds: else the rows are read again, since composing took
  // their facts. Most batches touch nobody whom the one before touched.
  Result<Taken> finish_ahead() {
    const auto written = std::exchange(written_meanwhile, {});
    auto taken = ahead.get();
    if (!taken) return taken;
    if (taken->composed && written && !rests_on(*taken->composed, *written)) return taken;
    std::vector<store::InboxRow> rows;
    rows.reserve(taken->rows.size());
    for (ReadRow& row : taken->rows) rows.push_back(std::move(row.row));
    auto again = read(std::move(rows));
    if (!again) return fail(again.error().code, again.error().detail);
    return Taken{std::move(*again), {}};
  }

  Result<Taken> next(std::size_t limit) {
    // Also under a load that never ends.
    if (const auto done = take_up_held(); !done) return tl::unexpected(done.error());
    if (ahead.valid()) {
      auto taken = finish_ahead();
      if (!taken || !taken->rows.empty()) return taken;
    }
    auto rows = pending(limit, {});
    if (!rows) return fail(rows.error().code, rows.error().detail);
    if (rows->empty()) return Taken{};
    // Whoever may not work them need not read them.
    auto held = lease.hold(clock());
    if (!held) return fail(held.error().code, held.error().detail);
    if (!*held) {
      fields.forget();
      return Taken{};
    }
    auto read_rows = read(std::move(*rows));
    if (!read_rows) return fail(read_rows.error().code, read_rows.error().detail);
    return Taken{std::move(*read_rows), {}};
  }

  void give_back_lease() {
    static_cast<void>(fields.write(store, clock(), true));  // else some events are not counted
    fields.forget();
    lease.release();
  }

  // Whoever asks for the lease gets it between two batches; what was prepared ahead is void by
  // then.
  Result<bool> give_up_lease() {
    const auto asked = lease.is_asked(clock());
    if (!asked || !*asked) return asked;
    ahead = {};
    written_meanwhile.reset();
    give_back_lease();
    return true;
  }

  Result<std::size_t> work_batch() {
    const auto given_up = give_up_lease();
    if (!given_up) return fail(given_up.error().code, given_up.error().detail);
    if (*given_up) return std::size_t{0};
    const bool crowded = is_crowded();
    const std::size_t limit = crowded ? options.crowded_batch_rows : options.batch_rows;
    const auto started = SteadyClock::now();
    auto taken = next(limit);
    if (!taken) return fail(taken.error().code, taken.error().detail);
    std::vector<ReadRow>& rows = taken->rows;
    if (rows.empty()) {
      static_cast<void>(shadows.write(store, clock(), true));  // else it is tried again later
      static_cast<void>(fields.write(store, clock(), false));
      write_vanished();
      return std::size_t{0};
    }
    const Time now = clock();  // before that of what is prepared meanwhile
    auto held = lease.hold(now);
    if (!held) return fail(held.error().code, held.error().detail);
    if (!*held) {
      fields.forget();
      return std::size_t{0};
    }
    if (rows.size() == limit && !crowded) {
      look_ahead(limit, {rows.front().row.seq, rows.back().row.seq});
    }
    auto worked = write_all(std::move(*taken), now);
    if (worked) {
      metrics.pipeline_batch(*worked, SteadyClock::now() - started);
      static_cast<void>(shadows.write(store, now, false));
      static_cast<void>(fields.write(store, now, false));
    } else if (ahead.valid()) {
      // What failed comes first again.
      ahead = {};
    }
    return worked;
  }

  Result<std::size_t> write_all(Taken taken, Time now) {
    try {
      if (taken.composed) return write(taken.rows, std::move(taken.composed->batch));
      return write(taken.rows, now);
    } catch (const std::exception&) {
      return write_one_by_one(std::move(taken.rows));
    }
  }

  void wait(Milliseconds time) {
    std::unique_lock lock(mutex);
    condition.wait_for(lock, time, [&] { return woken || stopping; });
    woken = false;
  }

  void run() {
    observe::name_thread("pipeline");
    bool failing = false;
    while (!stopping) {
      const auto started = SteadyClock::now();
      const auto worked = work_batch();
      if (worked) {
        if (std::exchange(failing, false)) observe::log(observe::Level::info, "pipeline_resumed");
        if (*worked == 0) {
          wait(kPoll);
        } else if (hooks.give_way) {
          hooks.give_way(SteadyClock::now() - started);
        }
        continue;
      }
      if (worked.error().code == ErrorCode::conflict) {
        lease.doubt();
        continue;
      }
      if (!std::exchange(failing, true)) {
        observe::log(observe::Level::error, "pipeline_waits", {{"error", worked.error().detail}});
      }
      wait(kPatience);
    }
    give_back_lease();
  }
};

Pipeline::Pipeline(store::Store& store, const adapters::Channels& channels,
                   observe::Metrics& metrics, Clock clock, Randomness randomness,
                   PipelineOptions options, PipelineHooks hooks)
    : state_(std::make_unique<State>(store, channels, metrics, std::move(clock),
                                     std::move(randomness), std::move(options), std::move(hooks))) {
}

Pipeline::~Pipeline() { stop(); }

Result<std::size_t> Pipeline::work_once() { return state_->work_batch(); }

void Pipeline::start() {
  state_->thread = std::thread([this] { state_->run(); });
}

void Pipeline::stop() {
  state_->stopping = true;
  wake();
  if (state_->thread.joinable()) state_->thread.join();
}

void Pipeline::wake() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->woken = true;
  }
  state_->condition.notify_one();
}

}  // namespace guanxi::pipeline
