# frozen_string_literal: true

# Tutorial 6, remote procedure calls: asks for a Fibonacci number, its argument.

require 'securerandom'
require_relative 'tutorial'

LIMIT_SECONDS = 10

Tutorial.open do |channel|
  replies = channel.queue('', exclusive: true)
  id = SecureRandom.uuid
  answers = Thread::Queue.new
  replies.subscribe do |_delivery, properties, body|
    answers << body if properties.correlation_id == id
  end

  number = ARGV.fetch(0)
  puts " [x] Requesting fib(#{number})"
  channel.default_exchange.publish(
    number,
    routing_key: Tutorial.name('rpc_queue'),
    correlation_id: id,
    reply_to: replies.name
  )
  # Ruby 3.1 has no limit for Queue#pop.
  answer = Timeout.timeout(LIMIT_SECONDS) { answers.pop }
  puts " [.] Got #{Integer(answer)}"
end
