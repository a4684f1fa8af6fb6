/*
 * Asks the runner for a broker that only this scenario uses, to be blocked or killed under the
 * client: one socket, one line a request. `start` answers `ok <url>`; `kill`, `block` and `unblock`
 * answer `ok`. The runner ends the broker when the socket closes. What a broker takes to start is
 * no matter of the client's: there is a limit for each request, and the scenario's stands still.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "harness.h"

enum { ANSWER_LIMIT_SECONDS = 60 };

static FILE *control;

static void open_control(void) {
  const char *address = getenv("INTEROP_CONTROL");
  if (!address || !*address)
    skip("the runner did not start this broker, so it cannot kill it");
  const char *colon = strchr(address, ':');
  struct sockaddr_in where = {.sin_family = AF_INET};
  where.sin_port = htons((unsigned short)atoi(colon ? colon + 1 : ""));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct timeval limit = {.tv_sec = ANSWER_LIMIT_SECONDS};
  int socket_number = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(socket_number, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(socket_number, (struct sockaddr *)&where, sizeof where) != 0) {
    close(socket_number);
    fail("cannot reach the runner at %s", address);
  }
  control = fdopen(socket_number, "r+");
}

static void ask(const char *request, char *answer, int size) {
  fprintf(control, "%s\n", request);
  fflush(control);
  pause_limit();
  const char *line = fgets(answer, size, control);
  resume_limit();
  if (!line) fail("broker control: no answer");
  if (strncmp(answer, "ok", 2)) fail("broker control: %s", answer);
}

static void request(const char *what) {
  char answer[300];
  ask(what, answer, sizeof answer);
}

int own_broker_start(void) {
  char answer[300];
  open_control();
  ask("start", answer, sizeof answer);
  const char *colon = strrchr(answer, ':');
  return colon ? atoi(colon + 1) : 0;
}

void own_broker_kill(void) { request("kill"); }

void own_broker_block(void) { request("block"); }

void own_broker_unblock(void) { request("unblock"); }

void own_broker_close(void) {
  if (control) fclose(control);
  control = NULL;
}
