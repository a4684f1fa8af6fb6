/* Connections, and waiting for what they bring. See link.hpp. */
#include "link.hpp"

static constexpr double WAKE_SECONDS = 0.05, CLOSE_LIMIT_SECONDS = 3;

/* The loop that everything here runs in; it wakes up often enough to see that time is over. */
static struct ev_loop *event_loop() {
  static ev_timer wake;
  static struct ev_loop *loop = [] {
    struct ev_loop *made = ev_default_loop(EVFLAG_AUTO);
    ev_timer_init(&wake, [](struct ev_loop *, ev_timer *, int) {}, WAKE_SECONDS, WAKE_SECONDS);
    ev_timer_start(made, &wake);
    return made;
  }();
  return loop;
}

void until(const std::function<bool()> &condition) {
  while (!condition()) {
    check_limit();
    ev_run(event_loop(), EVRUN_ONCE);
  }
}

bool holds_within(double seconds, const std::function<bool()> &condition) {
  const ev_tstamp end = ev_time() + seconds;
  while (!condition()) {
    if (ev_time() > end) return false;
    ev_run(event_loop(), EVRUN_ONCE);
  }
  return true;
}

Link::Link(const AMQP::Address &address, uint16_t heartbeat)
    : LibEvHandler(event_loop()), heartbeat_(heartbeat), connection_(this, address) {}

Link::~Link() {
  if (lost) return;
  connection_.close();
  /* What does not answer is dropped with the object. */
  holds_within(CLOSE_LIMIT_SECONDS, [this] { return lost; });
}

const std::string &Link::outcome() {
  until([this] { return ready_ || lost; });
  return error;
}

void Link::onProperties(AMQP::TcpConnection *, const AMQP::Table &server, AMQP::Table &) {
  server_properties = server;
}

uint16_t Link::onNegotiate(AMQP::TcpConnection *connection, uint16_t interval) {
  agreed_heartbeat =
      LibEvHandler::onNegotiate(connection, heartbeat_ == 0 ? interval : heartbeat_);
  return agreed_heartbeat;
}

void Link::onBlocked(AMQP::TcpConnection *, const char *reason) { blocks.emplace_back(reason); }

void Link::onDetached(AMQP::TcpConnection *connection) {
  lost = true;
  LibEvHandler::onDetached(connection);
}

std::unique_ptr<Link> open_link(const std::string &url, uint16_t heartbeat) {
  auto link = std::make_unique<Link>(AMQP::Address(url), heartbeat);
  const auto &error = link->outcome();
  if (!error.empty()) throw Failure(error);
  return link;
}

void refused(const std::function<void()> &action, const std::string &text) {
  try {
    action();
  } catch (const Failure &error) {
    contains(error.what(), text);
    return;
  }
  throw Failure("no error; expected '" + text + "'");
}
