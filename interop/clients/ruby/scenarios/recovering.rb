# frozen_string_literal: true

# Scenarios in which a broker of the scenario's own runs low on memory, or is killed with SIGKILL
# under the client and started again on the same port. It keeps nothing over its death here: queues
# are declared again by the client's own recovery.

require_relative '../harness'

REASON = 'low on memory'

scenario('blocked-unblocked') do
  broker = own_broker
  broker_url = broker.start
  link = connect(broker_url)
  channel = link.channel(confirm: true)
  # Not exclusive: another connection reads it.
  channel.declare_queue(name)
  broker.block
  # RabbitMQ tells a connection when it publishes.
  channel.publish('', name, 'held')
  eventually('blocked') { link.blockings.any? }
  equal(link.blockings, [REASON])
  broker.unblock
  eventually('unblocked') { link.blockings.size > 1 }
  equal(link.blockings, [REASON, :unblocked])
  other = connect(broker_url).channel
  message = eventually('the message arrived') { other.get(name) }
  equal(message.body, 'held')
end

scenario('broker-killed-reported') do
  broker = own_broker
  link = connect(broker.start)
  channel = link.channel
  channel.declare_queue(name)
  channel.consume(name)
  broker.kill
  eventually('lost') { link.lost }
  equal(link.lost.is_a?(Exception), true, 'reported:')
end

# A connection that the client itself brings back, with a queue and a consumer on it, and the bodies
# that the consumer has got; one of them already.
def recovering(context, broker_url)
  bodies = []
  connection = context.client.recovering(broker_url, context.name) { |body| bodies << body }
  context.after { connection.close }
  connection.publish('before')
  context.eventually('the first message came') { bodies == ['before'] }
  bodies.clear
  [connection, bodies]
end

scenario('recover-publisher') do
  broker = own_broker
  connection, bodies = recovering(self, broker.start)
  note(client.recovery_note)
  broker.kill
  eventually('noticed') { connection.lost? }
  sent = ['down 1', 'down 2', 'down 3']
  confirmed = 0
  publisher = Thread.new do
    sent.each do |body|
      connection.publish(body)
      confirmed += 1
    end
  end
  publisher.report_on_exception = false
  after { publisher.kill }
  eventually('published') { connection.waiting? }
  equal(confirmed, 0, 'confirmed while the broker is down:')
  broker.start
  publisher.value
  equal(confirmed, sent.size, 'confirmed:')
  eventually('all arrived') { bodies.size >= sent.size }
  equal(bodies, sent)
end

scenario('recover-consumer') do
  broker = own_broker
  broker_url = broker.start
  connection, bodies = recovering(self, broker_url)
  broker.kill
  eventually('noticed') { connection.lost? }
  broker.start
  # Another connection's message: only the recovered consumer can take it.
  other = connect(broker_url).channel(confirm: true)
  other.declare_queue(name)
  publish(other, '', name, 'second')
  eventually('the second message came') { bodies.any? }
  equal(bodies, ['second'])
end
