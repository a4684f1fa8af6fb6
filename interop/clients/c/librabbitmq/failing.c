/*
 * Scenarios of what goes wrong and what must go on: cancelled consumers, closed channels, a closed
 * connection, locks; and of many channels, request and reply, and silence.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "harness.h"
#include "link.h"

enum { SECOND = 2, CHANNELS = 1000, SILENCE_SECONDS = 5 };

static const char REPLY_TO[] = "amq.rabbitmq.reply-to";

static amqp_bytes_t bytes(const char *text) { return amqp_cstring_bytes(text); }

/* Declares, publishes, gets on a fresh confirm channel: shows that the connection works. */
static void exchange_one_message(link_t link, int channel) {
  const char *queue = own_name("after");
  open_confirm_channel(link, channel);
  declare_queue(link, channel, queue, EXCLUSIVE);
  publish_confirmed(link, "", queue, "alive");
  struct received got = get(link, channel, queue, true);
  expect_body(&got, "alive");
}

static void consumer_cancel(void) {
  link_t link = open_link();
  const char *queue = own_name("");
  open_channel(link, CHANNEL);
  open_channel(link, SECOND);
  declare_queue(link, CHANNEL, queue, EXCLUSIVE);
  consume(link, CHANNEL, queue, false);
  amqp_queue_delete(link, SECOND, bytes(queue), 0, 0);
  expect_ok(link, "queue.delete");
  expect_number(wait_method(link, AMQP_BASIC_CANCEL_METHOD).channel, CHANNEL, "channel");
  exchange_one_message(link, 3);
}

static void two_channels_one_error(void) {
  link_t link = open_link();
  const char *queue = own_name(""), *missing = own_name("missing");
  char text[400];
  open_confirm_channel(link, CHANNEL);
  open_channel(link, SECOND);
  declare_queue(link, CHANNEL, queue, EXCLUSIVE);
  consume(link, CHANNEL, queue, true);
  amqp_queue_declare(link, SECOND, bytes(missing), 1, 0, 0, 0, amqp_empty_table);
  snprintf(text, sizeof text, "404 NOT_FOUND - no queue '%s' in vhost '/'", missing);
  expect_channel_error(link, SECOND, text);
  publish(link, CHANNEL, "", queue, bytes("still here"), NULL, false);
  /* The confirm and the delivery may come in either order. */
  amqp_frame_t frame;
  for (bool delivered = false; !delivered;) {
    struct timeval limit = {.tv_sec = 10};
    int status = amqp_simple_wait_frame_noblock(link, &frame, &limit);
    if (status != AMQP_STATUS_OK) fail("no delivery: %s", amqp_error_string2(status));
    delivered = frame.frame_type == AMQP_FRAME_METHOD &&
                frame.payload.method.id == AMQP_BASIC_DELIVER_METHOD;
  }
  struct received got = {.present = true};
  amqp_read_message(link, CHANNEL, &got.message, 0);
  expect_body(&got, "still here");
}

static void channel_error_survived(void) {
  link_t link = open_link();
  const char *missing = own_name("missing");
  amqp_channel_close_ok_t close_ok = {0};
  char text[400];
  open_channel(link, CHANNEL);
  publish(link, CHANNEL, missing, "key", bytes("x"), NULL, false);
  amqp_frame_t frame = wait_method(link, AMQP_CHANNEL_CLOSE_METHOD);
  amqp_rpc_reply_t reply = {.reply_type = AMQP_RESPONSE_SERVER_EXCEPTION,
                            .reply = frame.payload.method};
  snprintf(text, sizeof text, "404 NOT_FOUND - no exchange '%s' in vhost '/'", missing);
  expect_contains(described(reply), text);
  amqp_send_method(link, CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);
  exchange_one_message(link, SECOND);
}

static void connection_error_reported(void) {
  link_t link = open_link();
  const char *queue = own_name("");
  amqp_connection_close_ok_t close_ok = {0};
  open_channel(link, CHANNEL);
  declare_queue(link, CHANNEL, queue, EXCLUSIVE);
  for (int times = 0; times < 2; times++)
    amqp_basic_consume(link, CHANNEL, bytes(queue), bytes("twice"), 0, 0, 0, amqp_empty_table);
  expect_text(described(amqp_get_rpc_reply(link)),
              "connection closed: 530 NOT_ALLOWED - attempt to reuse consumer tag 'twice'",
              "reported");
  amqp_send_method(link, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &close_ok);
}

static void exclusive_queue_locked(void) {
  link_t owner = open_link(), other = open_link();
  const char *queue = own_name("");
  char text[400];
  snprintf(text, sizeof text, "405 RESOURCE_LOCKED - cannot obtain exclusive access to locked "
           "queue '%s' in vhost '/'", queue);
  open_confirm_channel(owner, CHANNEL);
  declare_queue(owner, CHANNEL, queue, EXCLUSIVE);
  open_channel(other, 1);
  amqp_queue_declare(other, 1, bytes(queue), 0, 0, 1, 0, amqp_empty_table);
  expect_channel_error(other, 1, text);
  open_channel(other, 2);
  expect_contains(described(amqp_basic_get(other, 2, bytes(queue), 1)), text);
  open_channel(other, 3);
  amqp_basic_consume(other, 3, bytes(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
  expect_channel_error(other, 3, text);
  publish_confirmed(owner, "", queue, "mine");
  struct received got = get(owner, CHANNEL, queue, true);
  expect_body(&got, "mine");
}

static void answer(link_t server, const char *queue) {
  struct received request = next_delivery(server);
  const amqp_basic_properties_t *asked = &request.message.properties;
  char reply_to[256], body[20] = "";
  expect_text(request.key, queue, "the request's routing key");
  snprintf(reply_to, sizeof reply_to, "%.*s", (int)asked->reply_to.len,
           (char *)asked->reply_to.bytes);
  expect(!strncmp(reply_to, REPLY_TO, sizeof REPLY_TO - 1) && reply_to[sizeof REPLY_TO - 1] == '.',
         "reply-to was not rewritten");
  amqp_basic_properties_t properties = {._flags = AMQP_BASIC_CORRELATION_ID_FLAG,
                                        .correlation_id = asked->correlation_id};
  for (size_t index = 0; index < request.message.body.len && index < sizeof body - 1; index++)
    body[index] = (char)toupper(((unsigned char *)request.message.body.bytes)[index]);
  publish(server, CHANNEL, "", reply_to, bytes(body), &properties, false);
}

static void rpc(void) {
  link_t client = open_link(), server = open_link();
  const char *queue = own_name("");
  const char *questions[][2] = {{"one", "ONE"}, {"two", "TWO"}, {"three", "THREE"}};
  open_channel(client, CHANNEL);
  open_channel(server, CHANNEL);
  declare_queue(server, CHANNEL, queue, AUTO_DELETE);
  consume(server, CHANNEL, queue, true);
  consume(client, CHANNEL, REPLY_TO, true);
  for (size_t index = 0; index < sizeof questions / sizeof *questions; index++) {
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_REPLY_TO_FLAG,
        .correlation_id = bytes(questions[index][0]),
        .reply_to = bytes(REPLY_TO)};
    publish(client, CHANNEL, "", queue, bytes(questions[index][0]), &properties, false);
    answer(server, queue);
    struct received reply = next_delivery(client);
    expect_body(&reply, questions[index][1]);
    amqp_bytes_t id = reply.message.properties.correlation_id;
    expect(id.len == strlen(questions[index][0]) && !memcmp(id.bytes, questions[index][0], id.len),
           "correlation id");
  }
}

static void channels(void) {
  link_t link = open_link();
  const char *queue = own_name("");
  for (int channel = 1; channel <= CHANNELS; channel++) open_channel(link, channel);
  declare_queue(link, 1, queue, EXCLUSIVE);
  for (int channel = 1; channel <= CHANNELS; channel++)
    publish(link, channel, "", queue, bytes("x"), NULL, false);
  consume(link, CHANNELS, queue, true);
  for (int channel = 1; channel <= CHANNELS; channel++) {
    struct received got = next_delivery(link);
    forget(&got);
  }
}

static void heartbeat_silence(void) {
  amqp_rpc_reply_t reply;
  link_t link = try_link(broker_port, "/", broker_password, 1, &reply);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("cannot log in: %s", described(reply));
  /* One more: time() counts whole seconds. */
  time_t end = time(NULL) + SILENCE_SECONDS + 1;
  while (time(NULL) < end) {
    amqp_frame_t frame;
    struct timeval limit = {.tv_sec = 1};
    int status = amqp_simple_wait_frame_noblock(link, &frame, &limit);
    if (status != AMQP_STATUS_TIMEOUT) fail("lost in silence: %s", amqp_error_string2(status));
  }
  exchange_one_message(link, CHANNEL);
}

const struct scenario failing[] = {
    {"consumer-cancel", consumer_cancel},
    {"two-channels-one-error", two_channels_one_error},
    {"channel-error-survived", channel_error_survived},
    {"connection-error-reported", connection_error_reported},
    {"exclusive-queue-locked", exclusive_queue_locked},
    {"rpc-direct-reply-to", rpc},
    {"channels-1000", channels},
    {"heartbeat-silence", heartbeat_silence},
    {NULL, NULL},
};
