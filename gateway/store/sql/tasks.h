// States of a task, and what makes two of them the same.
#pragma once

#include "gateway/store/sql/documents.h"
#include "gateway/store/vault.h"

namespace guanxi::store::sql {

// `due_at` says when a waiting task is due, and until when a leased one is. `wanted_at` is set when
// it is wanted again while it runs, or to be read later than it is due: due again then instead of
// done.
enum class TaskState : std::uint8_t { waiting = 0, leased = 1, done = 2, dead = 3 };

Vault::Hash task_hash(const Vault& vault, ChannelId channel, std::string_view call,
                      const Json& arguments);

}  // namespace guanxi::store::sql
