#include "gateway/store/sqlite/writer_gate.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using guanxi::store::sql::Urgency;
using guanxi::store::sqlite::WriterGate;

TEST_CASE("one writer is inside at a time") {
  WriterGate gate{std::chrono::milliseconds(1)};
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        gate.enter(t % 2 == 0 ? Urgency::ingest : Urgency::other);
        const int now = ++inside;
        if (now > most) most = now;
        --inside;
        gate.leave();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(most == 1);
}

TEST_CASE("ingest that never pauses does not keep others out for ever") {
  WriterGate gate{std::chrono::milliseconds(1)};
  std::atomic<bool> is_done = false;
  std::vector<std::thread> ingest;
  for (int t = 0; t < 3; ++t) {
    ingest.emplace_back([&] {
      while (!is_done) {
        gate.enter(Urgency::ingest);
        gate.leave();
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    gate.enter(Urgency::other);
    gate.leave();
  }
  is_done = true;
  for (std::thread& thread : ingest) thread.join();
  CHECK(is_done);
}

TEST_CASE("however many are late, ingest waits for one of them at most") {
  WriterGate gate{std::chrono::milliseconds(0)};
  gate.enter(Urgency::other);
  std::atomic<int> before = 0;
  std::atomic<bool> is_in = false;
  std::atomic<bool> is_done = false;
  std::vector<std::thread> late;
  for (int t = 0; t < 8; ++t) {
    late.emplace_back([&] {
      while (!is_done) {
        gate.enter(Urgency::other);
        if (!is_in) ++before;
        gate.leave();
      }
    });
  }
  for (int turn = 0; turn < 50; ++turn) {
    is_in = false;
    before = 0;
    std::thread ingest([&] {
      gate.enter(Urgency::ingest);
      is_in = true;
    });
    if (turn == 0) gate.leave();
    ingest.join();
    gate.leave();
  }
  is_done = true;
  for (std::thread& thread : late) thread.join();
  CHECK(is_in);
}
