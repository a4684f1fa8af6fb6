/*
 * The program: which scenarios there are, one after the other, with a time limit each. See
 * harness.h for what a scenario can use, and interop/runner/programs.ts for the environment.
 */
#include <amqp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "link.h"

enum { SCENARIO_LIMIT_SECONDS = 15, NAMES = 64, NAME_SIZE = 250 };

const char *broker_user, *broker_password, *broker_host;
int broker_port;

static sigjmp_buf end_of_scenario;
static enum { PASSED = 1, FAILED, SKIPPED } ended;
static char reason[600];
static const char *current;
static char names[NAMES][NAME_SIZE];
static int names_used;
static unsigned int seconds_left;

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  siglongjmp(end_of_scenario, FAILED);
}

void skip(const char *why) {
  snprintf(reason, sizeof reason, "%s", why);
  siglongjmp(end_of_scenario, SKIPPED);
}

void note(const char *text) { printf("# note %s - %s\n", current, text); }

const char *own_name(const char *suffix) {
  if (names_used == NAMES) fail("more than %d names in one scenario", NAMES);
  char *name = names[names_used++];
  snprintf(name, NAME_SIZE, "interop.librabbitmq.%d.%s%s%s", (int)getpid(), current,
           *suffix ? "." : "", suffix);
  return name;
}

void expect(bool condition, const char *what) {
  if (!condition) fail("%s", what);
}

void expect_number(long actual, long expected, const char *what) {
  if (actual != expected) fail("%s: expected %ld, got %ld", what, expected, actual);
}

void expect_text(const char *actual, const char *expected, const char *what) {
  if (strcmp(actual, expected)) fail("%s: expected '%s', got '%s'", what, expected, actual);
}

void expect_contains(const char *actual, const char *part) {
  if (!strstr(actual, part)) fail("expected to find '%s' in '%s'", part, actual);
}

static void on_alarm(int signal_number) {
  (void)signal_number;
  snprintf(reason, sizeof reason, "no end after %d s", SCENARIO_LIMIT_SECONDS);
  siglongjmp(end_of_scenario, FAILED);
}

void pause_limit(void) { seconds_left = alarm(0); }

void resume_limit(void) { alarm(seconds_left); }

static int run(const struct scenario *scenario) {
  current = scenario->name;
  names_used = 0;
  ended = sigsetjmp(end_of_scenario, 1);
  if (ended == 0) {
    alarm(SCENARIO_LIMIT_SECONDS);
    scenario->run();
    ended = PASSED;
  }
  alarm(0);
  close_links();
  own_broker_close();
  if (ended == PASSED) printf("ok %s\n", current);
  if (ended == SKIPPED) printf("skip %s - %s\n", current, reason);
  if (ended == FAILED) printf("not ok %s - %s\n", current, reason);
  return ended == FAILED;
}

static void read_url(void) {
  const char *url = getenv("INTEROP_URL");
  char *copy = url ? strdup(url) : NULL;
  struct amqp_connection_info info;
  if (!copy || amqp_parse_url(copy, &info) != AMQP_STATUS_OK) {
    fprintf(stderr, "INTEROP_URL is missing or no AMQP URL\n");
    exit(2);
  }
  broker_user = info.user;
  broker_password = info.password;
  broker_host = info.host;
  broker_port = info.port;
}

/* Whether the runner asks for a scenario. */
static bool is_asked(const char *name) {
  const char *names = getenv("INTEROP_SCENARIOS");
  size_t length = strlen(name);
  for (const char *at = names; at && (at = strstr(at, name)); at += length)
    if ((at == names || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return true;
  return false;
}

int main(void) {
  const struct scenario *tables[] = {connecting, routing, publishing, consuming,
                                     content,    failing, recovering, extensions};
  int failures = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGALRM, on_alarm);
  signal(SIGPIPE, SIG_IGN);
  read_url();
  printf("# client librabbitmq %s\n", amqp_version());
  for (size_t table = 0; table < sizeof tables / sizeof *tables; table++)
    for (const struct scenario *each = tables[table]; each->name; each++)
      if (is_asked(each->name)) failures += run(each);
  return failures != 0;
}
