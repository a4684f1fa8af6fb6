/* Declaring, publishing and receiving. See link.h. */
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "harness.h"
#include "link.h"

enum { WAIT_SECONDS = 10, MAX_PUBLISHES = 1100 };

/* The confirm channel: how many publishes, which of them are settled. Tags start at 1. */
static struct {
  link_t link;
  int channel;
  uint64_t published, settled;
  bool settled_tags[MAX_PUBLISHES + 1];
} confirms;

static amqp_bytes_t bytes(const char *text) { return amqp_cstring_bytes(text); }

void open_confirm_channel(link_t link, int channel) {
  open_channel(link, channel);
  amqp_confirm_select(link, (amqp_channel_t)channel);
  expect_ok(link, "confirm.select");
  memset(&confirms, 0, sizeof confirms);
  confirms.link = link;
  confirms.channel = channel;
}

long declare_queue(link_t link, int channel, const char *name, int flags) {
  return declare_queue_with(link, channel, name, flags, amqp_empty_table);
}

long declare_queue_with(link_t link, int channel, const char *name, int flags,
                        amqp_table_t arguments) {
  amqp_queue_declare_ok_t *ok = amqp_queue_declare(
      link, (amqp_channel_t)channel, bytes(name), (flags & PASSIVE) != 0, (flags & DURABLE) != 0,
      (flags & EXCLUSIVE) != 0, (flags & AUTO_DELETE) != 0, arguments);
  expect_ok(link, "queue.declare");
  return ok->message_count;
}

void declare_exchange(link_t link, int channel, const char *name, const char *type) {
  amqp_exchange_declare(link, (amqp_channel_t)channel, bytes(name), bytes(type), 0, 0, 1, 0,
                        amqp_empty_table);
  expect_ok(link, "exchange.declare");
}

void bind_queue(link_t link, int channel, const char *queue, const char *exchange,
                const char *key, amqp_table_t arguments) {
  amqp_queue_bind(link, (amqp_channel_t)channel, bytes(queue), bytes(exchange), bytes(key),
                  arguments);
  expect_ok(link, "queue.bind");
}

void publish(link_t link, int channel, const char *exchange, const char *key, amqp_bytes_t body,
             const amqp_basic_properties_t *properties, bool mandatory) {
  int status = amqp_basic_publish(link, (amqp_channel_t)channel, bytes(exchange), bytes(key),
                                  mandatory, 0, properties, body);
  if (status != AMQP_STATUS_OK) fail("basic.publish: %s", amqp_error_string2(status));
  if (link != confirms.link || channel != confirms.channel) return;
  if (++confirms.published > MAX_PUBLISHES) fail("more than %d publishes", MAX_PUBLISHES);
}

static void settle(const amqp_basic_ack_t *ack) {
  uint64_t last = ack->delivery_tag;
  if (last == 0 || last > confirms.published) fail("confirm of tag %lu", (unsigned long)last);
  for (uint64_t tag = ack->multiple ? 1 : last; tag <= last; tag++) {
    if (confirms.settled_tags[tag]) continue;
    confirms.settled_tags[tag] = true;
    confirms.settled++;
  }
}

static void copy(char *to, amqp_bytes_t from) {
  snprintf(to, 256, "%.*s", (int)from.len, (char *)from.bytes);
}

static void read_return(link_t link, const amqp_frame_t *frame, struct returned *returned) {
  const amqp_basic_return_t *method = frame->payload.method.decoded;
  if (!returned) fail("a message came back: %d", method->reply_code);
  returned->count++;
  returned->reply_code = method->reply_code;
  copy(returned->reply_text, method->reply_text);
  copy(returned->what.exchange, method->exchange);
  copy(returned->what.key, method->routing_key);
  amqp_rpc_reply_t reply = amqp_read_message(link, frame->channel, &returned->what.message, 0);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("the return's content: %s", described(reply));
  returned->what.present = true;
}

void wait_confirmed(link_t link, struct returned *returned) {
  while (confirms.settled < confirms.published) {
    amqp_frame_t frame;
    struct timeval limit = {.tv_sec = WAIT_SECONDS};
    int status = amqp_simple_wait_frame_noblock(link, &frame, &limit);
    if (status != AMQP_STATUS_OK) fail("waiting for confirms: %s", amqp_error_string2(status));
    if (frame.frame_type != AMQP_FRAME_METHOD) continue;
    amqp_method_number_t method = frame.payload.method.id;
    if (method == AMQP_BASIC_RETURN_METHOD) read_return(link, &frame, returned);
    else if (method == AMQP_BASIC_ACK_METHOD) settle(frame.payload.method.decoded);
    else fail("waiting for confirms: %s came", amqp_method_name(method));
  }
}

amqp_table_entry_t text_entry(const char *key, const char *value) {
  amqp_table_entry_t entry = {.key = bytes(key)};
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = bytes(value);
  return entry;
}

void publish_confirmed(link_t link, const char *exchange, const char *key, const char *text) {
  publish(link, confirms.channel, exchange, key, bytes(text), NULL, false);
  wait_confirmed(link, NULL);
}

struct received get(link_t link, int channel, const char *queue, bool no_ack) {
  struct received got = {0};
  amqp_rpc_reply_t reply = amqp_basic_get(link, (amqp_channel_t)channel, bytes(queue), no_ack);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("basic.get: %s", described(reply));
  if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD) return got;
  const amqp_basic_get_ok_t *ok = reply.reply.decoded;
  got.present = true;
  got.tag = ok->delivery_tag;
  got.redelivered = ok->redelivered;
  got.left = ok->message_count;
  copy(got.exchange, ok->exchange);
  copy(got.key, ok->routing_key);
  reply = amqp_read_message(link, (amqp_channel_t)channel, &got.message, 0);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("get-ok's content: %s", described(reply));
  return got;
}

void consume(link_t link, int channel, const char *queue, bool no_ack) {
  try_consume(link, channel, queue, no_ack, amqp_empty_table);
  expect_ok(link, "basic.consume");
}

void try_consume(link_t link, int channel, const char *queue, bool no_ack,
                 amqp_table_t arguments) {
  amqp_basic_consume(link, (amqp_channel_t)channel, bytes(queue), amqp_empty_bytes, 0, no_ack, 0,
                     arguments);
}

struct received next_delivery(link_t link) {
  struct received got = {.present = true};
  struct timeval limit = {.tv_sec = WAIT_SECONDS};
  amqp_envelope_t envelope;
  amqp_rpc_reply_t reply = amqp_consume_message(link, &envelope, &limit, 0);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("no delivery: %s", described(reply));
  got.tag = envelope.delivery_tag;
  got.redelivered = envelope.redelivered;
  copy(got.exchange, envelope.exchange);
  copy(got.key, envelope.routing_key);
  got.message = envelope.message;
  amqp_bytes_free(envelope.exchange);
  amqp_bytes_free(envelope.routing_key);
  amqp_bytes_free(envelope.consumer_tag);
  return got;
}

void expect_body(const struct received *got, const char *text) {
  if (!got->present) fail("no message where '%s' was expected", text);
  amqp_bytes_t body = got->message.body;
  if (body.len != strlen(text) || memcmp(body.bytes, text, body.len))
    fail("body: expected '%s', got '%.*s'", text, (int)body.len, (char *)body.bytes);
}

void forget(struct received *got) {
  if (got->present) amqp_destroy_message(&got->message);
  got->present = false;
}

amqp_frame_t wait_method(link_t link, amqp_method_number_t method) {
  amqp_frame_t frame;
  struct timeval limit = {.tv_sec = WAIT_SECONDS};
  int status = amqp_simple_wait_frame_noblock(link, &frame, &limit);
  if (status != AMQP_STATUS_OK)
    fail("no %s: %s", amqp_method_name(method), amqp_error_string2(status));
  expect(frame.frame_type == AMQP_FRAME_METHOD, "a frame that is no method");
  expect_text(amqp_method_name(frame.payload.method.id), amqp_method_name(method), "method");
  return frame;
}
