# frozen_string_literal: true

# Tutorial 3, publish/subscribe: sends a log line to everybody.

require_relative 'tutorial'

Tutorial.open do |channel|
  exchange = channel.fanout(Tutorial.name('logs'))
  line = ARGV.join(' ')
  exchange.publish(line)
  puts " [x] Sent #{line}"
end
