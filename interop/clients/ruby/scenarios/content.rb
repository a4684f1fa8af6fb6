# frozen_string_literal: true

# Scenarios of what a message carries: sizes, Unicode, headers of every type, properties.

require 'securerandom'
require_relative '../harness'

TEN_MIB = 10 * 1024 * 1024
PRIORITIES = [*0..9, 255].freeze
TIMESTAMPS = [0, 1, 1_000_000_000, 2_147_483_648, 4_102_444_800].freeze

# Publishes one message with these properties and gets it back; its properties.
def there_and_back(context, channel, properties)
  context.publish(channel, '', context.name, 'x', properties)
  channel.get(context.name).properties
end

scenario('body-empty') do
  channel = confirmed_queue
  publish(channel, '', name, '', { type: 'empty' })
  message = channel.get(name)
  equal([message.body, message.properties[:type]], ['', 'empty'])
end

scenario('body-10mib') do
  channel = confirmed_queue
  body = SecureRandom.bytes(TEN_MIB)
  publish(channel, '', name, body)
  consumer = channel.consume(name, no_ack: true)
  eventually('the message came') { consumer.messages.any? }
  equal(consumer.messages.map { |message| message.body.bytesize }, [TEN_MIB])
  raise 'the bytes differ' if consumer.messages[0].body != body
end

scenario('unicode') do
  channel = confirmed_queue
  exchange = "#{name}.交換機.обмен"
  queue = "#{name}.очередь.队列.🐇"
  key = 'ключ.🐇.größe'
  text = "Grüße, 兎 and 🐇, e\u0301"
  channel.declare_exchange(exchange, 'topic')
  equal(channel.declare_queue(queue, exclusive: true), 0)
  channel.bind_queue(queue, exchange, 'ключ.*.größe')
  publish(channel, exchange, key, text, { headers: { 'ключ' => text } })
  message = channel.get(queue)
  equal([message.exchange, message.routing_key], [exchange, key])
  equal(Port.text(message.body), text)
  equal(message.properties[:headers], { 'ключ' => text })
end

scenario('header-table') do
  channel = confirmed_queue
  note("the client cannot send headers of type #{client.unsendable_types.chars.join(' ')}")
  samples = client.header_samples
  sent = samples.transform_values(&:first)
  got = there_and_back(self, channel, { headers: sent })[:headers]
  equal(got.keys.sort, samples.keys.sort, 'keys:')
  samples.each do |letter, (_, expected)|
    equal(got[letter], expected, letter)
    equal(got[letter].class, expected.class, letter)
  end
end

scenario('properties-all') do
  channel = confirmed_queue
  sent = {
    content_type: 'application/octet-stream',
    content_encoding: 'identity',
    headers: { 'key' => 'value' },
    delivery_mode: 2,
    priority: 9,
    correlation_id: 'correlation-1',
    reply_to: 'reply.queue',
    expiration: '3600000',
    message_id: 'message-1',
    timestamp: 1_700_000_000,
    type: 'type-1',
    user_id: URI.decode_www_form_component(URI.parse(url).user),
    app_id: 'app-1',
    cluster_id: 'cluster-1'
  }
  got = there_and_back(self, channel, sent)
  got[:timestamp] = got[:timestamp].to_i
  sent.each { |key, value| equal(got[key], value, key) }
end

scenario('priorities-timestamps') do
  channel = confirmed_queue
  PRIORITIES.each do |priority|
    equal(there_and_back(self, channel, { priority: priority })[:priority], priority)
  end
  TIMESTAMPS.each do |seconds|
    got = there_and_back(self, channel, { timestamp: seconds })[:timestamp]
    equal(got, Time.at(seconds))
  end
end
