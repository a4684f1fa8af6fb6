/*
 * Scenarios of what goes wrong and what must go on: cancelled consumers, closed channels, a closed
 * connection, locks; and of many channels, request and reply, and silence.
 */
#include <algorithm>
#include <cctype>
#include <set>

#include "link.hpp"

static constexpr int CHANNELS = 1000;
static constexpr double SILENCE_SECONDS = 5;

static const std::string REPLY_TO = "amq.rabbitmq.reply-to";

/* Declares, publishes, gets on a fresh confirm channel: shows that the connection works. */
static void exchange_one_message(Link &link) {
  const auto queue = own_name("after");
  Channel channel(link);
  channel.confirm_mode();
  channel.declare_queue(queue);
  channel.publish("", queue, "alive");
  expect_equal(channel.take(queue).body, "alive", "body");
}

static void consumer_cancel() {
  auto link = open_link();
  Channel channel(*link), other(*link);
  channel.declare_queue(own_name());
  auto inbox = channel.consume(own_name());
  other.call(other.raw.removeQueue(own_name()));
  until([&] { return inbox->cancelled; });
  exchange_one_message(*link);
}

static void two_channels_one_error() {
  auto link = open_link();
  Channel good(*link), bad(*link);
  const auto queue = own_name(), missing = own_name("missing");
  good.confirm_mode();
  good.declare_queue(queue);
  auto inbox = good.consume(queue, AMQP::noack);
  refused([&] { bad.ready(missing); }, "NOT_FOUND - no queue '" + missing + "' in vhost '/'");
  good.publish("", queue, "still here");
  expect_equal(inbox->next().body, "still here", "body");
}

static void channel_error_survived() {
  auto link = open_link();
  Channel first(*link);
  const auto missing = own_name("missing");
  first.publish(missing, "key", "x");
  until([&] { return !first.error().empty(); });
  contains(first.error(), "NOT_FOUND - no exchange '" + missing + "' in vhost '/'");
  exchange_one_message(*link);
}

static void connection_error_reported() {
  auto link = open_link();
  Channel channel(*link);
  channel.declare_queue(own_name());
  channel.consume(own_name(), 0, "twice");
  const std::string text = "NOT_ALLOWED - attempt to reuse consumer tag 'twice'";
  refused([&] { channel.consume(own_name(), 0, "twice"); }, text);
  until([&] { return link->lost; });
  expect_equal(link->error, text, "reported");
}

static void exclusive_queue_locked() {
  auto owner = open_link(), other = open_link();
  Channel owned(*owner), one(*other), two(*other), three(*other);
  const auto queue = own_name();
  const std::string locked =
      "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '" + queue +
      "' in vhost '/'";
  owned.confirm_mode();
  owned.declare_queue(queue);
  refused([&] { one.declare_queue(queue); }, locked);
  refused([&] { two.get(queue); }, locked);
  refused([&] { three.consume(queue); }, locked);
  owned.publish("", queue, "mine");
  expect_equal(owned.take(queue).body, "mine", "body");
}

static std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return std::toupper(letter); });
  return text;
}

static void rpc() {
  auto asking = open_link(), answering = open_link();
  Channel client(*asking), server(*answering);
  const auto queue = own_name();
  server.declare_queue(queue, AMQP::autodelete);
  auto requests = server.consume(queue, AMQP::noack);
  auto replies = client.consume(REPLY_TO, AMQP::noack);
  for (const std::string question : {"one", "two", "three"}) {
    AMQP::MetaData asked, answered;
    asked.setReplyTo(REPLY_TO);
    asked.setCorrelationID(question);
    client.publish("", queue, question, asked);
    const Received request = requests->next();
    const auto &reply_to = request.properties.replyTo();
    expect(reply_to.compare(0, REPLY_TO.size() + 1, REPLY_TO + ".") == 0, "reply_to: " + reply_to);
    answered.setCorrelationID(request.properties.correlationID());
    server.publish("", reply_to, upper(request.body), answered);
    const Received reply = replies->next();
    expect_equal(reply.properties.correlationID(), question, "correlation id");
    expect_equal(reply.body, upper(question), "reply");
  }
}

static void channels() {
  auto link = open_link();
  std::vector<std::unique_ptr<Channel>> open;
  for (int number = 0; number < CHANNELS; number++)
    open.push_back(std::make_unique<Channel>(*link));
  const auto queue = own_name();
  open.front()->declare_queue(queue);
  auto inbox = open.back()->consume(queue, AMQP::noack);
  for (int number = 0; number < CHANNELS; number++)
    open[static_cast<size_t>(number)]->publish("", queue, std::to_string(number));
  std::set<std::string> received;
  for (int number = 0; number < CHANNELS; number++) received.insert(inbox->next().body);
  expect_equal(received.size(), static_cast<size_t>(CHANNELS), "messages");
}

static void heartbeat_silence() {
  auto link = open_link(broker_url(), 1);
  expect_equal(link->agreed_heartbeat, 1, "the agreed heartbeat");
  /* The silence is what is under test: only heartbeats may keep the connection. */
  expect(!holds_within(SILENCE_SECONDS, [&] { return link->lost; }), "lost in silence");
  exchange_one_message(*link);
}

Scenarios failing() {
  return {{"consumer-cancel", consumer_cancel},
          {"two-channels-one-error", two_channels_one_error},
          {"channel-error-survived", channel_error_survived},
          {"connection-error-reported", connection_error_reported},
          {"exclusive-queue-locked", exclusive_queue_locked},
          {"rpc-direct-reply-to", rpc},
          {"channels-1000", channels},
          {"heartbeat-silence", heartbeat_silence}};
}
