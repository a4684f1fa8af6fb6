# frozen_string_literal: true

# Scenarios of receiving: get, consume, each form of settling. What a settle left behind is read
# from the queue after the channel is closed, when all that was not settled has come back.

require_relative '../harness'

# A queue of its own with the messages 1 to `count`, and a channel to take them on.
class Filled
  attr_reader :channel, :consumer

  def initialize(context, count)
    @context = context
    @name = context.name
    link = context.connect
    @publisher = link.channel(confirm: true)
    @publisher.declare_queue(@name, exclusive: true)
    (1..count).each { |number| context.publish(@publisher, '', @name, number.to_s) }
    @channel = link.channel
  end

  # Starts a consumer and waits for its first messages.
  def take(count, **options)
    @consumer = @channel.consume(@name, **options)
    more(count)
  end

  # Waits until the consumer has got `count` messages in all.
  def more(count)
    messages = @consumer.messages
    @context.eventually("#{count} messages came") { messages.size >= count }
    messages
  end

  # Closes the channel and takes, on another, what the queue holds then.
  def left
    @channel.close
    rest = []
    while (message = @publisher.get(@name))
      rest << Integer(message.body)
    end
    rest
  end
end

def numbers(messages) = messages.map { |message| Integer(message.body) }

scenario('get') do
  filled = Filled.new(self, 3)
  first = filled.channel.get(name, no_ack: false)
  equal([first.body, first.left, first.redelivered], ['1', 2, false])
  equal([first.exchange, first.routing_key], ['', name])
  filled.channel.ack(first)
  second = filled.channel.get(name, no_ack: true)
  equal([second.body, second.left], ['2', 1])
  equal(filled.left, [3])
end

scenario('get-empty') do
  filled = Filled.new(self, 0)
  equal(filled.channel.get(name, no_ack: false), nil)
  equal(filled.channel.get(name, no_ack: true), nil)
end

scenario('consume-prefetch') do
  filled = Filled.new(self, 10)
  messages = filled.take(3, prefetch: 3)
  equal(numbers(messages), [1, 2, 3])
  equal(filled.channel.declare_queue(name, passive: true), 7, 'ready while three are out:')
  equal(messages.size, 3)
  filled.channel.ack(messages[0])
  equal(numbers(filled.more(4)), [1, 2, 3, 4])
  filled.channel.cancel(filled.consumer.tag)
  equal(filled.left, [2, 3, 4, 5, 6, 7, 8, 9, 10])
end

scenario('ack-each') do
  filled = Filled.new(self, 5)
  filled.take(5).each { |message| filled.channel.ack(message) }
  equal(filled.left, [])
end

scenario('ack-multiple') do
  filled = Filled.new(self, 6)
  messages = filled.take(6)
  filled.channel.ack(messages[3], multiple: true)
  equal(filled.left, [5, 6])
end

scenario('auto-ack') do
  filled = Filled.new(self, 5)
  equal(numbers(filled.take(5, no_ack: true)), [1, 2, 3, 4, 5])
  equal(filled.left, [])
end

scenario('reject-drop') do
  filled = Filled.new(self, 3)
  messages = filled.take(3)
  filled.channel.reject(messages[0], requeue: false)
  filled.channel.reject(messages[2], requeue: false)
  equal(filled.left, [2])
end

scenario('nack-multiple') do
  filled = Filled.new(self, 4)
  messages = filled.take(4)
  filled.channel.nack(messages[2], multiple: true, requeue: true)
  again = filled.more(7).drop(4)
  equal(numbers(again), [1, 2, 3])
  equal(again.map(&:redelivered), [true, true, true])
end

scenario('nack-requeue') do
  filled = Filled.new(self, 1)
  messages = filled.take(1)
  equal(messages[0].redelivered, false)
  filled.channel.nack(messages[0], requeue: true)
  again = filled.more(2)[1]
  equal([again.body, again.redelivered], ['1', true])
  filled.channel.nack(again, requeue: false)
  equal(filled.left, [])
end
