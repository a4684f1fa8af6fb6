/* Scenarios of each exchange type: declare, bind, publish, look which queue got what. */
#include <string.h>

#include "harness.h"
#include "link.h"

static link_t link;
static const char *exchange;

static void set_up(const char *type) {
  link = open_link();
  open_confirm_channel(link, CHANNEL);
  exchange = own_name("");
  declare_exchange(link, CHANNEL, exchange, type);
}

static const char *queue_bound(const char *suffix, const char *key) {
  const char *queue = own_name(suffix);
  declare_queue(link, CHANNEL, queue, EXCLUSIVE);
  bind_queue(link, CHANNEL, queue, exchange, key, amqp_empty_table);
  return queue;
}

/* Publishes each word with itself as key and body; after that it is in its queues. */
static void send(const char *const *words) {
  for (; *words; words++) publish_confirmed(link, exchange, *words, *words);
}

/* Takes all that is in a queue, which must be these words. */
static void expect_all(const char *queue, const char *const *words) {
  for (; *words; words++) {
    struct received got = get(link, CHANNEL, queue, true);
    expect_body(&got, *words);
    forget(&got);
  }
  struct received more = get(link, CHANNEL, queue, true);
  if (more.present)
    fail("%s also got '%.*s'", queue, (int)more.message.body.len,
         (char *)more.message.body.bytes);
}

#define WORDS(...) \
  (const char *const[]) { __VA_ARGS__, NULL }

static void direct(void) {
  set_up("direct");
  const char *red = queue_bound("red", "red"), *both = queue_bound("both", "red");
  bind_queue(link, CHANNEL, both, exchange, "blue", amqp_empty_table);
  send(WORDS("red", "blue", "redder"));
  expect_all(red, WORDS("red"));
  expect_all(both, WORDS("red", "blue"));
  amqp_queue_unbind(link, CHANNEL, amqp_cstring_bytes(both), amqp_cstring_bytes(exchange),
                    amqp_cstring_bytes("red"), amqp_empty_table);
  expect_ok(link, "queue.unbind");
  send(WORDS("red", "blue"));
  expect_all(both, WORDS("blue"));
}

static void fanout(void) {
  set_up("fanout");
  const char *one = queue_bound("1", "ignored"), *two = queue_bound("2", "ignored");
  send(WORDS("any", ""));
  expect_all(one, WORDS("any", ""));
  expect_all(two, WORDS("any", ""));
}

static void topic(void) {
  set_up("topic");
  const char *star = queue_bound("star", "stock.*.nyse"), *hash = queue_bound("hash", "stock.#");
  const char *all = queue_bound("all", "#"), *middle = queue_bound("middle", "*.orange.*");
  const char *word = queue_bound("word", "*"), *gap = queue_bound("gap", "a.*.b");
  const char *inside = queue_bound("inside", "#.usd.#");
  const char *const *keys =
      WORDS("stock.usd.nyse", "stock", "stock.usd", "quick.orange.rabbit", "a..b", "");
  send(keys);
  expect_all(star, WORDS("stock.usd.nyse"));
  expect_all(hash, WORDS("stock.usd.nyse", "stock", "stock.usd"));
  expect_all(all, keys);
  expect_all(middle, WORDS("quick.orange.rabbit"));
  expect_all(word, WORDS("stock"));
  expect_all(gap, WORDS("a..b"));
  expect_all(inside, WORDS("stock.usd.nyse", "stock.usd"));
}

static amqp_table_entry_t pair(const char *key, const char *value) {
  amqp_table_entry_t entry = {.key = amqp_cstring_bytes(key)};
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = amqp_cstring_bytes(value);
  return entry;
}

static void send_with_headers(const char *body, amqp_table_entry_t *entries, int count) {
  amqp_basic_properties_t properties = {._flags = AMQP_BASIC_HEADERS_FLAG};
  properties.headers = (amqp_table_t){.num_entries = count, .entries = entries};
  publish(link, CHANNEL, exchange, "", amqp_cstring_bytes(body), &properties, false);
  wait_confirmed(link, NULL);
}

static void headers(void) {
  set_up("headers");
  const char *all = own_name("all"), *any = own_name("any");
  amqp_table_entry_t match[] = {pair("x-match", "all"), pair("format", "pdf"),
                                pair("kind", "report")};
  amqp_table_t arguments = {.num_entries = 3, .entries = match};
  declare_queue(link, CHANNEL, all, EXCLUSIVE);
  bind_queue(link, CHANNEL, all, exchange, "", arguments);
  match[0] = pair("x-match", "any");
  declare_queue(link, CHANNEL, any, EXCLUSIVE);
  bind_queue(link, CHANNEL, any, exchange, "", arguments);
  amqp_table_entry_t entries[] = {pair("format", "pdf"), pair("kind", "report")};
  send_with_headers("both", entries, 2);
  entries[1] = pair("kind", "log");
  send_with_headers("one", entries, 2);
  entries[0] = pair("format", "zip");
  send_with_headers("other", entries, 1);
  send_with_headers("bare", entries, 0);
  expect_all(all, WORDS("both"));
  expect_all(any, WORDS("both", "one"));
}

static void exchange_to_exchange(void) {
  set_up("topic");
  const char *fanout_name = own_name("fanout");
  declare_exchange(link, CHANNEL, fanout_name, "fanout");
  amqp_exchange_bind(link, CHANNEL, amqp_cstring_bytes(fanout_name), amqp_cstring_bytes(exchange),
                     amqp_cstring_bytes("log.#"), amqp_empty_table);
  expect_ok(link, "exchange.bind");
  /* Two ways to the same queue must not give two copies. */
  const char *target = queue_bound("target", "log.error");
  bind_queue(link, CHANNEL, target, fanout_name, "", amqp_empty_table);
  send(WORDS("log.error", "log.info", "other"));
  expect_all(target, WORDS("log.error", "log.info"));
}

const struct scenario routing[] = {
    {"exchange-direct", direct},   {"exchange-fanout", fanout},
    {"exchange-topic", topic},     {"exchange-headers", headers},
    {"exchange-to-exchange", exchange_to_exchange}, {NULL, NULL},
};
