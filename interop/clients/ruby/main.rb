# frozen_string_literal: true

# Runs the shared scenarios with the Ruby client named on the command line.
#
# The broker's URL comes in INTEROP_URL; see interop/runner/programs.ts for the whole environment.

# name => the gem, the adapter's file, the adapter's class
ADAPTERS = {
  'bunny' => %w[bunny bunny BunnyClient],
  'ruby-amqp' => %w[amqp amqp_gem AmqpGemClient]
}.freeze

wanted = ARGV.first
gem_name, file, type = ADAPTERS[wanted]
abort "no such client: #{wanted}; have #{ADAPTERS.keys.join(', ')}" if file.nil?

$stdout.sync = true
# The gem first: the warnings are for what is loaded after it.
require gem_name
$VERBOSE = true
require_relative 'harness'
require_relative "adapters/#{file}"
Dir[File.join(__dir__, 'scenarios', '*.rb')].each { |path| require path }

exit Harness.run(Object.const_get(type).new).zero?
