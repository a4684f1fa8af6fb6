/* Channels: declaring, publishing and receiving. See link.hpp. */
#include "link.hpp"

/* How a call has ended, if it has. */
struct Answer {
  bool done = false;
  std::string error;
};

Received copy_of(const AMQP::Message &message, uint64_t tag, bool redelivered) {
  return {std::string(message.body(), message.bodySize()),
          message.exchange(),
          message.routingkey(),
          message,
          tag,
          redelivered};
}

Received Inbox::next() {
  until([this] { return !messages.empty(); });
  Received first = std::move(messages.front());
  messages.pop_front();
  return first;
}

Channel::Channel(Link &link) : raw(link.connection()), link_(link) {
  auto opened = std::make_shared<bool>(false);
  raw.onReady([opened] { *opened = true; });
  raw.onError([error = error_](const char *message) { *error = message; });
  until([&] { return *opened || !error_->empty() || link_.lost; });
  if (!*opened) throw Failure("channel.open: " + *error_ + link_.error);
}

void Channel::call(AMQP::Deferred &deferred) {
  auto answer = std::make_shared<Answer>();
  deferred.onSuccess([answer] { answer->done = true; });
  deferred.onError([answer](const char *message) { answer->error = message; });
  until([&] { return answer->done || !answer->error.empty() || link_.lost; });
  if (!answer->done) throw Failure(answer->error.empty() ? link_.error : answer->error);
}

void Channel::confirm_mode() {
  confirming_ = std::make_unique<AMQP::Reliable<AMQP::Tagger>>(raw);
  confirming_->onError([error = error_](const char *message) { *error = message; });
}

uint32_t Channel::declare_queue(const std::string &name, int flags,
                                const AMQP::Table &arguments) {
  auto ready = std::make_shared<uint32_t>(0);
  AMQP::DeferredQueue &declared = raw.declareQueue(name, flags, arguments);
  auto answer = std::make_shared<Answer>();
  declared.onSuccess([answer, ready](const std::string &, uint32_t messages, uint32_t) {
    *ready = messages;
    answer->done = true;
  });
  declared.onError([answer](const char *message) { answer->error = message; });
  until([&] { return answer->done || !answer->error.empty() || link_.lost; });
  if (!answer->done) throw Failure(answer->error + link_.error);
  return *ready;
}

void Channel::declare_exchange(const std::string &name, AMQP::ExchangeType type) {
  call(raw.declareExchange(name, type, AMQP::autodelete));
}

void Channel::bind(const std::string &queue, const std::string &exchange, const std::string &key,
                   const AMQP::Table &arguments) {
  call(raw.bindQueue(exchange, queue, key, arguments));
}

AMQP::DeferredPublish &Channel::send(const std::string &exchange, const std::string &key,
                                     const AMQP::Envelope &envelope, int flags) {
  return confirming_->publish(exchange, key, envelope, flags);
}

void Channel::publish(const std::string &exchange, const std::string &key, const std::string &body,
                      const AMQP::MetaData &properties) {
  const AMQP::Envelope envelope(properties, body.data(), body.size());
  if (!confirming_) {
    expect(raw.publish(exchange, key, envelope), "basic.publish was not sent");
    return;
  }
  auto answer = std::make_shared<Answer>();
  send(exchange, key, envelope)
      .onAck([answer] { answer->done = true; })
      .onNack([answer] { answer->error = "basic.nack"; })
      .onLost([answer] { answer->error = "the confirm was lost"; });
  until([&] { return answer->done || !answer->error.empty() || link_.lost; });
  if (!answer->done) throw Failure("not confirmed: " + answer->error + *error_ + link_.error);
}

std::optional<Received> Channel::get(const std::string &queue, int flags) {
  struct Got {
    bool done = false;
    std::string error;
    uint32_t left = 0;
    std::optional<Received> message;
  };
  auto got = std::make_shared<Got>();
  raw.get(queue, flags)
      .onCount([got](uint32_t left) { got->left = left; })
      .onSuccess([got](const AMQP::Message &message, uint64_t tag, bool redelivered) {
        got->message = copy_of(message, tag, redelivered);
        got->message->left = got->left;
        got->done = true;
      })
      .onEmpty([got] { got->done = true; })
      .onError([got](const char *message) { got->error = message; });
  until([&] { return got->done || !got->error.empty() || link_.lost; });
  if (!got->done) throw Failure(got->error + link_.error);
  return got->message;
}

Received Channel::take(const std::string &queue) {
  auto message = get(queue);
  expect(message.has_value(), "nothing in the queue");
  return *message;
}

std::shared_ptr<Inbox> Channel::consume(const std::string &queue, int flags,
                                        const std::string &tag, const AMQP::Table &arguments) {
  auto inbox = std::make_shared<Inbox>();
  auto answer = std::make_shared<Answer>();
  raw.consume(queue, tag, flags, arguments)
      .onReceived([inbox](const AMQP::Message &message, uint64_t number, bool redelivered) {
        inbox->messages.push_back(copy_of(message, number, redelivered));
      })
      .onCancelled([inbox](const std::string &) { inbox->cancelled = true; })
      .onSuccess([inbox, answer](const std::string &name) {
        inbox->tag = name;
        answer->done = true;
      })
      .onError([answer](const char *message) { answer->error = message; });
  until([&] { return answer->done || !answer->error.empty() || link_.lost; });
  if (!answer->done) throw Failure(answer->error.empty() ? link_.error : answer->error);
  return inbox;
}
