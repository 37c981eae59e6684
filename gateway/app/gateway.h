// The running gateway: everything wired together. Made, served and stopped by `guanxi serve`, and
// by tests, which give port 0.
#pragma once

#include <cstdint>
#include <memory>

#include "gateway/app/config.h"
#include "gateway/store/store.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::app {

class Gateway {
 public:
  // Opens, binds, listens and works. Throws std::runtime_error: one line with the setting and the
  // cure.
  explicit Gateway(const Config& config, Clock clock = system_now);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  std::uint16_t public_port() const;
  std::uint16_t private_port() const;
  store::Store& store();

  // Takes channels, rules and log level of another configuration, whole or not at all. Requests
  // under way end with what they began with. Other sections need a restart.
  Result<void> reload(const Config& config);

  // Stops accepting, answers what was received, finishes the work under way. Idempotent.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace guanxi::app
