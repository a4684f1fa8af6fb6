# frozen_string_literal: true

# Scenarios of each exchange type: declare, bind, publish, look which queue got what.

require_relative '../harness'

TOPICS = {
  'stock.*.nyse' => ['stock.usd.nyse'],
  'stock.#' => ['stock.usd.nyse', 'stock', 'stock.usd'],
  '#' => ['stock.usd.nyse', 'stock', 'stock.usd', 'quick.orange.rabbit', 'a..b', ''],
  '*.orange.*' => ['quick.orange.rabbit'],
  '*' => ['stock'],
  'a.*.b' => ['a..b'],
  '#.usd.#' => ['stock.usd.nyse', 'stock.usd']
}.freeze

# An exchange on a confirm channel: after a publish the message is in its queues.
class Setting
  attr_reader :channel, :exchange

  def initialize(context, kind)
    @context = context
    @exchange = context.name
    @channel = context.connect.channel(confirm: true)
    @channel.declare_exchange(@exchange, kind)
  end

  def queue(suffix)
    name = "#{@exchange}.#{suffix}"
    @channel.declare_queue(name, exclusive: true)
    name
  end

  def bind(queue, key, arguments = {})
    @channel.bind_queue(queue, @exchange, key, arguments)
  end

  # Publishes each key with itself as the body.
  def send_keys(*keys)
    keys.each { |key| @context.publish(@channel, @exchange, key, key) }
  end

  # Takes all that is in a queue.
  def received(queue)
    bodies = []
    while (message = @channel.get(queue))
      bodies << message.body
    end
    bodies
  end
end

scenario('exchange-direct') do
  setting = Setting.new(self, 'direct')
  red = setting.queue('red')
  both = setting.queue('both')
  setting.bind(red, 'red')
  setting.bind(both, 'red')
  setting.bind(both, 'blue')
  setting.send_keys('red', 'blue', 'redder')
  equal(setting.received(red), %w[red])
  equal(setting.received(both), %w[red blue])
  setting.channel.unbind_queue(both, name, 'red')
  setting.send_keys('red', 'blue')
  equal(setting.received(both), %w[blue])
end

scenario('exchange-fanout') do
  setting = Setting.new(self, 'fanout')
  queues = Array.new(3) { |number| setting.queue(number) }
  queues.each { |queue| setting.bind(queue, 'ignored') }
  setting.send_keys('any', '')
  queues.each { |queue| equal(setting.received(queue), ['any', '']) }
end

scenario('exchange-topic') do
  setting = Setting.new(self, 'topic')
  TOPICS.each_key { |pattern| setting.bind(setting.queue(pattern), pattern) }
  setting.send_keys(*TOPICS['#'])
  TOPICS.each { |pattern, keys| equal(setting.received("#{name}.#{pattern}"), keys, pattern) }
end

scenario('exchange-headers') do
  setting = Setting.new(self, 'headers')
  all = setting.queue('all')
  any = setting.queue('any')
  pair = { 'format' => 'pdf', 'kind' => 'report' }
  setting.bind(all, '', { 'x-match' => 'all', **pair })
  setting.bind(any, '', { 'x-match' => 'any', **pair })
  tries = {
    'both' => { headers: pair },
    'one' => { headers: { 'format' => 'pdf', 'kind' => 'log' } },
    'other' => { headers: { 'format' => 'zip' } },
    'bare' => {}
  }
  tries.each { |body, properties| publish(setting.channel, name, '', body, properties) }
  equal(setting.received(all), %w[both])
  equal(setting.received(any), %w[both one])
end

scenario('exchange-to-exchange') do
  setting = Setting.new(self, 'topic')
  inner = "#{name}.fanout"
  target = setting.queue('target')
  setting.channel.declare_exchange(inner, 'fanout')
  setting.channel.bind_exchange(inner, name, 'log.#')
  setting.channel.bind_queue(target, inner, '')
  # A second way to the same queue must not give a second copy.
  setting.bind(target, 'log.error')
  setting.send_keys('log.error', 'log.info', 'other')
  equal(setting.received(target), %w[log.error log.info])
end
