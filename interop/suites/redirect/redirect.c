/*
 * For suites that have AMQP's own port written into their tests: loaded into their processes
 * (LD_PRELOAD), it turns every connection to port 5672 of this machine into one to the port in
 * INTEROP_PORT of 127.0.0.1, where the broker under test listens. All else goes where it was going.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { AMQP_PORT = 5672 };

typedef int connect_function(int, const struct sockaddr *, socklen_t);

static in_port_t broker_port(void) {
  const char *port = getenv("INTEROP_PORT");
  return htons((in_port_t)(port == NULL ? AMQP_PORT : atoi(port)));
}

/* A socket of IPv6 reaches 127.0.0.1 as ::ffff:127.0.0.1; the last four bytes are the address. */
static const struct in6_addr mapped_loopback = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}}};

static int is_loopback(const struct in6_addr *address) {
  return IN6_IS_ADDR_LOOPBACK(address) ||
         (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127);
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
  connect_function *next;
  *(void **)&next = dlsym(RTLD_NEXT, "connect");
  if (address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in to;
    memcpy(&to, address, sizeof to);
    if (to.sin_port == htons(AMQP_PORT) && (ntohl(to.sin_addr.s_addr) >> 24) == 127) {
      to.sin_port = broker_port();
      return next(socket, (const struct sockaddr *)&to, sizeof to);
    }
  }
  if (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
    struct sockaddr_in6 to;
    memcpy(&to, address, sizeof to);
    if (to.sin6_port == htons(AMQP_PORT) && is_loopback(&to.sin6_addr)) {
      to.sin6_addr = mapped_loopback;
      to.sin6_port = broker_port();
      return next(socket, (const struct sockaddr *)&to, sizeof to);
    }
  }
  return next(socket, address, length);
}
