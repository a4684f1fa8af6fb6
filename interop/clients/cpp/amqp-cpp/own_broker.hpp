/* Asks the runner for a broker that only this scenario uses. See own_broker.cpp. */
#pragma once

#include <string>

class OwnBroker {
 public:
  /* Skips the scenario where there is none. */
  OwnBroker();
  ~OwnBroker();
  OwnBroker(const OwnBroker &) = delete;
  OwnBroker &operator=(const OwnBroker &) = delete;

  /* Starts it; gives its URL. */
  std::string start() { return ask("start"); }
  /* Kills it with SIGKILL; returns when the process is gone. */
  void kill() { ask("kill"); }
  /* Raises its memory alarm, and clears it. */
  void block() { ask("block"); }
  void unblock() { ask("unblock"); }

 private:
  std::string ask(const std::string &request);

  int socket_;
};
