/*
 * Runs the shared scenarios and reports each on a line of its own: `ok name`, `not ok name -
 * reason`, `skip name - reason`, `# note name - text`. A scenario ends early through fail() or
 * skip(); what it opened is closed after it. Every scenario has a time limit.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>

struct scenario {
  const char *name;
  void (*run)(void);
};

/* A null-name ends each table. */
extern const struct scenario connecting[], routing[], publishing[], consuming[], content[],
    failing[], recovering[], extensions[];

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void skip(const char *reason);
void note(const char *text);

/* The broker, taken apart from INTEROP_URL. */
extern const char *broker_user, *broker_password, *broker_host;
extern int broker_port;

/* A name unique to this run and scenario, with a suffix; valid until the scenario ends. */
const char *own_name(const char *suffix);

void expect(bool condition, const char *what);
void expect_number(long actual, long expected, const char *what);
void expect_text(const char *actual, const char *expected, const char *what);
void expect_contains(const char *actual, const char *part);

/*
 * The scenario's time limit stands still between the two: for what the runner and not the client
 * takes its time for.
 */
void pause_limit(void);
void resume_limit(void);

/* A broker of the scenario's own, started; its port. Skips the scenario where there is none. */
int own_broker_start(void);
void own_broker_kill(void);
/* Raises its memory alarm, and clears it. */
void own_broker_block(void);
void own_broker_unblock(void);
void own_broker_close(void);

#endif
