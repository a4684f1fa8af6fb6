/* Scenarios of opening a connection, and of being refused. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "link.h"

/* One round trip, where the error text shows which vhost it is. */
static void expect_root_vhost(link_t link) {
  open_channel(link, CHANNEL);
  amqp_queue_declare(link, CHANNEL, amqp_cstring_bytes(own_name("")), 1, 0, 0, 0,
                     amqp_empty_table);
  expect_channel_error(link, CHANNEL, "in vhost '/'");
}

static void to_vhost_of_url(const char *path) {
  char url[300];
  struct amqp_connection_info info;
  amqp_rpc_reply_t reply;
  snprintf(url, sizeof url, "amqp://%s:%s@%s:%d%s", broker_user, broker_password, broker_host,
           broker_port, path);
  expect(amqp_parse_url(url, &info) == AMQP_STATUS_OK, "the URL does not parse");
  link_t link = try_link(info.port, info.vhost, info.password, 0, &reply);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("%s", described(reply));
  expect_root_vhost(link);
}

static void default_vhost(void) { to_vhost_of_url(""); }

static void encoded_vhost(void) { to_vhost_of_url("/%2F"); }

static void missing_vhost(void) {
  amqp_rpc_reply_t reply;
  try_link(broker_port, "no-such-vhost", broker_password, 0, &reply);
  expect_text(described(reply),
              "connection closed: 530 NOT_ALLOWED - vhost no-such-vhost not found", "reported");
}

static void wrong_password(void) {
  amqp_rpc_reply_t reply;
  try_link(broker_port, "/", "wrong", 0, &reply);
  expect_text(described(reply),
              "connection closed: 403 ACCESS_REFUSED - Login was refused using authentication "
              "mechanism PLAIN. For details see the broker logfile.",
              "reported");
}

static const amqp_table_entry_t *find(const amqp_table_t *table, const char *key) {
  for (int index = 0; index < table->num_entries; index++) {
    const amqp_table_entry_t *entry = &table->entries[index];
    if (entry->key.len == strlen(key) && !memcmp(entry->key.bytes, key, entry->key.len))
      return entry;
  }
  fail("server property %s is missing", key);
}

static void server_properties(void) {
  const char *texts[] = {"product", "version", "platform", "copyright", "information",
                         "cluster_name"};
  const char *abilities[] = {
      "publisher_confirms",     "exchange_exchange_bindings", "basic.nack",
      "consumer_cancel_notify", "connection.blocked",         "consumer_priorities",
      "per_consumer_qos",       "direct_reply_to",            "authentication_failure_close"};
  const amqp_table_t *table = amqp_get_server_properties(open_link());
  for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
    expect(find(table, texts[index])->value.kind == AMQP_FIELD_KIND_UTF8, texts[index]);
  amqp_bytes_t product = find(table, "product")->value.value.bytes;
  expect(product.len == 8 && !memcmp(product.bytes, "RabbitMQ", 8), "product is not RabbitMQ");
  const amqp_table_entry_t *entry = find(table, "capabilities");
  expect(entry->value.kind == AMQP_FIELD_KIND_TABLE, "capabilities is no table");
  const amqp_table_t *capabilities = &entry->value.value.table;
  expect_number(capabilities->num_entries, sizeof abilities / sizeof *abilities, "capabilities");
  for (size_t index = 0; index < sizeof abilities / sizeof *abilities; index++) {
    const amqp_field_value_t *value = &find(capabilities, abilities[index])->value;
    expect(value->kind == AMQP_FIELD_KIND_BOOLEAN && value->value.boolean, abilities[index]);
  }
}

const struct scenario connecting[] = {
    {"connect-default-vhost", default_vhost},   {"connect-encoded-vhost", encoded_vhost},
    {"connect-missing-vhost", missing_vhost},   {"connect-wrong-password", wrong_password},
    {"server-properties", server_properties},   {NULL, NULL},
};
