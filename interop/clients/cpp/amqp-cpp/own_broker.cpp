/*
 * Asks the runner for a broker that only this scenario uses, to be blocked or killed under the
 * client: one socket, one line a request. `start` answers `ok <url>`; `kill`, `block` and `unblock`
 * answer `ok`. The runner ends the broker when the socket closes. What a broker takes to start is
 * no matter of the client's: there is a limit for each request, and it counts for no scenario.
 */
#include "own_broker.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>

#include "harness.hpp"

static constexpr time_t ANSWER_LIMIT_SECONDS = 60;

OwnBroker::OwnBroker() {
  const char *control = std::getenv("INTEROP_CONTROL");
  const std::string address = control ? control : "";
  if (address.empty())
    throw Skip("the runner did not start this broker, so it cannot kill it");
  const auto port = std::stoi(address.substr(address.find(':') + 1));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{ANSWER_LIMIT_SECONDS, 0};
  socket_ = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(socket_, reinterpret_cast<sockaddr *>(&where), sizeof where) != 0) {
    close(socket_);
    throw Failure("cannot reach the runner at " + address);
  }
}

OwnBroker::~OwnBroker() { close(socket_); }

std::string OwnBroker::ask(const std::string &request) {
  const auto started = std::chrono::steady_clock::now();
  const std::string line = request + "\n";
  std::string answer;
  expect(send(socket_, line.data(), line.size(), MSG_NOSIGNAL) > 0, "the runner is gone");
  for (char octet = 0; octet != '\n'; answer += octet)
    expect(recv(socket_, &octet, 1, 0) == 1, "broker control: no answer");
  extend_limit(std::chrono::steady_clock::now() - started);
  answer.pop_back();
  expect(answer.compare(0, 2, "ok") == 0, "broker control: " + answer);
  return answer.size() > 3 ? answer.substr(3) : "";
}
