/*
 * Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
 * together, dead letters that wait.
 */
#include "link.hpp"

static const std::string EXCHANGE = "amq.direct";

/* A consumer on a channel of its own. */
struct Chooser {
  Chooser(Link &link, const std::string &queue, const AMQP::Table &arguments = {},
          uint16_t prefetch = 0)
      : channel(link) {
    channel.call(channel.raw.setQos(prefetch));
    inbox = channel.consume(queue, 0, "", arguments);
  }

  /* The next messages, which must be these. */
  std::vector<Received> take(const std::vector<std::string> &bodies) {
    std::vector<Received> taken;
    for (const auto &body : bodies) {
      taken.push_back(inbox->next());
      expect_equal(taken.back().body, body, "body");
    }
    return taken;
  }

  void ack(const std::vector<Received> &messages) {
    for (const auto &message : messages) channel.raw.ack(message.tag);
  }

  void cancel() { channel.call(channel.raw.cancel(inbox->tag)); }

  Channel channel;
  std::shared_ptr<Inbox> inbox;
};

static AMQP::Table if_true(const std::string &selector) {
  return AMQP::Table().set("x-filter", selector);
}

static AMQP::MetaData with_headers(const AMQP::Table &headers) {
  AMQP::MetaData properties;
  properties.setHeaders(headers);
  return properties;
}

static AMQP::MetaData coloured(const std::string &colour, int32_t size) {
  return with_headers(AMQP::Table().set("colour", colour).set("size", size));
}

static void filter() {
  auto link = open_link();
  Channel publisher(*link);
  const auto queue = own_name();
  publisher.confirm_mode();
  publisher.declare_queue(queue);
  AMQP::MetaData named;
  named.setMessageID("order-7");
  publisher.publish("", queue, "big red", coloured("red", 5));
  publisher.publish("", queue, "small red", coloured("red", 3));
  publisher.publish("", queue, "big blue", coloured("blue", 9));
  publisher.publish("", queue, "named", named);
  publisher.publish("", queue, "bigger red", coloured("red", 70000));
  Chooser reds(*link, queue, if_true("colour = 'red' AND size > 3"));
  reds.ack(reds.take({"big red", "bigger red"}));
  Chooser orders(*link, queue, if_true("p.message_id LIKE 'order-%'"));
  orders.ack(orders.take({"named"}));
  publisher.publish("", queue, "last red", coloured("red", 4));
  reds.ack(reds.take({"last red"}));
  reds.cancel();
  orders.cancel();
  Chooser(*link, queue).take({"small red", "big blue"});
  refused([&] { Chooser(*link, queue, if_true("colour = 'red")); },
          "PRECONDITION_FAILED - invalid arg 'x-filter' for queue '" + queue +
              "' in vhost '/': {invalid_filter,\"no end of the quote at 10\"}");
}

/* How a message says which key it has. */
enum class Key { ROUTING_KEY, HEADER };

/*
 * Two consumers, of no more than two messages each at a time. A message's key is the first letter
 * of its name.
 */
static void groups(const std::string &argument, Key where) {
  auto link = open_link();
  Channel publisher(*link);
  const auto queue = own_name(argument);
  publisher.confirm_mode();
  publisher.declare_queue(queue, AMQP::exclusive, AMQP::Table().set("x-group-key", argument));
  for (const char *key : {".a", ".b"}) publisher.bind(queue, EXCHANGE, queue + key);
  const auto put = [&](const std::string &name) {
    const auto key = name.substr(0, 1);
    if (where == Key::ROUTING_KEY) publisher.publish(EXCHANGE, queue + "." + key, name);
    else
      publisher.publish(EXCHANGE, queue + ".a", name,
                        with_headers(AMQP::Table().set(argument, key)));
  };
  for (const char *name : {"a1", "a2", "a3", "b1", "b2", "b3"}) put(name);
  Chooser first(*link, queue, {}, 2);
  auto held = first.take({"a1", "a2"});
  Chooser second(*link, queue, {}, 2);
  second.ack(second.take({"b1", "b2"}));
  second.ack(second.take({"b3"}));
  /* The second one has nothing to do, and yet it gets none of the key that the first one has. */
  expect_equal(second.channel.ready(queue), 1u, "ready");
  first.ack({held[0]});
  first.take({"a3"});
  expect(second.inbox->messages.empty(), "a message of the first one's key");
  first.cancel();
  first.channel.close();
  /* What the first one has not settled goes back, and with it the key. */
  second.ack(second.take({"a2", "a3"}));
  put("a4");
  second.take({"a4"});
}

static void group_key() {
  groups("routing-key", Key::ROUTING_KEY);
  groups("customer", Key::HEADER);
}

static void dead_letter_at_least_once() {
  auto link = open_link();
  Channel channel(*link);
  const auto queue = own_name(), target = own_name("dead"), key = own_name("key");
  channel.confirm_mode();
  AMQP::Table arguments;
  arguments.set("x-queue-type", "quorum").set("x-overflow", "reject-publish");
  arguments.set("x-dead-letter-strategy", "at-least-once");
  arguments.set("x-dead-letter-exchange", EXCHANGE).set("x-dead-letter-routing-key", key);
  channel.declare_queue(queue, AMQP::durable, arguments);
  channel.publish("", queue, "refused");
  Chooser living(*link, queue);
  living.channel.raw.reject(living.take({"refused"})[0].tag);
  /* When this is answered, the letter has found no queue. */
  living.channel.declare_queue(target);
  living.channel.bind(target, EXCHANGE, key);
  Chooser waiting(*link, target);
  const AMQP::Table headers = waiting.take({"refused"})[0].properties.headers();
  const AMQP::Array &deaths = headers.get("x-death");
  const AMQP::Table &death = deaths.get(0);
  expect_equal(std::string(death.get("reason")), "rejected", "reason");
  channel.call(channel.raw.removeQueue(queue));
}

Scenarios extensions() {
  return {{"filter", filter},
          {"group-key", group_key},
          {"dead-letter-at-least-once", dead_letter_at_least_once}};
}
