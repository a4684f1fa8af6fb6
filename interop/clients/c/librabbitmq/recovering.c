/* Scenarios in which a broker of the scenario's own is killed with SIGKILL under the client. */
#include <sys/time.h>

#include "harness.h"
#include "link.h"

static void broker_killed_reported(void) {
  amqp_rpc_reply_t reply;
  amqp_frame_t frame;
  struct timeval limit = {.tv_sec = 10};
  link_t link = try_link(own_broker_start(), "/", broker_password, 0, &reply);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("cannot log in: %s", described(reply));
  open_channel(link, CHANNEL);
  declare_queue(link, CHANNEL, own_name(""), 0);
  own_broker_kill();
  int status = amqp_simple_wait_frame_noblock(link, &frame, &limit);
  if (status != AMQP_STATUS_CONNECTION_CLOSED && status != AMQP_STATUS_SOCKET_ERROR)
    fail("reported: %s", amqp_error_string2(status));
}

static void no_recovery(void) { skip("the client has no recovery of its own"); }

const struct scenario recovering[] = {
    {"broker-killed-reported", broker_killed_reported},
    {"recover-publisher", no_recovery},
    {"recover-consumer", no_recovery},
    {NULL, NULL},
};
