# frozen_string_literal: true

# What a Ruby client must offer to run the shared scenarios: one adapter a client implements it with
# that client's own calls. Nothing here knows a client. Calls return when the broker has answered,
# and raise what the client reports; what comes by itself (messages, returns, confirms, losses) is
# written by a thread of the client, and read here with `Port.wait_until`.
#
# A client has name, version, header_samples ({ letter => [sent, received] }, RabbitMQ's type
# letters), unsendable_types, recovery_note and
#   connect(url, heartbeat:, answer_limit:)       a link, or raises what the client reports; both in
#                                        seconds, the latter is how long a call waits for its answer
#   recovering(url, queue) { |body| }    a Recovering of its own, see scenarios/recovering.rb
# A link has lost (the error that ended it, or nil), server_properties, blockings (what it was told
# of blocking: the reason, or :unblocked) and
#   channel(confirm: false)
#   close
# A channel has closed (the error that the server closed it with, or nil), events (returned Messages
# and :confirmed, in the order in which the client told of them) and
#   declare_queue(name, passive:, durable:, exclusive:, auto_delete:, arguments:)
#                                        the number of messages
#   delete_queue(name)
#   bind_queue(queue, exchange, key, arguments)
#   unbind_queue(queue, exchange, key)
#   declare_exchange(name, kind)         auto-delete
#   bind_exchange(destination, source, key)
#   publish(exchange, key, body, properties, mandatory:)                   waits for nothing
#   wait_for_confirms                    until all that was published is confirmed
#   consume(queue, no_ack:, prefetch:, tag:, arguments:)                   a Subscription
#   cancel(tag)
#   get(queue, no_ack:)                  a Message, or nil
#   ack(message, multiple:), nack(message, multiple:, requeue:), reject(message, requeue:)
#   tx_select, tx_commit, tx_rollback
#   close
module Port
  # For what this client or this broker gives no way to do.
  class Skip < StandardError; end

  # A message, however it came. `properties` has the names of AMQP; `left` is of basic.get only.
  Message = Struct.new(:body, :properties, :exchange, :routing_key, :redelivered, :tag, :left,
                       :reply_code, :reply_text, keyword_init: true)

  # A consumer: its messages as they come, and whether the server has cancelled it.
  Subscription = Struct.new(:tag, :messages, :cancelled)

  # Waits until the block gives something true, and gives that; nil when it did not in time.
  def self.wait_until(seconds = 10)
    deadline = now + seconds
    loop do
      result = yield
      return result if result
      return nil if now > deadline

      sleep 0.005
    end
  end

  def self.now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  # Both clients hand text over as bytes: gives it its encoding back, in tables too.
  def self.text(value)
    case value
    when String then value.dup.force_encoding(Encoding::UTF_8)
    when Array then value.map { |each| text(each) }
    when Hash then value.to_h { |key, each| [key.is_a?(String) ? text(key) : key, text(each)] }
    else value
    end
  end
end
