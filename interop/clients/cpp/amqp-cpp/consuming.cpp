/*
 * Scenarios of receiving: get, consume, each form of settling. What a settle left behind is read
 * from the queue after the channel is closed, when all that was not settled has come back.
 */
#include "link.hpp"

/* A queue of its own with the messages 1 to `count`, and a channel to take them on. */
struct Filled {
  explicit Filled(int count) {
    publisher.confirm_mode();
    publisher.declare_queue(queue);
    for (int number = 1; number <= count; number++)
      publisher.publish("", queue, std::to_string(number));
  }

  void expect_delivery(int number, bool redelivered = false) {
    const Received got = inbox->next();
    expect_equal(got.body, std::to_string(number), "body");
    expect_equal(got.redelivered, redelivered, "redelivered");
    tags.push_back(got.tag);
  }

  /* Starts a consumer and waits for its first `count` messages. */
  void take(int count, int flags = 0) {
    inbox = channel.consume(queue, flags);
    for (int number = 1; number <= count; number++) expect_delivery(number);
  }

  /* Closes the channel; the queue must hold these numbers then. */
  void expect_left(const std::vector<int> &numbers) {
    channel.close();
    for (int number : numbers)
      expect_equal(publisher.take(queue).body, std::to_string(number), "left");
    auto more = publisher.get(queue);
    if (more) throw Failure("also left: '" + more->body + "'");
  }

  const std::string queue = own_name();
  std::unique_ptr<Link> link = open_link();
  Channel publisher{*link}, channel{*link};
  std::shared_ptr<Inbox> inbox;
  /* Of the first delivery, the second, and so on. */
  std::vector<uint64_t> tags;
};

static void get() {
  Filled f(3);
  auto first = f.channel.get(f.queue, 0);
  expect(first.has_value(), "nothing to get");
  expect_equal(first->body, "1", "body");
  expect_equal(first->left, 2u, "left");
  expect_equal(first->redelivered, false, "redelivered");
  expect_equal(first->exchange, "", "exchange");
  expect_equal(first->key, f.queue, "routing key");
  f.channel.raw.ack(first->tag);
  const Received second = f.channel.take(f.queue);
  expect_equal(second.body, "2", "body");
  expect_equal(second.left, 1u, "left");
  f.expect_left({3});
}

static void get_empty() {
  Filled f(0);
  expect(!f.channel.get(f.queue, 0), "a message from an empty queue");
  expect(!f.channel.get(f.queue), "a message from an empty queue");
}

static void prefetch() {
  Filled f(10);
  f.channel.call(f.channel.raw.setQos(3));
  f.take(3);
  expect_equal(f.channel.ready(f.queue), 7u, "ready while three are out");
  expect(f.inbox->messages.empty(), "more than the prefetch");
  f.channel.raw.ack(f.tags[0]);
  f.expect_delivery(4);
  f.expect_left({2, 3, 4, 5, 6, 7, 8, 9, 10});
}

static void ack_each() {
  Filled f(5);
  f.take(5);
  for (uint64_t tag : f.tags) f.channel.raw.ack(tag);
  f.expect_left({});
}

static void ack_multiple() {
  Filled f(6);
  f.take(6);
  f.channel.raw.ack(f.tags[3], AMQP::multiple);
  f.expect_left({5, 6});
}

static void auto_ack() {
  Filled f(5);
  f.take(5, AMQP::noack);
  f.expect_left({});
}

static void reject_drop() {
  Filled f(3);
  f.take(3);
  f.channel.raw.reject(f.tags[0]);
  f.channel.raw.reject(f.tags[2]);
  f.expect_left({2});
}

static void nack_multiple() {
  Filled f(4);
  f.take(4);
  f.channel.raw.reject(f.tags[2], AMQP::multiple | AMQP::requeue);
  for (int number = 1; number <= 3; number++) f.expect_delivery(number, true);
  /* Its channel now waits for an answer to basic.nack, and would never be closed. */
  note("the client sends nothing more on a channel after basic.nack");
  f.link->connection()->close(true);
}

static void nack_requeue() {
  note("the client sends basic.reject for a single message");
  Filled f(1);
  f.take(1);
  f.channel.raw.reject(f.tags[0], AMQP::requeue);
  f.expect_delivery(1, true);
  f.channel.raw.reject(f.tags[1]);
  f.expect_left({});
}

Scenarios consuming() {
  return {{"get", get},
          {"get-empty", get_empty},
          {"consume-prefetch", prefetch},
          {"ack-each", ack_each},
          {"ack-multiple", ack_multiple},
          {"auto-ack", auto_ack},
          {"reject-drop", reject_drop},
          {"nack-multiple", nack_multiple},
          {"nack-requeue", nack_requeue}};
}
