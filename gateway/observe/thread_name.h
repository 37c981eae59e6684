// What operators see of a thread in top, perf and core dumps.
#pragma once

namespace guanxi::observe {

// Names the calling thread; at most 15 characters are kept.
void name_thread(const char* name);

}  // namespace guanxi::observe
