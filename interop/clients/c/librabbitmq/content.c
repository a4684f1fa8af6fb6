/* Scenarios of what a message carries: sizes, Unicode, headers of every type, properties. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "link.h"

enum { TEN_MIB = 10 * 1024 * 1024 };

static link_t link;
static const char *queue;

static void set_up(void) {
  link = open_link();
  queue = own_name("");
  open_confirm_channel(link, CHANNEL);
  declare_queue(link, CHANNEL, queue, EXCLUSIVE);
}

/* Publishes into the queue and gets it back. */
static struct received there_and_back(amqp_bytes_t body,
                                      const amqp_basic_properties_t *properties) {
  publish(link, CHANNEL, "", queue, body, properties, false);
  wait_confirmed(link, NULL);
  struct received got = get(link, CHANNEL, queue, true);
  expect(got.present, "nothing in the queue");
  return got;
}

static void body_empty(void) {
  set_up();
  amqp_basic_properties_t properties = {._flags = AMQP_BASIC_TYPE_FLAG,
                                        .type = amqp_cstring_bytes("empty")};
  struct received got = there_and_back(amqp_empty_bytes, &properties);
  expect_number((long)got.message.body.len, 0, "octets");
  expect_number((long)got.message.properties.type.len, 5, "octets of type");
}

static void body_10mib(void) {
  set_up();
  amqp_bytes_t body = amqp_bytes_malloc(TEN_MIB);
  unsigned int state = 1;
  for (size_t index = 0; index < body.len; index++) {
    state = state * 1664525u + 1013904223u;
    ((unsigned char *)body.bytes)[index] = (unsigned char)(state >> 24);
  }
  publish(link, CHANNEL, "", queue, body, NULL, false);
  wait_confirmed(link, NULL);
  consume(link, CHANNEL, queue, true);
  struct received got = next_delivery(link);
  expect_number((long)got.message.body.len, TEN_MIB, "octets");
  expect(!memcmp(got.message.body.bytes, body.bytes, TEN_MIB), "the bytes differ");
  forget(&got);
  amqp_bytes_free(body);
}

static void unicode(void) {
  set_up();
  const char *exchange = own_name("交換機.обмен"), *unicode_queue = own_name("очередь.队列.🐇");
  const char *key = "ключ.🐇.größe", *text = "Grüße, 兎 and 🐇, e\xcc\x81";
  declare_exchange(link, CHANNEL, exchange, "topic");
  declare_queue(link, CHANNEL, unicode_queue, EXCLUSIVE);
  bind_queue(link, CHANNEL, unicode_queue, exchange, "ключ.*.größe", amqp_empty_table);
  publish_confirmed(link, exchange, key, text);
  struct received got = get(link, CHANNEL, unicode_queue, true);
  expect_body(&got, text);
  expect_text(got.exchange, exchange, "exchange");
  expect_text(got.key, key, "routing key");
}

static void expect_same_text(amqp_bytes_t actual, const char *expected, const char *what) {
  if (actual.len != strlen(expected) || memcmp(actual.bytes, expected, actual.len))
    fail("%s: expected '%s', got '%.*s'", what, expected, (int)actual.len, (char *)actual.bytes);
}

static void properties_all(void) {
  set_up();
  amqp_table_entry_t header = {.key = amqp_cstring_bytes("key")};
  header.value.kind = AMQP_FIELD_KIND_UTF8;
  header.value.value.bytes = amqp_cstring_bytes("value");
  amqp_basic_properties_t sent = {
      ._flags = 0xfffc, /* all 14 */
      .content_type = amqp_cstring_bytes("application/octet-stream"),
      .content_encoding = amqp_cstring_bytes("identity"),
      .headers = {.num_entries = 1, .entries = &header},
      .delivery_mode = 2,
      .priority = 9,
      .correlation_id = amqp_cstring_bytes("correlation-1"),
      .reply_to = amqp_cstring_bytes("reply.queue"),
      .expiration = amqp_cstring_bytes("3600000"),
      .message_id = amqp_cstring_bytes("message-1"),
      .timestamp = 1700000000,
      .type = amqp_cstring_bytes("type-1"),
      .user_id = amqp_cstring_bytes(broker_user),
      .app_id = amqp_cstring_bytes("app-1"),
      .cluster_id = amqp_cstring_bytes("cluster-1"),
  };
  struct received got = there_and_back(amqp_cstring_bytes("x"), &sent);
  const amqp_basic_properties_t *back = &got.message.properties;
  expect_number((long)back->_flags, 0xfffc, "flags");
  expect_same_text(back->content_type, "application/octet-stream", "content_type");
  expect_same_text(back->content_encoding, "identity", "content_encoding");
  expect_number(back->headers.num_entries, 1, "headers");
  expect_same_text(back->headers.entries[0].key, "key", "header key");
  expect_same_text(back->headers.entries[0].value.value.bytes, "value", "header value");
  expect_number(back->delivery_mode, 2, "delivery_mode");
  expect_number(back->priority, 9, "priority");
  expect_same_text(back->correlation_id, "correlation-1", "correlation_id");
  expect_same_text(back->reply_to, "reply.queue", "reply_to");
  expect_same_text(back->expiration, "3600000", "expiration");
  expect_same_text(back->message_id, "message-1", "message_id");
  expect_number((long)back->timestamp, 1700000000, "timestamp");
  expect_same_text(back->type, "type-1", "type");
  expect_same_text(back->user_id, broker_user, "user_id");
  expect_same_text(back->app_id, "app-1", "app_id");
  expect_same_text(back->cluster_id, "cluster-1", "cluster_id");
}

static void priorities_timestamps(void) {
  static const uint8_t priorities[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255};
  static const uint64_t timestamps[] = {0, 1, 1000000000, 2147483648, 4102444800};
  set_up();
  for (size_t index = 0; index < sizeof priorities / sizeof *priorities; index++) {
    amqp_basic_properties_t sent = {._flags = AMQP_BASIC_PRIORITY_FLAG,
                                    .priority = priorities[index]};
    struct received got = there_and_back(amqp_cstring_bytes("x"), &sent);
    expect_number((long)got.message.properties._flags, AMQP_BASIC_PRIORITY_FLAG, "flags");
    expect_number(got.message.properties.priority, priorities[index], "priority");
    forget(&got);
  }
  for (size_t index = 0; index < sizeof timestamps / sizeof *timestamps; index++) {
    amqp_basic_properties_t sent = {._flags = AMQP_BASIC_TIMESTAMP_FLAG,
                                    .timestamp = timestamps[index]};
    struct received got = there_and_back(amqp_cstring_bytes("x"), &sent);
    expect_number((long)got.message.properties._flags, AMQP_BASIC_TIMESTAMP_FLAG, "flags");
    expect_number((long)got.message.properties.timestamp, (long)timestamps[index], "timestamp");
    forget(&got);
  }
}

void header_table(void); /* in header_table.c */

const struct scenario content[] = {
    {"body-empty", body_empty},     {"body-10mib", body_10mib},
    {"unicode", unicode},           {"header-table", header_table},
    {"properties-all", properties_all}, {"priorities-timestamps", priorities_timestamps},
    {NULL, NULL},
};
