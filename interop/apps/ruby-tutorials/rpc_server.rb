# frozen_string_literal: true

# Tutorial 6, remote procedure calls: answers requests for Fibonacci numbers.

require_relative 'tutorial'

def fibonacci(number)
  return number if number < 2

  fibonacci(number - 1) + fibonacci(number - 2)
end

Tutorial.open do |channel|
  queue = channel.queue(Tutorial.name('rpc_queue'))
  channel.prefetch(1)
  waiting = ' [x] Awaiting RPC requests'
  Tutorial.wait_for(queue, waiting, manual_ack: true) do |delivery, properties, body|
    puts " [.] fib(#{body})"
    channel.default_exchange.publish(
      fibonacci(Integer(body)).to_s,
      routing_key: properties.reply_to,
      correlation_id: properties.correlation_id
    )
    channel.ack(delivery.delivery_tag)
  end
end
