/* Opening and closing: connections, channels, and what the client reports. See link.h. */
#include "link.h"

#include <amqp_tcp_socket.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "harness.h"

enum { LINKS = 8, RPC_LIMIT_SECONDS = 10, FRAME_MAX = 131072 };

static link_t links[LINKS];
static int links_open;

static amqp_table_entry_t boolean_true(const char *key) {
  amqp_table_entry_t entry = {.key = amqp_cstring_bytes(key)};
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = 1;
  return entry;
}

link_t try_link(int port, const char *vhost, const char *password, int heartbeat_seconds,
                amqp_rpc_reply_t *reply) {
  struct timeval limit = {.tv_sec = RPC_LIMIT_SECONDS};
  if (links_open == LINKS) fail("more than %d connections in one scenario", LINKS);
  link_t link = amqp_new_connection();
  links[links_open++] = link;
  amqp_socket_t *socket = amqp_tcp_socket_new(link);
  int status = amqp_socket_open_noblock(socket, broker_host, port, &limit);
  if (status != AMQP_STATUS_OK) fail("cannot connect: %s", amqp_error_string2(status));
  amqp_set_handshake_timeout(link, &limit);
  /* The library does not announce by itself that it understands these two. */
  amqp_table_entry_t abilities[] = {boolean_true("consumer_cancel_notify"),
                                    boolean_true("connection.blocked")};
  amqp_table_entry_t capabilities = {.key = amqp_cstring_bytes("capabilities")};
  capabilities.value.kind = AMQP_FIELD_KIND_TABLE;
  capabilities.value.value.table = (amqp_table_t){.num_entries = 2, .entries = abilities};
  amqp_table_t properties = {.num_entries = 1, .entries = &capabilities};
  *reply = amqp_login_with_properties(link, vhost, 0, FRAME_MAX, heartbeat_seconds, &properties,
                                      AMQP_SASL_METHOD_PLAIN, broker_user, password);
  amqp_set_rpc_timeout(link, &limit);
  return link;
}

link_t open_link(void) { return open_link_to(broker_port); }

link_t open_link_to(int port) {
  amqp_rpc_reply_t reply;
  link_t link = try_link(port, "/", broker_password, 0, &reply);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("cannot log in: %s", described(reply));
  return link;
}

void close_links(void) {
  struct timeval limit = {.tv_sec = 3};
  while (links_open > 0) {
    link_t link = links[--links_open];
    amqp_set_rpc_timeout(link, &limit);
    amqp_connection_close(link, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(link);
  }
}

const char *described(amqp_rpc_reply_t reply) {
  static char text[400];
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return "no error";
  if (reply.reply_type == AMQP_RESPONSE_NONE) return "no answer";
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) {
    snprintf(text, sizeof text, "%s", amqp_error_string2(reply.library_error));
    return text;
  }
  bool connection = reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD;
  /* channel.close and connection.close begin with the same fields. */
  const amqp_channel_close_t *close = reply.reply.decoded;
  snprintf(text, sizeof text, "%s closed: %d %.*s", connection ? "connection" : "channel",
           close->reply_code, (int)close->reply_text.len, (char *)close->reply_text.bytes);
  return text;
}

void expect_ok(link_t link, const char *what) {
  amqp_rpc_reply_t reply = amqp_get_rpc_reply(link);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("%s: %s", what, described(reply));
}

void expect_channel_error(link_t link, int channel, const char *text) {
  amqp_channel_close_ok_t close_ok = {0};
  amqp_rpc_reply_t reply = amqp_get_rpc_reply(link);
  expect_contains(described(reply), text);
  expect(reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD, "not a channel error");
  amqp_send_method(link, (amqp_channel_t)channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);
}

void open_channel(link_t link, int channel) {
  amqp_channel_open(link, (amqp_channel_t)channel);
  expect_ok(link, "channel.open");
}

void close_channel(link_t link, int channel) {
  amqp_rpc_reply_t reply = amqp_channel_close(link, (amqp_channel_t)channel, AMQP_REPLY_SUCCESS);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("channel.close: %s", described(reply));
}
