/*
 * Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
 * together, dead letters that wait. Each consumer has a connection of its own: the library hands
 * out what comes on one, whatever it was waiting for.
 */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "link.h"

enum { BOTH = 2 };

static const char exchange[] = "amq.direct";

static amqp_table_t table_of(amqp_table_entry_t *entries, int count) {
  return (amqp_table_t){.num_entries = count, .entries = entries};
}

static void put(link_t link, const char *to, const char *key, const char *body,
                const amqp_basic_properties_t *properties) {
  publish(link, CHANNEL, to, key, amqp_cstring_bytes(body), properties, false);
  wait_confirmed(link, NULL);
}

/* A publisher's connection, with a queue that goes with its last consumer. */
static link_t open_publisher(const char *queue, amqp_table_t arguments) {
  link_t link = open_link();
  open_confirm_channel(link, CHANNEL);
  declare_queue_with(link, CHANNEL, queue, AUTO_DELETE, arguments);
  return link;
}

static link_t open_consumer(const char *queue, int prefetch, const char *selector) {
  link_t link = open_link();
  open_channel(link, CHANNEL);
  amqp_basic_qos(link, CHANNEL, 0, (uint16_t)prefetch, 0);
  expect_ok(link, "basic.qos");
  amqp_table_entry_t filter = text_entry("x-filter", selector ? selector : "");
  try_consume(link, CHANNEL, queue, false, table_of(&filter, selector ? 1 : 0));
  return link;
}

/* The next message, which must be this one; gives its tag. */
static uint64_t take(link_t link, const char *body) {
  struct received got = next_delivery(link);
  expect_body(&got, body);
  forget(&got);
  return got.tag;
}

static void ack(link_t link, uint64_t tag) { amqp_basic_ack(link, CHANNEL, tag, 0); }

static void take_and_ack(link_t link, const char *body) { ack(link, take(link, body)); }

static void put_coloured(link_t link, const char *queue, const char *body, const char *colour,
                         int size) {
  amqp_table_entry_t headers[] = {text_entry("colour", colour),
                                  {.key = amqp_cstring_bytes("size")}};
  headers[1].value.kind = AMQP_FIELD_KIND_I32;
  headers[1].value.value.i32 = size;
  amqp_basic_properties_t properties = {._flags = AMQP_BASIC_HEADERS_FLAG,
                                        .headers = table_of(headers, 2)};
  put(link, "", queue, body, &properties);
}

static void filter(void) {
  const char *queue = own_name("");
  char refusal[400];
  amqp_basic_properties_t named = {._flags = AMQP_BASIC_MESSAGE_ID_FLAG,
                                   .message_id = amqp_cstring_bytes("order-7")};
  link_t publisher = open_publisher(queue, amqp_empty_table);
  put_coloured(publisher, queue, "big red", "red", 5);
  put_coloured(publisher, queue, "small red", "red", 3);
  put_coloured(publisher, queue, "big blue", "blue", 9);
  put(publisher, "", queue, "named", &named);
  put_coloured(publisher, queue, "bigger red", "red", 70000);
  link_t reds = open_consumer(queue, 0, "colour = 'red' AND size > 3");
  expect_ok(reds, "basic.consume");
  take_and_ack(reds, "big red");
  take_and_ack(reds, "bigger red");
  link_t orders = open_consumer(queue, 0, "p.message_id LIKE 'order-%'");
  expect_ok(orders, "basic.consume");
  take_and_ack(orders, "named");
  put_coloured(publisher, queue, "last red", "red", 4);
  take_and_ack(reds, "last red");
  link_t others = open_consumer(queue, 0, NULL);
  take(others, "small red");
  take(others, "big blue");
  link_t wrong = open_consumer(queue, 0, "colour = 'red");
  snprintf(refusal, sizeof refusal,
           "406 PRECONDITION_FAILED - invalid arg 'x-filter' for queue '%s' in vhost '/': "
           "{invalid_filter,\"no end of the quote at 10\"}",
           queue);
  expect_channel_error(wrong, CHANNEL, refusal);
}

/* Publishes messages whose keys are the first letters of their names, up to a null-name. */
static void put_keyed(link_t publisher, const char *queue, const char *header,
                      const char *const *names) {
  for (; *names; names++) {
    char key[2] = {**names, 0}, routing_key[256];
    snprintf(routing_key, sizeof routing_key, "%s.%s", queue, header ? "a" : key);
    amqp_table_entry_t entry = text_entry(header ? header : "", key);
    amqp_basic_properties_t properties = {._flags = AMQP_BASIC_HEADERS_FLAG,
                                          .headers = table_of(&entry, header ? 1 : 0)};
    put(publisher, exchange, routing_key, *names, &properties);
  }
}

#define PUT(...) put_keyed(publisher, queue, header, (const char *const[]){__VA_ARGS__, NULL})

/* Two consumers, of no more than two messages each at a time; without a header, by routing key. */
static void groups(const char *header) {
  const char *argument = header ? header : "routing-key", *queue = own_name(argument);
  amqp_table_entry_t group_key = text_entry("x-group-key", argument);
  link_t publisher = open_publisher(queue, table_of(&group_key, 1));
  for (int key = 'a'; key <= 'b'; key++) {
    char routing_key[256];
    snprintf(routing_key, sizeof routing_key, "%s.%c", queue, key);
    bind_queue(publisher, CHANNEL, queue, exchange, routing_key, amqp_empty_table);
  }
  PUT("a1", "a2", "a3", "b1", "b2", "b3");
  link_t first = open_consumer(queue, BOTH, NULL);
  uint64_t oldest = take(first, "a1"), older = take(first, "a2");
  link_t second = open_consumer(queue, BOTH, NULL);
  take_and_ack(second, "b1");
  take_and_ack(second, "b2");
  take_and_ack(second, "b3");
  /* The second one has nothing to do, and yet it gets none of the key that the first one has. */
  expect_number(declare_queue(second, CHANNEL, queue, PASSIVE), 1, "ready");
  ack(first, oldest);
  uint64_t last = take(first, "a3");
  ack(first, older);
  ack(first, last);
  close_channel(first, CHANNEL);
  PUT("a4");
  /* Had any of the others come to it, that would be the next one. */
  take(second, "a4");
}

static void group_key(void) {
  groups(NULL);
  groups("customer");
}

static const amqp_field_value_t *field(const amqp_table_t *table, const char *key) {
  for (int i = 0; i < table->num_entries; i++) {
    amqp_bytes_t name = table->entries[i].key;
    if (name.len == strlen(key) && !memcmp(name.bytes, key, name.len))
      return &table->entries[i].value;
  }
  fail("no %s", key);
}

static void dead_letter_at_least_once(void) {
  const char *queue = own_name(""), *target = own_name("dead"), *key = own_name("key");
  amqp_table_entry_t arguments[] = {
      text_entry("x-queue-type", "quorum"), text_entry("x-overflow", "reject-publish"),
      text_entry("x-dead-letter-strategy", "at-least-once"),
      text_entry("x-dead-letter-exchange", exchange),
      text_entry("x-dead-letter-routing-key", key)};
  link_t publisher = open_link();
  open_confirm_channel(publisher, CHANNEL);
  declare_queue_with(publisher, CHANNEL, queue, DURABLE, table_of(arguments, 5));
  publish_confirmed(publisher, "", queue, "refused");
  link_t living = open_consumer(queue, 0, NULL);
  amqp_basic_reject(living, CHANNEL, take(living, "refused"), 0);
  /* When this is answered, the letter has found no queue. */
  declare_queue(living, CHANNEL, target, AUTO_DELETE);
  bind_queue(living, CHANNEL, target, exchange, key, amqp_empty_table);
  struct received dead = next_delivery(open_consumer(target, 0, NULL));
  expect_body(&dead, "refused");
  const amqp_field_value_t *deaths = field(&dead.message.properties.headers, "x-death");
  expect_number(deaths->kind, AMQP_FIELD_KIND_ARRAY, "type of x-death");
  expect_number(deaths->value.array.num_entries, 1, "deaths");
  const amqp_bytes_t reason =
      field(&deaths->value.array.entries[0].value.table, "reason")->value.bytes;
  expect(reason.len == 8 && !memcmp(reason.bytes, "rejected", 8), "another reason than rejected");
  forget(&dead);
  amqp_queue_delete(publisher, CHANNEL, amqp_cstring_bytes(queue), 0, 0);
  expect_ok(publisher, "queue.delete");
}

const struct scenario extensions[] = {{"filter", filter},
                                      {"group-key", group_key},
                                      {"dead-letter-at-least-once", dead_letter_at_least_once},
                                      {NULL, NULL}};
