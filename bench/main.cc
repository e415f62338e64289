// The program sabun-bench: synthetic extracts and measurements.
#include "CLI/CLI.hpp"
#include "bench/generate_command.h"
#include "bench/rehearsal/full_load_command.h"
#include "bench/rehearsal/nation_command.h"

namespace {

// Wrong use of a program; see the exit statuses of the command line interface.
constexpr int kWrongUse = 2;

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Synthetic extracts and measurements for Sabun", "sabun-bench");
  program.require_subcommand(1);
  sabun::bench::AddGenerateCommand(&program);
  sabun::bench::AddFullLoadCommand(&program);
  sabun::bench::AddNationCommand(&program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::RuntimeError& error) {
    return error.get_exit_code();
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kWrongUse;
  }
  return 0;
}
