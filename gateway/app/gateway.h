// The running gateway: everything wired together. Made, served and stopped by `guanxi serve`, and
// by tests, which give port 0.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

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

  // Takes the rules as they are now, under the configuration in force; whole or not at all.
  Result<void> reload_rules();
  // What the rules directory and the activation log were when rules were last taken, and are now:
  // differs whenever they do. Any thread.
  std::string rules_taken() const;
  std::string rules_present() const;

  // Stops accepting, answers what was received, finishes the work under way. Idempotent.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace guanxi::app
