// How many files, and so connections, the system lets this process have.
#pragma once

#include <cstddef>

namespace guanxi::app {

// Raises the limit as far as it may be raised, and answers it.
std::size_t raise_file_limit();

// The connections each of two listeners may have under that limit, at most `wanted`.
std::size_t connections_within(std::size_t files, std::size_t wanted);

}  // namespace guanxi::app
