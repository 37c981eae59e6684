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
