# frozen_string_literal: true

# Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
# together, dead letters that wait.

require_relative '../harness'

EXCHANGE = 'amq.direct'

# A consumer on a channel of its own.
class Chooser
  attr_reader :channel

  def initialize(context, link, queue, **options)
    @context = context
    @channel = link.channel
    @consumer = @channel.consume(queue, **options)
    @seen = 0
  end

  # Waits for the next messages, and gives them.
  def expect(*bodies)
    messages = @consumer.messages
    @context.eventually("#{bodies} came") { messages.size >= @seen + bodies.size }
    @context.equal(messages.drop(@seen).map(&:body), bodies)
    @seen += bodies.size
    messages.last(bodies.size)
  end

  # Shows that nothing more has come.
  def expect_nothing = expect

  def ack(messages)
    messages.each { |message| @channel.ack(message) }
  end

  def cancel = @channel.cancel(@consumer.tag)
end

def if_true(selector) = { 'x-filter' => selector }

scenario('filter') do
  link = connect
  publisher = link.channel(confirm: true)
  publisher.declare_queue(name, exclusive: true)
  put = lambda do |body, properties|
    publish(publisher, '', name, body, properties)
  end
  put['big red', { headers: { 'colour' => 'red', 'size' => 5 } }]
  put['small red', { headers: { 'colour' => 'red', 'size' => 3 } }]
  put['big blue', { headers: { 'colour' => 'blue', 'size' => 9 } }]
  put['named', { message_id: 'order-7' }]
  put['bigger red', { headers: { 'colour' => 'red', 'size' => 70_000 } }]
  reds = Chooser.new(self, link, name, arguments: if_true("colour = 'red' AND size > 3"))
  reds.ack(reds.expect('big red', 'bigger red'))
  orders = Chooser.new(self, link, name, arguments: if_true("p.message_id LIKE 'order-%'"))
  orders.ack(orders.expect('named'))
  put['last red', { headers: { 'colour' => 'red', 'size' => 4 } }]
  reds.ack(reds.expect('last red'))
  [reds, orders].each(&:cancel)
  Chooser.new(self, link, name, no_ack: true).expect('small red', 'big blue')
  fails("PRECONDITION_FAILED - invalid arg 'x-filter' for queue '#{name}' in vhost '/': " \
        '{invalid_filter,"no end of the quote at 10"}') do
    link.channel.consume(name, arguments: if_true("colour = 'red"))
  end
end

# Two consumers, of no more than two messages each at a time. A message's key is the first letter of
# its name; the block gives the end of its routing key, and its headers.
def groups(context, argument)
  link = context.connect
  publisher = link.channel(confirm: true)
  queue = "#{context.name}.#{argument}"
  publisher.declare_queue(queue, exclusive: true, arguments: { 'x-group-key' => argument })
  %w[a b].each { |key| publisher.bind_queue(queue, EXCHANGE, "#{queue}.#{key}") }
  put = lambda do |name|
    key, headers = yield name
    context.publish(publisher, EXCHANGE, "#{queue}.#{key}", name, { headers: headers })
  end
  %w[a1 a2 a3 b1 b2 b3].each(&put)
  first = Chooser.new(context, link, queue, prefetch: 2)
  held = first.expect('a1', 'a2')
  second = Chooser.new(context, link, queue, prefetch: 2)
  second.ack(second.expect('b1', 'b2'))
  second.ack(second.expect('b3'))
  # The second one has nothing to do, and yet it gets none of the key that the first one has.
  context.equal(second.channel.declare_queue(queue, passive: true), 1, 'ready:')
  first.ack([held[0]])
  first.ack([held[1], *first.expect('a3')])
  second.expect_nothing
  first.cancel
  put['a4']
  second.expect('a4')
end

scenario('group-key') do
  groups(self, 'routing-key') { |name| [name[0], {}] }
  groups(self, 'customer') { |name| ['a', { 'customer' => name[0] }] }
end

scenario('dead-letter-at-least-once') do
  link = connect
  publisher = link.channel(confirm: true)
  publisher.declare_queue(name, durable: true, arguments: {
    'x-queue-type' => 'quorum', 'x-overflow' => 'reject-publish',
    'x-dead-letter-strategy' => 'at-least-once', 'x-dead-letter-exchange' => EXCHANGE,
    'x-dead-letter-routing-key' => "#{name}.key"
  })
  after { publisher.delete_queue(name) }
  publish(publisher, '', name, 'refused')
  living = Chooser.new(self, link, name)
  living.channel.reject(living.expect('refused')[0], requeue: false)
  # When this is answered, the letter has found no queue.
  living.channel.declare_queue("#{name}.dead", exclusive: true)
  living.channel.bind_queue("#{name}.dead", EXCHANGE, "#{name}.key")
  dead = Chooser.new(self, link, "#{name}.dead", no_ack: true).expect('refused')[0]
  equal(dead.properties[:headers]['x-death'][0]['reason'], 'rejected')
end
