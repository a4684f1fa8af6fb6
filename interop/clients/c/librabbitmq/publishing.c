/* Scenarios of publishing: confirms, returns, transactions. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "link.h"

enum { BATCH = 1000, BATCHES = 10, OBSERVER = 2 };

static void confirm_single(void) {
  link_t link = open_link();
  const char *queue = own_name("");
  amqp_basic_properties_t properties = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG,
                                        .delivery_mode = AMQP_DELIVERY_PERSISTENT};
  open_confirm_channel(link, CHANNEL);
  declare_queue(link, CHANNEL, queue, DURABLE);
  publish(link, CHANNEL, "", queue, amqp_cstring_bytes("kept"), &properties, false);
  wait_confirmed(link, NULL);
  struct received got = get(link, CHANNEL, queue, true);
  amqp_queue_delete(link, CHANNEL, amqp_cstring_bytes(queue), 0, 0);
  expect_body(&got, "kept");
  expect_number(got.message.properties.delivery_mode, AMQP_DELIVERY_PERSISTENT, "delivery mode");
}

static void confirm_batch(void) {
  link_t link = open_link();
  const char *queue = own_name("");
  char text[20];
  open_confirm_channel(link, CHANNEL);
  declare_queue(link, CHANNEL, queue, EXCLUSIVE);
  for (int number = 0; number < BATCH; number++) {
    snprintf(text, sizeof text, "%d", number);
    publish(link, CHANNEL, "", queue, amqp_cstring_bytes(text), NULL, false);
  }
  wait_confirmed(link, NULL);
  expect_number(declare_queue(link, CHANNEL, queue, PASSIVE), BATCH, "ready");
  consume(link, CHANNEL, queue, true);
  for (int number = 0; number < BATCH; number++) {
    struct received got = next_delivery(link);
    snprintf(text, sizeof text, "%d", number);
    expect_body(&got, text);
    forget(&got);
  }
}

static void confirm_batches(void) {
  link_t link = open_link();
  const char *queue = own_name("");
  open_confirm_channel(link, CHANNEL);
  declare_queue(link, CHANNEL, queue, EXCLUSIVE);
  for (int batch = 0; batch < BATCHES; batch++) {
    for (int number = 0; number < BATCH / BATCHES; number++)
      publish(link, CHANNEL, "", queue, amqp_cstring_bytes("x"), NULL, false);
    wait_confirmed(link, NULL);
  }
  expect_number(declare_queue(link, CHANNEL, queue, PASSIVE), BATCH, "ready");
}

static void mandatory_return(void) {
  link_t link = open_link();
  const char *key = own_name("");
  struct returned returned = {0};
  amqp_basic_properties_t properties = {
      ._flags = AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG,
      .message_id = amqp_cstring_bytes("m-1"),
      .content_type = amqp_cstring_bytes("application/x-test")};
  open_confirm_channel(link, CHANNEL);
  publish(link, CHANNEL, "amq.direct", key, amqp_cstring_bytes("lost"), &properties, true);
  wait_confirmed(link, &returned);
  expect_number(returned.count, 1, "returns before the confirm");
  expect_number(returned.reply_code, 312, "reply code");
  expect_text(returned.reply_text, "NO_ROUTE", "reply text");
  expect_text(returned.what.exchange, "amq.direct", "exchange");
  expect_text(returned.what.key, key, "routing key");
  expect_body(&returned.what, "lost");
  amqp_bytes_t id = returned.what.message.properties.message_id;
  expect(id.len == 3 && !memcmp(id.bytes, "m-1", 3), "message id");
  expect_number((long)returned.what.message.properties.content_type.len, 18, "content type");
}

static link_t transactional(const char *queue) {
  link_t link = open_link();
  open_channel(link, CHANNEL);
  open_channel(link, OBSERVER);
  declare_queue(link, OBSERVER, queue, EXCLUSIVE);
  amqp_tx_select(link, CHANNEL);
  expect_ok(link, "tx.select");
  return link;
}

static void commit(link_t link) {
  amqp_tx_commit(link, CHANNEL);
  expect_ok(link, "tx.commit");
}

static void expect_ready(link_t link, const char *queue, long count, const char *what) {
  expect_number(declare_queue(link, OBSERVER, queue, PASSIVE), count, what);
}

static void ack_one(link_t link, const char *queue) {
  struct received got = get(link, CHANNEL, queue, false);
  expect(got.present, "nothing to ack");
  amqp_basic_ack(link, CHANNEL, got.tag, 0);
  forget(&got);
}

static void tx_commit(void) {
  const char *queue = own_name("");
  link_t link = transactional(queue);
  publish(link, CHANNEL, "", queue, amqp_cstring_bytes("one"), NULL, false);
  publish(link, CHANNEL, "", queue, amqp_cstring_bytes("two"), NULL, false);
  expect_ready(link, queue, 0, "ready before the commit");
  commit(link);
  expect_ready(link, queue, 2, "ready after the commit");
  ack_one(link, queue);
  commit(link);
  close_channel(link, CHANNEL);
  expect_ready(link, queue, 1, "ready after a committed ack");
}

static void tx_rollback(void) {
  const char *queue = own_name("");
  link_t link = transactional(queue);
  publish(link, CHANNEL, "", queue, amqp_cstring_bytes("kept"), NULL, false);
  commit(link);
  publish(link, CHANNEL, "", queue, amqp_cstring_bytes("dropped"), NULL, false);
  ack_one(link, queue);
  amqp_tx_rollback(link, CHANNEL);
  expect_ok(link, "tx.rollback");
  expect_ready(link, queue, 0, "ready after the rollback, which does not redeliver");
  close_channel(link, CHANNEL);
  expect_ready(link, queue, 1, "ready in the end");
}

const struct scenario publishing[] = {
    {"confirm-single", confirm_single},   {"confirm-batch-1000", confirm_batch},
    {"confirm-batches", confirm_batches}, {"mandatory-return", mandatory_return},
    {"tx-commit", tx_commit},             {"tx-rollback", tx_rollback},
    {NULL, NULL},
};
