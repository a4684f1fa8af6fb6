# frozen_string_literal: true

# Tutorial 4, routing: prints the log lines of some severities, its arguments.

require_relative 'tutorial'

Tutorial.open do |channel|
  Tutorial.receive_logs(channel, channel.direct(Tutorial.name('direct_logs')), ARGV)
end
