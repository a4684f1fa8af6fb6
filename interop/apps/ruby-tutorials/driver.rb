# frozen_string_literal: true

# Runs RabbitMQ's tutorials 1 to 7: for each, the sending and the receiving programs, as a reader of
# the tutorials would, and asserts what the receivers print. INTEROP_URL is the broker. Prints a
# line an assertion; exit code 1 when one of them failed.

require 'bunny'
require_relative 'shows'
require_relative 'tutorial'

TUTORIALS = {
  '1 hello world: receive prints what send sent' => :hello,
  '2 work queues: the worker that is free gets the next task' => :fair_dispatch,
  '2 work queues: the other worker does the task of a killed one' => :worker_killed,
  '3 publish/subscribe: both receivers print both lines' => :publish_subscribe,
  '4 routing: receivers print the lines of their severities' => :routing,
  '5 topics: receivers print what their patterns ask for' => :topics,
  '6 RPC: two clients at once, each gets its own answer' => :remote_calls,
  '7 publisher confirms: individually, in batches, asynchronously' => :confirms
}.freeze

def report(what)
  yield
  puts "ok #{what}"
  true
rescue StandardError => e
  puts "not ok #{what} - #{e.message.split.join(' ')[0, 500]}"
  false
end

# Deletes what the tutorials leave behind; raises if messages were among it.
def clean_up(url, prefix)
  connection = Bunny.new(url).start
  channel = connection.create_channel
  %w[logs direct_logs topic_logs].each { |short| channel.exchange_delete(prefix + short) }
  left = %w[hello task_queue rpc_queue].sum do |short|
    channel.queue_delete(prefix + short).message_count
  end
  connection.close
  raise "#{left} messages were left" if left.positive?
end

$stdout.sync = true
puts "# app ruby-tutorials #{Bunny::VERSION}"
url = ENV.fetch('INTEROP_URL')
prefix = "interop-ruby-#{Process.pid}-"
shows = Shows.new({ Tutorial::URL_VARIABLE => url, Tutorial::PREFIX_VARIABLE => prefix })
results = TUTORIALS.map do |what, show|
  report(what) do
    shows.public_send(show)
  ensure
    shows.finish
  end
end
results << report('all tasks were acknowledged, nothing is left') { clean_up(url, prefix) }
exit(results.all?)
