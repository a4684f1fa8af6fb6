/*
 * The program: which scenarios there are, one after the other, with a time limit each. See
 * interop/runner/programs.ts for the environment and the output.
 */
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "harness.hpp"

using Clock = std::chrono::steady_clock;

static constexpr std::chrono::seconds SCENARIO_LIMIT{15};

static const char *current = "";
static Clock::time_point deadline;

const std::string &broker_url() {
  static const std::string url = [] {
    const char *text = std::getenv("INTEROP_URL");
    return std::string(text ? text : "");
  }();
  return url;
}

std::string own_name(const std::string &suffix) {
  std::string name = "interop.amqp-cpp." + std::to_string(getpid()) + "." + current;
  return suffix.empty() ? name : name + "." + suffix;
}

void note(const std::string &text) {
  std::cout << "# note " << current << " - " << text << std::endl;
}

void check_limit() {
  if (Clock::now() < deadline) return;
  throw Failure("no end after " + std::to_string(SCENARIO_LIMIT.count()) + " s");
}

void extend_limit(Clock::duration more) { deadline += more; }

bool run(const Scenario &scenario) {
  current = scenario.name;
  deadline = Clock::now() + SCENARIO_LIMIT;
  try {
    scenario.run();
    std::cout << "ok " << current << std::endl;
  } catch (const Skip &reason) {
    std::cout << "skip " << current << " - " << reason.what() << std::endl;
  } catch (const std::exception &error) {
    std::cout << "not ok " << current << " - " << error.what() << std::endl;
    return false;
  }
  return true;
}

/* Whether the runner asks for it. */
static bool is_asked(const Scenario &scenario) {
  const char *names = std::getenv("INTEROP_SCENARIOS");
  const std::string all = std::string(" ") + (names ? names : "") + " ";
  return all.find(std::string(" ") + scenario.name + " ") != std::string::npos;
}

int main() {
  if (broker_url().empty()) {
    std::cerr << "INTEROP_URL is missing" << std::endl;
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  /* The library does not tell its version; the package that it came in does. */
  std::cout << "# client amqp-cpp " AMQP_CPP_VERSION << std::endl;
  bool passed = true;
  for (const auto &table : {connecting(), routing(), publishing(), consuming(), content(),
                            failing(), recovering(), extensions()})
    for (const auto &scenario : table)
      if (is_asked(scenario)) passed = run(scenario) && passed;
  return passed ? 0 : 1;
}
