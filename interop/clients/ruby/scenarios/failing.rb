# frozen_string_literal: true

# Scenarios of what goes wrong and what must go on: cancelled consumers, closed channels, a closed
# connection, locks; and of many channels, request and reply, and silence.

require_relative '../harness'

REPLY_TO = 'amq.rabbitmq.reply-to'
SILENCE_SECONDS = 5

# Declares, publishes, gets: shows that a confirm channel works.
def exchange_one_message(context, channel, queue)
  channel.declare_queue(queue, exclusive: true)
  context.publish(channel, '', queue, 'alive')
  context.equal(channel.get(queue).body, 'alive')
end

scenario('consumer-cancel') do
  link = connect
  channel = link.channel
  other = link.channel
  channel.declare_queue(name, exclusive: true)
  consumer = channel.consume(name)
  other.delete_queue(name)
  eventually('cancelled') { consumer.cancelled }
  exchange_one_message(self, link.channel(confirm: true), "#{name}.after")
end

scenario('two-channels-one-error') do
  link = connect
  good = link.channel(confirm: true)
  bad = link.channel
  good.declare_queue(name, exclusive: true)
  consumer = good.consume(name, no_ack: true)
  fails("NOT_FOUND - no queue '#{name}.missing' in vhost '/'") do
    bad.declare_queue("#{name}.missing", passive: true)
  end
  publish(good, '', name, 'still here')
  eventually('the message came') { consumer.messages.any? }
  equal(consumer.messages.map(&:body), ['still here'])
end

scenario('channel-error-survived') do
  link = connect
  first = link.channel
  first.publish("#{name}.missing", 'key', 'x')
  error = eventually('closed') { first.closed }
  contains(error, "NOT_FOUND - no exchange '#{name}.missing' in vhost '/'")
  exchange_one_message(self, link.channel(confirm: true), name)
end

scenario('connection-error-reported') do
  link = connect
  channel = link.channel
  text = "NOT_ALLOWED - attempt to reuse consumer tag 'twice'"
  channel.declare_queue(name, exclusive: true)
  channel.consume(name, tag: 'twice')
  fails(text) { channel.consume(name, tag: 'twice') }
  contains(eventually('lost') { link.lost }, text)
end

scenario('exclusive-queue-locked') do
  owner = connect
  # Bunny waits this long before it tells that the answer to basic.get was a closed channel.
  other = connect(answer_limit: 2)
  owned = owner.channel(confirm: true)
  owned.declare_queue(name, exclusive: true)
  locked = "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '#{name}' in vhost '/'"
  fails(locked) { other.channel.declare_queue(name, exclusive: true) }
  fails(locked) { other.channel.get(name) }
  fails(locked) { other.channel.consume(name) }
  publish(owned, '', name, 'mine')
  equal(owned.get(name).body, 'mine')
end

scenario('rpc-direct-reply-to') do
  server = connect.channel
  asking = connect.channel
  server.declare_queue(name, auto_delete: true)
  requests = server.consume(name, no_ack: true).messages
  replies = asking.consume(REPLY_TO, no_ack: true).messages
  %w[one two three].each.with_index(1) do |question, count|
    asking.publish('', name, question, { reply_to: REPLY_TO, correlation_id: question })
    eventually('the request came') { requests.size == count }
    properties = requests.last.properties
    equal(properties[:reply_to].start_with?("#{REPLY_TO}."), true, 'reply_to:')
    server.publish('', properties[:reply_to], requests.last.body.upcase,
                   { correlation_id: properties[:correlation_id] })
    eventually('the reply came') { replies.size == count }
    reply = replies.last
    equal([reply.properties[:correlation_id], reply.body], [question, question.upcase])
  end
end

scenario('channels-1000') do
  link = connect
  channels = Array.new(1_000) { link.channel }
  channels[0].declare_queue(name, exclusive: true)
  consumer = channels[0].consume(name, no_ack: true)
  channels.each_with_index { |channel, number| channel.publish('', name, number.to_s) }
  eventually('all messages came') { consumer.messages.size == channels.size }
  equal(consumer.messages.map { |message| Integer(message.body) }.sort, [*0...1_000])
end

scenario('heartbeat-silence') do
  link = connect(heartbeat: 1)
  channel = link.channel(confirm: true)
  # The silence is what is under test: only heartbeats may keep the connection.
  Port.wait_until(SILENCE_SECONDS) { link.lost }
  equal(link.lost, nil, 'lost in silence:')
  exchange_one_message(self, channel, name)
end
