# frozen_string_literal: true

# Tutorial 1, "Hello World!": sends one message.

require_relative 'tutorial'

Tutorial.open do |channel|
  queue = channel.queue(Tutorial.name('hello'))
  channel.default_exchange.publish('Hello World!', routing_key: queue.name)
  puts " [x] Sent 'Hello World!'"
end
