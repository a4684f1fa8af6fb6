/* Scenarios of publishing: confirms, returns, transactions. */
#include "link.hpp"

static constexpr uint32_t BATCH = 1000, BATCHES = 10;

static void confirm_single() {
  auto link = open_link();
  Channel channel(*link);
  const auto queue = own_name();
  channel.confirm_mode();
  channel.declare_queue(queue, AMQP::durable);
  AMQP::MetaData properties;
  properties.setPersistent();
  std::optional<Received> got;
  try {
    channel.publish("", queue, "kept", properties);
    got = channel.get(queue);
  } catch (...) {
    channel.raw.removeQueue(queue);
    throw;
  }
  channel.call(channel.raw.removeQueue(queue));
  expect(got.has_value(), "nothing in the queue");
  expect_equal(got->body, "kept", "body");
  expect(got->properties.persistent(), "it is not persistent");
}

/* Publishes numbers, all outstanding at once, and waits until each is confirmed. */
static void send_confirmed(Channel &channel, const std::string &queue, uint32_t count) {
  auto acks = std::make_shared<uint32_t>(0);
  for (uint32_t number = 0; number < count; number++)
    channel.send("", queue, AMQP::Envelope(std::to_string(number))).onAck([acks] { ++*acks; });
  until([&] { return channel.unconfirmed() == 0; });
  expect_equal(*acks, count, "acks");
}

static void confirm_batch() {
  auto link = open_link();
  Channel channel(*link);
  const auto queue = own_name();
  channel.confirm_mode();
  channel.declare_queue(queue);
  send_confirmed(channel, queue, BATCH);
  expect_equal(channel.ready(queue), BATCH, "ready");
  auto inbox = channel.consume(queue, AMQP::noack);
  for (uint32_t number = 0; number < BATCH; number++)
    expect_equal(inbox->next().body, std::to_string(number), "body");
}

static void confirm_batches() {
  auto link = open_link();
  Channel channel(*link);
  const auto queue = own_name();
  channel.confirm_mode();
  channel.declare_queue(queue);
  for (uint32_t batch = 0; batch < BATCHES; batch++)
    send_confirmed(channel, queue, BATCH / BATCHES);
  expect_equal(channel.ready(queue), BATCH, "ready");
}

static void mandatory_return() {
  struct Events {
    std::vector<std::string> order;
    std::optional<Received> returned;
  };
  auto events = std::make_shared<Events>();
  auto link = open_link();
  Channel channel(*link);
  channel.confirm_mode();
  channel.raw.recall().onReceived(
      [events](const AMQP::Message &message, int16_t code, const std::string &text) {
        events->order.push_back(std::to_string(code) + " " + text);
        events->returned = copy_of(message);
      });
  AMQP::Envelope envelope("lost");
  envelope.setMessageID("m-1");
  envelope.setContentType("application/x-test");
  channel.send("amq.direct", own_name(), envelope, AMQP::mandatory).onAck([events] {
    events->order.emplace_back("confirmed");
  });
  until([&] { return events->order.size() == 2; });
  expect_equal(events->order[0], "312 NO_ROUTE", "the first event");
  expect_equal(events->order[1], "confirmed", "the second event");
  const Received &returned = *events->returned;
  expect_equal(returned.exchange, "amq.direct", "exchange");
  expect_equal(returned.key, own_name(), "routing key");
  expect_equal(returned.body, "lost", "body");
  expect_equal(returned.properties.messageID(), "m-1", "message id");
  expect_equal(returned.properties.contentType(), "application/x-test", "content type");
}

/* A channel in tx mode, and another one to count ready messages on. */
struct Transaction {
  Transaction() {
    observer.declare_queue(queue);
    channel.call(channel.raw.startTransaction());
  }

  void commit() { channel.call(channel.raw.commitTransaction()); }

  void ack_one() {
    auto got = channel.get(queue, 0);
    expect(got.has_value(), "nothing to ack");
    channel.raw.ack(got->tag);
  }

  void expect_ready(uint32_t count, const char *what) {
    expect_equal(observer.ready(queue), count, what);
  }

  const std::string queue = own_name();
  std::unique_ptr<Link> link = open_link();
  Channel channel{*link}, observer{*link};
};

static void tx_commit() {
  Transaction t;
  t.channel.publish("", t.queue, "one");
  t.channel.publish("", t.queue, "two");
  t.expect_ready(0, "ready before the commit");
  t.commit();
  t.expect_ready(2, "ready after the commit");
  t.ack_one();
  t.commit();
  t.channel.close();
  t.expect_ready(1, "ready after a committed ack");
}

static void tx_rollback() {
  Transaction t;
  t.channel.publish("", t.queue, "kept");
  t.commit();
  t.channel.publish("", t.queue, "dropped");
  t.ack_one();
  t.channel.call(t.channel.raw.rollbackTransaction());
  t.expect_ready(0, "ready after the rollback, which does not redeliver");
  t.channel.close();
  t.expect_ready(1, "ready in the end");
}

Scenarios publishing() {
  return {{"confirm-single", confirm_single},   {"confirm-batch-1000", confirm_batch},
          {"confirm-batches", confirm_batches}, {"mandatory-return", mandatory_return},
          {"tx-commit", tx_commit},             {"tx-rollback", tx_rollback}};
}
