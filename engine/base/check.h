// CHECK for what only a bug of ours can cause: prints the place and the condition, then dies. Never for input.
#pragma once

#include <cstdio>
#include <cstdlib>

#define SABUN_CHECK(condition) ::sabun::CheckThat(static_cast<bool>(condition), __FILE__, __LINE__, #condition)

namespace sabun {

// A function, so that a check is a branch here and not at every place that has one.
inline void CheckThat(bool holds, const char* file, int line, const char* condition) {
  if (holds) [[likely]]
    return;
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace sabun
