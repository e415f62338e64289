// Two macros that pass an error on. Abseil 20220623 has none.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define SABUN_CONCAT_INNER(a, b) a##b
#define SABUN_CONCAT(a, b) SABUN_CONCAT_INNER(a, b)

// Returns the status of `expr` when it is not OK.
#define RETURN_IF_ERROR(expr)                      \
  do {                                             \
    ::absl::Status sabun_status_ = (expr);         \
    if (!sabun_status_.ok()) return sabun_status_; \
  } while (false)

// Evaluates `expr` (a StatusOr), returns its status when it is not OK, else moves its value into `lhs`.
#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_INNER(SABUN_CONCAT(sabun_or_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_INNER(temporary, lhs, expr) \
  auto temporary = (expr);                           \
  if (!temporary.ok()) return temporary.status();    \
  lhs = *std::move(temporary)
