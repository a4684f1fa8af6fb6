/*
 * Asks the runner for a broker that only this scenario uses, to be killed under the client: one
 * socket, one line a request. `start` answers `ok <url>`, `kill` answers `ok`. The runner ends
 * the broker when the socket closes.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"

static FILE *control;

static void open_control(void) {
  const char *address = getenv("INTEROP_CONTROL");
  if (!address || !*address)
    skip("the runner did not start this broker, so it cannot kill it");
  const char *colon = strchr(address, ':');
  struct sockaddr_in where = {.sin_family = AF_INET};
  where.sin_port = htons((unsigned short)atoi(colon ? colon + 1 : ""));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int socket_number = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(socket_number, (struct sockaddr *)&where, sizeof where) != 0) {
    close(socket_number);
    fail("cannot reach the runner at %s", address);
  }
  control = fdopen(socket_number, "r+");
}

static void ask(const char *request, char *answer, int size) {
  fprintf(control, "%s\n", request);
  fflush(control);
  if (!fgets(answer, size, control)) fail("broker control: no answer");
  if (strncmp(answer, "ok", 2)) fail("broker control: %s", answer);
}

int own_broker_start(void) {
  char answer[300];
  open_control();
  ask("start", answer, sizeof answer);
  const char *colon = strrchr(answer, ':');
  return colon ? atoi(colon + 1) : 0;
}

void own_broker_kill(void) {
  char answer[300];
  ask("kill", answer, sizeof answer);
}

void own_broker_close(void) {
  if (control) fclose(control);
  control = NULL;
}
