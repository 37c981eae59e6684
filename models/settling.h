// Private to models.
#pragma once

#include "models/time.h"

namespace guanxi::models {

// What a platform lists lags behind what it reports, in whole seconds and by a clock not ours: a
// list that was asked for so soon after something was said does not deny it.
inline constexpr Milliseconds kSettling{60'000};

}  // namespace guanxi::models
