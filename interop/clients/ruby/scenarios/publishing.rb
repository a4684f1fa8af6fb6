# frozen_string_literal: true

# Scenarios of publishing: confirms, returns, transactions.

require_relative '../harness'

scenario('confirm-single') do
  channel = connect.channel(confirm: true)
  channel.declare_queue(name, durable: true)
  after { channel.delete_queue(name) }
  publish(channel, '', name, 'kept', { delivery_mode: 2 })
  message = channel.get(name)
  equal(message.body, 'kept')
  equal(message.properties[:delivery_mode], 2)
end

scenario('confirm-batch-1000') do
  channel = confirmed_queue
  bodies = (0...1_000).map(&:to_s)
  bodies.each { |body| channel.publish('', name, body) }
  channel.wait_for_confirms
  equal(channel.declare_queue(name, passive: true), 1_000)
  consumer = channel.consume(name, no_ack: true)
  eventually('all messages came') { consumer.messages.size == bodies.size }
  equal(consumer.messages.map(&:body), bodies)
end

scenario('confirm-batches') do
  channel = confirmed_queue
  10.times do |batch|
    100.times { |number| channel.publish('', name, (batch * 100 + number).to_s) }
    channel.wait_for_confirms
  end
  equal(channel.declare_queue(name, passive: true), 1_000)
end

scenario('mandatory-return') do
  channel = connect.channel(confirm: true)
  properties = { message_id: 'm-1', content_type: 'application/x-test' }
  channel.publish('amq.direct', name, 'lost', properties, mandatory: true)
  channel.wait_for_confirms
  equal(channel.events.size, 2, 'a return and a confirm:')
  returned, confirmed = channel.events
  equal(confirmed, :confirmed)
  equal([returned.reply_code, returned.reply_text], [312, 'NO_ROUTE'])
  equal([returned.exchange, returned.routing_key], ['amq.direct', name])
  equal(returned.body, 'lost')
  properties.each { |key, value| equal(returned.properties[key], value, key) }
end

# A channel in tx mode, and a lambda that counts ready messages on another channel.
def transactional(context)
  link = context.connect
  channel = link.channel
  observer = link.channel
  observer.declare_queue(context.name, exclusive: true)
  channel.tx_select
  [channel, -> { observer.declare_queue(context.name, passive: true) }]
end

scenario('tx-commit') do
  channel, ready = transactional(self)
  channel.publish('', name, 'one')
  channel.publish('', name, 'two')
  equal(ready.call, 0)
  channel.tx_commit
  equal(ready.call, 2)
  channel.ack(channel.get(name, no_ack: false))
  channel.tx_commit
  channel.close
  equal(ready.call, 1, 'an acked message does not come back:')
end

scenario('tx-rollback') do
  channel, ready = transactional(self)
  channel.publish('', name, 'kept')
  channel.tx_commit
  channel.publish('', name, 'dropped')
  first = channel.get(name, no_ack: false)
  equal(first.body, 'kept')
  channel.ack(first)
  channel.tx_rollback
  equal(ready.call, 0, 'rollback does not redeliver:')
  channel.close
  equal(ready.call, 1, 'the ack was forgotten, the publish too:')
end
