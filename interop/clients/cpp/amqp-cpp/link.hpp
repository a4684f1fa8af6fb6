/*
 * AMQP-CPP turned from callbacks into calls that wait: a connection, a channel, a consumer's
 * messages. A call throws a Failure with what the client reports. No scenario here.
 */
#pragma once

#include <ev.h>

#include <amqpcpp.h>
#include <amqpcpp/linux_tcp.h>
#include <amqpcpp/libev.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "harness.hpp"

/* Lets the client work until the condition holds; throws when the scenario's time is over. */
void until(const std::function<bool()> &condition);
/* The same for so many seconds; false when it did not come to hold. */
bool holds_within(double seconds, const std::function<bool()> &condition);

class Link : private AMQP::LibEvHandler {
 public:
  /* Begins to connect; open_link waits as well. A heartbeat of 0 is the broker's. */
  explicit Link(const AMQP::Address &address, uint16_t heartbeat = 0);
  /* Closes the connection, if it is not closed or lost. */
  ~Link() override;

  /* Waits until it is open or has failed; what it reports then. */
  const std::string &outcome();
  AMQP::TcpConnection *connection() { return &connection_; }

  /* What the client has reported of the connection; empty so far. */
  std::string error;
  /* Whether the connection is gone, for whatever reason. */
  bool lost = false;
  uint16_t agreed_heartbeat = 0;
  AMQP::Table server_properties;
  /* Reasons of connection.blocked, and an empty text for connection.unblocked. */
  std::deque<std::string> blocks;

 private:
  void onProperties(AMQP::TcpConnection *, const AMQP::Table &server, AMQP::Table &) override;
  uint16_t onNegotiate(AMQP::TcpConnection *connection, uint16_t interval) override;
  void onReady(AMQP::TcpConnection *) override { ready_ = true; }
  void onError(AMQP::TcpConnection *, const char *message) override { error = message; }
  void onBlocked(AMQP::TcpConnection *, const char *reason) override;
  void onUnblocked(AMQP::TcpConnection *) override { blocks.emplace_back(); }
  void onDetached(AMQP::TcpConnection *connection) override;

  const uint16_t heartbeat_;
  bool ready_ = false;
  AMQP::TcpConnection connection_;
};

/* Opens a connection; fails the scenario when that is refused. */
std::unique_ptr<Link> open_link(const std::string &url = broker_url(), uint16_t heartbeat = 0);

/* A message, however it came. */
struct Received {
  std::string body, exchange, key;
  AMQP::MetaData properties;
  uint64_t tag = 0;
  bool redelivered = false;
  uint32_t left = 0; /* messages left in the queue, of basic.get only */
};

Received copy_of(const AMQP::Message &message, uint64_t tag = 0, bool redelivered = false);

/* What a consumer gets, as it comes. */
struct Inbox {
  std::deque<Received> messages;
  bool cancelled = false;
  std::string tag;

  /* Waits for the next one and takes it. */
  Received next();
};

class Channel {
 public:
  explicit Channel(Link &link);

  /* Waits for the answer to a method; throws with what the client reports of it. */
  void call(AMQP::Deferred &deferred);
  /* Into confirm mode: publish() waits for the confirm from now on. */
  void confirm_mode();

  /* Gives the number of ready messages. */
  uint32_t declare_queue(const std::string &name, int flags = AMQP::exclusive,
                         const AMQP::Table &arguments = {});
  uint32_t ready(const std::string &queue) { return declare_queue(queue, AMQP::passive); }
  /* An exchange that goes away with its last binding. */
  void declare_exchange(const std::string &name, AMQP::ExchangeType type);
  void bind(const std::string &queue, const std::string &exchange, const std::string &key,
            const AMQP::Table &arguments = {});

  void publish(const std::string &exchange, const std::string &key, const std::string &body,
               const AMQP::MetaData &properties = {});
  /* In confirm mode: publishes and waits for nothing; see unconfirmed(). */
  AMQP::DeferredPublish &send(const std::string &exchange, const std::string &key,
                              const AMQP::Envelope &envelope, int flags = 0);
  size_t unconfirmed() const { return confirming_->unacknowledged(); }

  std::optional<Received> get(const std::string &queue, int flags = AMQP::noack);
  /* Gets without ack from a queue that must have a message. */
  Received take(const std::string &queue);
  std::shared_ptr<Inbox> consume(const std::string &queue, int flags = 0,
                                 const std::string &tag = "",
                                 const AMQP::Table &arguments = {});
  /* Closes it; unsettled messages go back. */
  void close() { call(raw.close()); }

  /* Why it was closed; empty while it is open. */
  const std::string &error() const { return *error_; }

  AMQP::TcpChannel raw;

 private:
  Link &link_;
  /* Callbacks of the client may come when this object is gone. */
  std::shared_ptr<std::string> error_ = std::make_shared<std::string>();
  std::unique_ptr<AMQP::Reliable<AMQP::Tagger>> confirming_;
};

/* Runs what must fail, with this text in what the client reports. */
void refused(const std::function<void()> &action, const std::string &text);
