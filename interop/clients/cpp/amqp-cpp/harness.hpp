/*
 * What every scenario can use: how it fails and skips, its names, its time limit. A scenario is
 * reported on a line of its own: `ok name`, `not ok name - reason`, `skip name - reason`,
 * `# note name - text`. Nothing here knows the client.
 */
#pragma once

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Scenario {
  const char *name;
  void (*run)();
};

using Scenarios = std::vector<Scenario>;

Scenarios connecting();
Scenarios routing();
Scenarios publishing();
Scenarios consuming();
Scenarios content();
Scenarios failing();
Scenarios recovering();
Scenarios extensions();

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/* Thrown for what this client or this run gives no way to do. */
struct Skip : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/* Runs a scenario and reports it; false when it failed. */
bool run(const Scenario &scenario);

/* amqp://user:password@host:port, without a path. */
const std::string &broker_url();

/* A name unique to this run and scenario. */
std::string own_name(const std::string &suffix = "");

void note(const std::string &text);

/* Throws a Failure when the time of the scenario is over. */
void check_limit();

/* More time: for what the runner and not the client takes its time for. */
void extend_limit(std::chrono::steady_clock::duration more);

inline void expect(bool condition, const std::string &what) {
  if (!condition) throw Failure(what);
}

inline void contains(const std::string &text, const std::string &part) {
  expect(text.find(part) != std::string::npos, "expected to find '" + part + "' in '" + text + "'");
}

template <typename Actual, typename Expected>
void expect_equal(const Actual &actual, const Expected &expected, const std::string &what) {
  if (actual == expected) return;
  std::ostringstream text;
  text << what << ": expected '" << expected << "', got '" << actual << "'";
  throw Failure(text.str());
}
