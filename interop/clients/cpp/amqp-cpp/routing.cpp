/* Scenarios of each exchange type: declare, bind, publish, look which queue got what. */
#include "link.hpp"

using Words = std::vector<std::string>;

/* An exchange named as the scenario, on a confirm channel: what is sent is in its queues then. */
struct Setting {
  explicit Setting(AMQP::ExchangeType type) {
    channel.confirm_mode();
    channel.declare_exchange(exchange, type);
  }

  std::string queue(const std::string &suffix, const Words &keys) {
    const std::string name = own_name(suffix);
    channel.declare_queue(name);
    for (const auto &key : keys) channel.bind(name, exchange, key);
    return name;
  }

  /* Publishes each word with itself as key and body. */
  void send(const Words &words) {
    for (const auto &word : words) channel.publish(exchange, word, word);
  }

  /* Takes all that is in a queue, which must be these words. */
  void expect_all(const std::string &queue, const Words &words) {
    for (const auto &word : words) expect_equal(channel.take(queue).body, word, queue);
    auto more = channel.get(queue);
    if (more) throw Failure(queue + " also got '" + more->body + "'");
  }

  const std::string exchange = own_name();
  std::unique_ptr<Link> link = open_link();
  Channel channel{*link};
};

static void direct() {
  Setting s(AMQP::direct);
  const auto red = s.queue("red", {"red"}), both = s.queue("both", {"red", "blue"});
  s.send({"red", "blue", "redder"});
  s.expect_all(red, {"red"});
  s.expect_all(both, {"red", "blue"});
  s.channel.call(s.channel.raw.unbindQueue(s.exchange, both, "red"));
  s.send({"red", "blue"});
  s.expect_all(both, {"blue"});
}

static void fanout() {
  Setting s(AMQP::fanout);
  const Words queues{s.queue("1", {"ignored"}), s.queue("2", {"ignored"})};
  s.send({"any", ""});
  for (const auto &queue : queues) s.expect_all(queue, {"any", ""});
}

static void topic() {
  const Words keys{"stock.usd.nyse", "stock", "stock.usd", "quick.orange.rabbit", "a..b", ""};
  const std::vector<std::pair<std::string, Words>> patterns{
      {"stock.*.nyse", {"stock.usd.nyse"}},
      {"stock.#", {"stock.usd.nyse", "stock", "stock.usd"}},
      {"#", keys},
      {"*.orange.*", {"quick.orange.rabbit"}},
      {"*", {"stock"}},
      {"a.*.b", {"a..b"}},
      {"#.usd.#", {"stock.usd.nyse", "stock.usd"}}};
  Setting s(AMQP::topic);
  for (const auto &[pattern, expected] : patterns) s.queue(pattern, {pattern});
  s.send(keys);
  for (const auto &[pattern, expected] : patterns) s.expect_all(own_name(pattern), expected);
}

static void headers() {
  Setting s(AMQP::headers);
  for (const char *match : {"all", "any"}) {
    AMQP::Table arguments;
    arguments.set("x-match", match).set("format", "pdf").set("kind", "report");
    s.channel.bind(s.queue(match, {}), s.exchange, "", arguments);
  }
  const auto send = [&](const char *body, const AMQP::Table &table) {
    AMQP::MetaData properties;
    properties.setHeaders(table);
    s.channel.publish(s.exchange, "", body, properties);
  };
  send("both", AMQP::Table().set("format", "pdf").set("kind", "report"));
  send("one", AMQP::Table().set("format", "pdf").set("kind", "log"));
  send("other", AMQP::Table().set("format", "zip"));
  send("bare", {});
  s.expect_all(own_name("all"), {"both"});
  s.expect_all(own_name("any"), {"both", "one"});
}

static void exchange_to_exchange() {
  Setting s(AMQP::topic);
  const auto inner = own_name("fanout");
  s.channel.declare_exchange(inner, AMQP::fanout);
  s.channel.call(s.channel.raw.bindExchange(s.exchange, inner, "log.#"));
  /* Two ways to the same queue must not give two copies. */
  const auto target = s.queue("target", {"log.error"});
  s.channel.bind(target, inner, "");
  s.send({"log.error", "log.info", "other"});
  s.expect_all(target, {"log.error", "log.info"});
}

Scenarios routing() {
  return {{"exchange-direct", direct},
          {"exchange-fanout", fanout},
          {"exchange-topic", topic},
          {"exchange-headers", headers},
          {"exchange-to-exchange", exchange_to_exchange}};
}
