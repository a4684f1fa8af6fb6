# frozen_string_literal: true

# Tutorial 5, topics: prints the log lines that patterns, its arguments, ask for.

require_relative 'tutorial'

Tutorial.open do |channel|
  Tutorial.receive_logs(channel, channel.topic(Tutorial.name('topic_logs')), ARGV)
end
