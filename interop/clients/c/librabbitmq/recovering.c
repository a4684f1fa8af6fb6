/*
 * Scenarios in which a broker of the scenario's own is blocked, or killed with SIGKILL, under the
 * client.
 */
#include <string.h>
#include <sys/time.h>

#include "harness.h"
#include "link.h"

static void blocked_unblocked(void) {
  static const char reason[] = "low on memory";
  int port = own_broker_start();
  link_t link = open_link_to(port), other = open_link_to(port);
  const char *queue = own_name("");
  open_channel(link, CHANNEL);
  declare_queue(link, CHANNEL, queue, 0);
  own_broker_block();
  publish(link, CHANNEL, "", queue, amqp_cstring_bytes("meanwhile"), NULL, false);
  amqp_frame_t frame = wait_method(link, AMQP_CONNECTION_BLOCKED_METHOD);
  const amqp_connection_blocked_t *blocked = frame.payload.method.decoded;
  expect(blocked->reason.len == strlen(reason) &&
             !memcmp(blocked->reason.bytes, reason, blocked->reason.len),
         "the reason is not that it is low on memory");
  own_broker_unblock();
  wait_method(link, AMQP_CONNECTION_UNBLOCKED_METHOD);
  open_channel(other, CHANNEL);
  consume(other, CHANNEL, queue, true);
  struct received got = next_delivery(other);
  expect_body(&got, "meanwhile");
}

static void broker_killed_reported(void) {
  amqp_frame_t frame;
  struct timeval limit = {.tv_sec = 10};
  link_t link = open_link_to(own_broker_start());
  open_channel(link, CHANNEL);
  declare_queue(link, CHANNEL, own_name(""), 0);
  own_broker_kill();
  int status = amqp_simple_wait_frame_noblock(link, &frame, &limit);
  if (status != AMQP_STATUS_CONNECTION_CLOSED && status != AMQP_STATUS_SOCKET_ERROR)
    fail("reported: %s", amqp_error_string2(status));
}

static void no_recovery(void) { skip("the client has no recovery of its own"); }

const struct scenario recovering[] = {
    {"blocked-unblocked", blocked_unblocked},
    {"broker-killed-reported", broker_killed_reported},
    {"recover-publisher", no_recovery},
    {"recover-consumer", no_recovery},
    {NULL, NULL},
};
