// What a rehearsal says to people, in both languages.
#pragma once

#include <functional>
#include <string>

namespace sabun::bench {

struct Words {
  std::string ja;
  std::string en;

  const std::string& In(bool japanese) const { return japanese ? ja : en; }
};

// Shows what is being done, and how much of it is done: 0 to 1, below 0 when that cannot be told.
using Tell = std::function<void(const Words& what, double fraction)>;

}  // namespace sabun::bench
