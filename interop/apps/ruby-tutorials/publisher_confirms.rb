# frozen_string_literal: true

# Tutorial 7, publisher confirms: the three strategies, each with as many messages.

require_relative 'tutorial'

MESSAGES = 1_000
BATCH = 100
LIMIT_SECONDS = 20

# Waits for each confirm before it sends the next message.
def individually(channel, queue)
  MESSAGES.times do |number|
    queue.publish(number.to_s)
    channel.wait_for_confirms or raise 'the broker refused a message'
  end
end

# Waits after every batch for all of its confirms.
def in_batches(channel, queue)
  MESSAGES.times.each_slice(BATCH) do |numbers|
    numbers.each { |number| queue.publish(number.to_s) }
    channel.wait_for_confirms or raise 'the broker refused a message'
  end
end

# Takes confirms as they come, while it goes on sending; one may be for all up to its number.
def asynchronously(channel, queue)
  outstanding = {}
  lock = Mutex.new
  channel.confirm_select(
    lambda do |tag, multiple, nack|
      abort 'the broker refused a message' if nack
      lock.synchronize { outstanding.delete_if { |each| multiple ? each <= tag : each == tag } }
    end
  )
  MESSAGES.times do |number|
    lock.synchronize { outstanding[channel.next_publish_seq_no] = number }
    queue.publish(number.to_s)
  end
  Timeout.timeout(LIMIT_SECONDS) { sleep 0.01 until lock.synchronize { outstanding.empty? } }
end

def run(how)
  Tutorial.open do |channel|
    queue = channel.queue('', exclusive: true)
    channel.confirm_select
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    yield channel, queue
    took = Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
    abort "#{queue.message_count} messages in the queue" if queue.message_count != MESSAGES
    puts format('Published %<count>d messages %<how>s in %<took>.2f s',
                count: MESSAGES, how: how, took: took)
  end
end

run('individually') { |*args| individually(*args) }
run('in batches') { |*args| in_batches(*args) }
run('and handled confirms asynchronously') { |*args| asynchronously(*args) }
