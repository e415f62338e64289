// CHECK for what only a bug of ours can cause: prints the place and the condition, then dies. Never for input.
#pragma once

#include <cstdio>
#include <cstdlib>

#define SABUN_CHECK(condition)                                                           \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
