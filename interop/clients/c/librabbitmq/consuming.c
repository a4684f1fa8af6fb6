/*
 * Scenarios of receiving: get, consume, each form of settling. What a settle left behind is read
 * from the queue after the channel is closed, when all that was not settled has come back.
 */
#include <stdio.h>

#include "harness.h"
#include "link.h"

enum { PUBLISHER = 2, MOST = 10 };

static link_t link;
static const char *queue;
static uint64_t tags[MOST + 1];

/* A queue of its own with the messages 1 to `count`, and CHANNEL to take them on. */
static void fill(int count) {
  char text[20];
  link = open_link();
  queue = own_name("");
  open_confirm_channel(link, PUBLISHER);
  declare_queue(link, PUBLISHER, queue, EXCLUSIVE);
  for (int number = 1; number <= count; number++) {
    snprintf(text, sizeof text, "%d", number);
    publish_confirmed(link, "", queue, text);
  }
  open_channel(link, CHANNEL);
}

static void expect_delivery(int number, bool redelivered) {
  char text[20];
  struct received got = next_delivery(link);
  snprintf(text, sizeof text, "%d", number);
  expect_body(&got, text);
  expect_number(got.redelivered, redelivered, "redelivered");
  tags[number] = got.tag;
  forget(&got);
}

/* Starts a consumer and waits for its first `count` messages. */
static void take(int count, bool no_ack) {
  consume(link, CHANNEL, queue, no_ack);
  for (int number = 1; number <= count; number++) expect_delivery(number, false);
}

/* Closes CHANNEL; the queue must hold these numbers then, which end with a 0. */
static void expect_left(const int *numbers) {
  char text[20];
  close_channel(link, CHANNEL);
  for (; *numbers; numbers++) {
    struct received got = get(link, PUBLISHER, queue, true);
    snprintf(text, sizeof text, "%d", *numbers);
    expect_body(&got, text);
    forget(&got);
  }
  struct received more = get(link, PUBLISHER, queue, true);
  if (more.present) fail("also left: '%.*s'", (int)more.message.body.len,
                         (char *)more.message.body.bytes);
}

#define LEFT(...) expect_left((const int[]){__VA_ARGS__ 0})

static void get_one_by_one(void) {
  fill(3);
  struct received first = get(link, CHANNEL, queue, false);
  expect_body(&first, "1");
  expect_number(first.left, 2, "left");
  expect_number(first.redelivered, false, "redelivered");
  expect_text(first.exchange, "", "exchange");
  expect_text(first.key, queue, "routing key");
  amqp_basic_ack(link, CHANNEL, first.tag, 0);
  struct received second = get(link, CHANNEL, queue, true);
  expect_body(&second, "2");
  expect_number(second.left, 1, "left");
  LEFT(3, );
}

static void get_empty(void) {
  fill(0);
  expect(!get(link, CHANNEL, queue, false).present, "a message from an empty queue");
  expect(!get(link, CHANNEL, queue, true).present, "a message from an empty queue");
}

static void prefetch(void) {
  fill(10);
  amqp_basic_qos(link, CHANNEL, 0, 3, 0);
  expect_ok(link, "basic.qos");
  take(3, false);
  expect_number(declare_queue(link, CHANNEL, queue, PASSIVE), 7, "ready while three are out");
  amqp_basic_ack(link, CHANNEL, tags[1], 0);
  expect_delivery(4, false);
  LEFT(2, 3, 4, 5, 6, 7, 8, 9, 10, );
}

static void ack_each(void) {
  fill(5);
  take(5, false);
  for (int number = 1; number <= 5; number++) amqp_basic_ack(link, CHANNEL, tags[number], 0);
  LEFT();
}

static void ack_multiple(void) {
  fill(6);
  take(6, false);
  amqp_basic_ack(link, CHANNEL, tags[4], 1);
  LEFT(5, 6, );
}

static void auto_ack(void) {
  fill(5);
  take(5, true);
  LEFT();
}

static void reject_drop(void) {
  fill(3);
  take(3, false);
  amqp_basic_reject(link, CHANNEL, tags[1], 0);
  amqp_basic_reject(link, CHANNEL, tags[3], 0);
  LEFT(2, );
}

static void nack_multiple(void) {
  fill(4);
  take(4, false);
  amqp_basic_nack(link, CHANNEL, tags[3], 1, 1);
  for (int number = 1; number <= 3; number++) expect_delivery(number, true);
}

static void nack_requeue(void) {
  fill(1);
  take(1, false);
  amqp_basic_nack(link, CHANNEL, tags[1], 0, 1);
  expect_delivery(1, true);
  amqp_basic_nack(link, CHANNEL, tags[1], 0, 0);
  LEFT();
}

const struct scenario consuming[] = {
    {"get", get_one_by_one},          {"get-empty", get_empty},
    {"consume-prefetch", prefetch},   {"ack-each", ack_each},
    {"ack-multiple", ack_multiple},   {"auto-ack", auto_ack},
    {"reject-drop", reject_drop},     {"nack-multiple", nack_multiple},
    {"nack-requeue", nack_requeue},   {NULL, NULL},
};
