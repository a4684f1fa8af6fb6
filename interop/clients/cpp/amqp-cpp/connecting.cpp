/* Scenarios of opening a connection, and of being refused. */
#include <cctype>
#include <set>

#include "link.hpp"

/* One round trip, where the error text shows which vhost it is. */
static void default_vhost() {
  auto link = open_link();
  Channel channel(*link);
  refused([&] { channel.ready(own_name()); }, "in vhost '/'");
}

static void encoded_vhost() {
  const AMQP::Address address(broker_url() + "/%2F");
  if (address.vhost() == "%2F") throw Skip("the client does not decode URLs");
  Link link(address);
  expect_equal(link.outcome(), "", "reported");
}

static void missing_vhost() {
  Link link(AMQP::Address(broker_url() + "/no-such-vhost"));
  expect_equal(link.outcome(), "NOT_ALLOWED - vhost no-such-vhost not found", "reported");
}

static void wrong_password() {
  const AMQP::Address right(broker_url());
  const AMQP::Login wrong(right.login().user(), "wrong");
  Link link(AMQP::Address(right.hostname(), right.port(), wrong, "/"));
  expect_equal(link.outcome(),
               "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For "
               "details see the broker logfile.",
               "reported");
}

static void server_properties() {
  auto link = open_link();
  const AMQP::Table &table = link->server_properties;
  for (const char *key : {"product", "version", "platform", "copyright", "information",
                          "cluster_name"})
    expect(table.get(key).isString(), std::string(key) + " is no text");
  const std::string &product = table.get("product"), &version = table.get("version");
  expect_equal(product, "RabbitMQ", "product");
  expect(!version.empty() && std::isdigit(static_cast<unsigned char>(version[0])), "version");
  const AMQP::Table &capabilities = table.get("capabilities");
  const std::set<std::string> expected{
      "publisher_confirms",     "exchange_exchange_bindings", "basic.nack",
      "consumer_cancel_notify", "connection.blocked",         "consumer_priorities",
      "per_consumer_qos",       "direct_reply_to",            "authentication_failure_close"};
  const auto keys = capabilities.keys();
  expect(std::set<std::string>(keys.begin(), keys.end()) == expected, "other capabilities");
  for (const auto &key : keys) {
    const auto *value = dynamic_cast<const AMQP::BooleanSet *>(&capabilities.get(key));
    expect(value != nullptr && value->get(0), key + " is not true");
  }
}

Scenarios connecting() {
  return {{"connect-default-vhost", default_vhost},
          {"connect-encoded-vhost", encoded_vhost},
          {"connect-missing-vhost", missing_vhost},
          {"connect-wrong-password", wrong_password},
          {"server-properties", server_properties}};
}
