// What the kernel says of a process, a directory and this machine.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sabun::bench {

struct ProcessMemory {
  uint64_t anonymous_bytes = 0;  // RssAnon: what the process really needs
  uint64_t peak_bytes = 0;       // VmHWM: the most it ever had, mapped files included
};

// Of /proc/ID/status; zeros when the process is gone.
ProcessMemory MemoryOf(pid_t id);

// Processor time, user and system, of all threads; zero when the process is gone. Exact to a hundredth of a second.
absl::Duration CpuTimeOf(pid_t id);

// The same of this process, exact to a microsecond.
absl::Duration OwnCpuTime();

// Bytes of the files below `directory`, and those of files that process `id` holds open there after
// their names were taken away (what is spilled). Files that vanish meanwhile do not count.
uint64_t DiskUse(const std::string& directory, pid_t id);

// Bytes that a user may still write to the file system of `directory`. Errors name it.
absl::StatusOr<uint64_t> FreeDisk(const std::string& directory);

// Of /proc/meminfo.
uint64_t MachineMemory();
uint64_t AvailableMemory();

// Name of the processor, as /proc/cpuinfo has it; empty when it does not say.
std::string ProcessorName();

}  // namespace sabun::bench
