/*
 * Scenarios in which a broker of the scenario's own is blocked, or killed with SIGKILL, under the
 * client.
 */
#include "link.hpp"
#include "own_broker.hpp"

static void blocked_unblocked() {
  OwnBroker broker;
  const auto url = broker.start();
  auto link = open_link(url), other = open_link(url);
  Channel channel(*link), reader(*other);
  const auto queue = own_name();
  channel.declare_queue(queue, 0);
  broker.block();
  channel.publish("", queue, "meanwhile");
  until([&] { return !link->blocks.empty(); });
  expect_equal(link->blocks.front(), "low on memory", "the reason");
  broker.unblock();
  until([&] { return link->blocks.size() == 2; });
  expect_equal(link->blocks.back(), "", "unblocked");
  expect_equal(reader.consume(queue, AMQP::noack)->next().body, "meanwhile", "body");
}

static void broker_killed_reported() {
  OwnBroker broker;
  auto link = open_link(broker.start());
  Channel channel(*link);
  channel.declare_queue(own_name(), 0);
  channel.consume(own_name());
  broker.kill();
  until([&] { return link->lost; });
  expect(!link->error.empty(), "the client did not tell why");
}

static void no_recovery() { throw Skip("the client has no recovery of its own"); }

Scenarios recovering() {
  return {{"blocked-unblocked", blocked_unblocked},
          {"broker-killed-reported", broker_killed_reported},
          {"recover-publisher", no_recovery},
          {"recover-consumer", no_recovery}};
}
