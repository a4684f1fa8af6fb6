/* Scenarios of what a message carries: sizes, Unicode, headers of every type, properties. */
#include "link.hpp"

static constexpr size_t TEN_MIB = 10 * 1024 * 1024;

/* A confirm channel, with an exclusive queue named as the scenario. */
struct Confirmed {
  Confirmed() {
    channel.confirm_mode();
    channel.declare_queue(queue);
  }

  /* Publishes into the queue and gets it back. */
  Received there_and_back(const AMQP::MetaData &properties, const std::string &body = "x") {
    channel.publish("", queue, body, properties);
    return channel.take(queue);
  }

  const std::string queue = own_name();
  std::unique_ptr<Link> link = open_link();
  Channel channel{*link};
};

static void body_empty() {
  Confirmed c;
  AMQP::MetaData properties;
  properties.setTypeName("empty");
  const Received got = c.there_and_back(properties, "");
  expect_equal(got.body, "", "body");
  expect_equal(got.properties.typeName(), "empty", "type");
}

static void body_10mib() {
  Confirmed c;
  std::string body(TEN_MIB, '\0');
  uint32_t state = 1;
  for (char &octet : body) {
    state = state * 1664525u + 1013904223u;
    octet = static_cast<char>(state >> 24);
  }
  c.channel.publish("", c.queue, body);
  const Received got = c.channel.consume(c.queue, AMQP::noack)->next();
  expect_equal(got.body.size(), TEN_MIB, "octets");
  expect(got.body == body, "the bytes differ");
}

static void unicode() {
  Confirmed c;
  const std::string exchange = own_name("交換機.обмен"), queue = own_name("очередь.队列.🐇");
  const std::string key = "ключ.🐇.größe", text = "Grüße, 兎 and 🐇, e\xcc\x81";
  c.channel.declare_exchange(exchange, AMQP::topic);
  c.channel.declare_queue(queue);
  c.channel.bind(queue, exchange, "ключ.*.größe");
  AMQP::MetaData properties;
  properties.setHeaders(AMQP::Table().set("ключ", text));
  c.channel.publish(exchange, key, text, properties);
  const Received got = c.channel.take(queue);
  expect_equal(got.exchange, exchange, "exchange");
  expect_equal(got.key, key, "routing key");
  expect_equal(got.body, text, "body");
  const std::string &header = got.properties.headers().get("ключ");
  expect_equal(header, text, "header");
}

static AMQP::Table every_type() {
  AMQP::Array list;
  list.push_back(AMQP::LongString("in a list"));
  list.push_back(AMQP::Long(-300));
  list.push_back(AMQP::VoidField());
  list.push_back(AMQP::Array());
  AMQP::Table inner, table;
  inner.set("float", AMQP::Float(-0.25f)).set("list", list);
  return table.set("S", "text, Größe, 兎")
      .set("S empty", "")
      .set("t", true)
      .set("t false", false)
      .set("b", AMQP::Octet(INT8_MIN))
      .set("B", AMQP::UOctet(UINT8_MAX))
      .set("u", AMQP::UShort(UINT16_MAX))
      .set("I", AMQP::Long(INT32_MIN))
      .set("i", AMQP::ULong(UINT32_MAX))
      .set("l", AMQP::ULongLong(INT64_MAX))
      .set("L", AMQP::LongLong(INT64_MAX))
      .set("f", AMQP::Float(1.5f))
      .set("d", AMQP::Double(3.141592653589793))
      .set("D", AMQP::DecimalField(2, 31415))
      .set("T", AMQP::Timestamp(1700000000))
      .set("V", nullptr)
      .set("A", list)
      .set("F", inner)
      .set("F empty", AMQP::Table());
}

static std::string in_words(const AMQP::Field &field) {
  std::ostringstream text;
  text.precision(17);
  text << field.typeID() << " " << field;
  return text.str();
}

static void header_table() {
  Confirmed c;
  note("the client cannot send headers of type s x");
  const AMQP::Table sent = every_type();
  AMQP::MetaData properties;
  properties.setHeaders(sent);
  const Received got = c.there_and_back(properties);
  const AMQP::Table &back = got.properties.headers();
  expect_equal(back.keys().size(), sent.keys().size(), "headers");
  for (const auto &key : sent.keys())
    expect_equal(in_words(back.get(key)), in_words(sent.get(key)), key);
}

static void properties_all() {
  Confirmed c;
  const std::string user = AMQP::Address(broker_url()).login().user();
  AMQP::MetaData sent;
  sent.setContentType("application/octet-stream");
  sent.setContentEncoding("identity");
  sent.setHeaders(AMQP::Table().set("key", "value"));
  sent.setDeliveryMode(2);
  sent.setPriority(9);
  sent.setCorrelationID("correlation-1");
  sent.setReplyTo("reply.queue");
  sent.setExpiration("3600000");
  sent.setMessageID("message-1");
  sent.setTimestamp(1700000000);
  sent.setTypeName("type-1");
  sent.setUserID(user);
  sent.setAppID("app-1");
  sent.setClusterID("cluster-1");
  const Received got = c.there_and_back(sent);
  const AMQP::MetaData &back = got.properties;
  expect_equal(back.contentType(), "application/octet-stream", "content_type");
  expect_equal(back.contentEncoding(), "identity", "content_encoding");
  expect_equal(in_words(back.headers()), in_words(sent.headers()), "headers");
  expect_equal(int{back.deliveryMode()}, 2, "delivery_mode");
  expect_equal(int{back.priority()}, 9, "priority");
  expect_equal(back.correlationID(), "correlation-1", "correlation_id");
  expect_equal(back.replyTo(), "reply.queue", "reply_to");
  expect_equal(back.expiration(), "3600000", "expiration");
  expect_equal(back.messageID(), "message-1", "message_id");
  expect_equal(back.timestamp(), 1700000000u, "timestamp");
  expect_equal(back.typeName(), "type-1", "type");
  expect_equal(back.userID(), user, "user_id");
  expect_equal(back.appID(), "app-1", "app_id");
  expect_equal(back.clusterID(), "cluster-1", "cluster_id");
}

static void priorities_timestamps() {
  Confirmed c;
  for (int priority : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255}) {
    AMQP::MetaData sent;
    sent.setPriority(static_cast<uint8_t>(priority));
    const Received got = c.there_and_back(sent);
    expect(got.properties.hasPriority(), "no priority");
    expect_equal(int{got.properties.priority()}, priority, "priority");
  }
  for (uint64_t timestamp : {0ull, 1ull, 1'000'000'000ull, 2'147'483'648ull, 4'102'444'800ull}) {
    AMQP::MetaData sent;
    sent.setTimestamp(timestamp);
    const Received got = c.there_and_back(sent);
    expect(got.properties.hasTimestamp(), "no timestamp");
    expect_equal(got.properties.timestamp(), timestamp, "timestamp");
  }
}

Scenarios content() {
  return {{"body-empty", body_empty},
          {"body-10mib", body_10mib},
          {"unicode", unicode},
          {"header-table", header_table},
          {"properties-all", properties_all},
          {"priorities-timestamps", priorities_timestamps}};
}
