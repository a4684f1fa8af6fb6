/*
 * librabbitmq's calls, a little shorter: each checks its reply and ends the scenario when that is
 * not what was wanted. Links that a scenario opens are closed after it.
 */
#ifndef LINK_H
#define LINK_H

#include <amqp.h>
#include <stdbool.h>

typedef amqp_connection_state_t link_t;

enum { CHANNEL = 1 };

/* Passed to declare_queue. */
enum { EXCLUSIVE = 1, DURABLE = 2, PASSIVE = 4, AUTO_DELETE = 8 };

/* A message, however it came, with its own copy of everything. */
struct received {
  amqp_message_t message;
  bool present;
  uint64_t tag;
  bool redelivered;
  long left; /* messages left in the queue, of basic.get only */
  char exchange[256], key[256];
};

struct returned {
  int count;
  int reply_code;
  char reply_text[256];
  struct received what;
};

/* Opens a connection to the broker; fails the scenario when that is refused. */
link_t open_link(void);
/* The same, to a broker of the scenario's own. */
link_t open_link_to(int port);
/* The same, with all there is to choose; what the client reports comes back in `reply`. */
link_t try_link(int port, const char *vhost, const char *password, int heartbeat_seconds,
                amqp_rpc_reply_t *reply);
void close_links(void);

/* What the client reports, in words. Valid until the next call. */
const char *described(amqp_rpc_reply_t reply);
void expect_ok(link_t link, const char *what);
/* The last call must have failed with this text; the channel is then free again. */
void expect_channel_error(link_t link, int channel, const char *text);

void open_channel(link_t link, int channel);
/* One confirm channel a scenario. */
void open_confirm_channel(link_t link, int channel);
/* Closes a channel; unsettled messages go back. */
void close_channel(link_t link, int channel);

/* Returns the number of ready messages. */
long declare_queue(link_t link, int channel, const char *name, int flags);
long declare_queue_with(link_t link, int channel, const char *name, int flags,
                        amqp_table_t arguments);
void declare_exchange(link_t link, int channel, const char *name, const char *type);
void bind_queue(link_t link, int channel, const char *queue, const char *exchange,
                const char *key, amqp_table_t arguments);

void publish(link_t link, int channel, const char *exchange, const char *key, amqp_bytes_t body,
             const amqp_basic_properties_t *properties, bool mandatory);
/* Waits until all publishes of the confirm channel are confirmed; returns go to `returned`. */
void wait_confirmed(link_t link, struct returned *returned);
/* A header or an argument that is a text. */
amqp_table_entry_t text_entry(const char *key, const char *value);
/* Publishes a text on the confirm channel and waits for its confirm. */
void publish_confirmed(link_t link, const char *exchange, const char *key, const char *text);

struct received get(link_t link, int channel, const char *queue, bool no_ack);
void consume(link_t link, int channel, const char *queue, bool no_ack);
/* Without a check of the answer. */
void try_consume(link_t link, int channel, const char *queue, bool no_ack,
                 amqp_table_t arguments);
struct received next_delivery(link_t link);
void expect_body(const struct received *got, const char *text);
void forget(struct received *got);

/* Waits for one method of the server that answers nothing. */
amqp_frame_t wait_method(link_t link, amqp_method_number_t method);

#endif
