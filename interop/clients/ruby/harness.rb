# frozen_string_literal: true

# Runs the shared scenarios with one client and reports each on a line of its own: `ok name`,
# `not ok name - reason`, `skip name - reason`, and `# note name - text` for what a client could not
# be asked to do. Which ones they are comes in INTEROP_SCENARIOS. Every scenario has a time limit,
# in which the starts and stops of a broker of its own do not count; what it opened is closed after.

require 'uri'
require_relative 'own_broker'
require_relative 'port'

module Harness
  SCENARIO_LIMIT_SECONDS = 15
  CLOSE_LIMIT_SECONDS = 10

  # name => block, run with a Context as self
  SCENARIOS = {}

  # Runs everything; gives the number of failures.
  def self.run(client)
    puts "# client #{client.name} #{client.version}"
    ENV.fetch('INTEROP_SCENARIOS').split.count do |name|
      outcome = run_one(client, name)
      puts outcome
      outcome.start_with?('not ok')
    end
  end

  # Runs one scenario; gives the line to report.
  def self.run_one(client, name)
    body = SCENARIOS[name]
    return "not ok #{name} - not written for this language" if body.nil?

    stopwatch = Stopwatch.new
    context = Context.new(client, name, stopwatch)
    limit(SCENARIO_LIMIT_SECONDS, stopwatch) { context.instance_exec(&body) }
    "ok #{name}"
  rescue Port::Skip => e
    "skip #{name} - #{one_line(e.message)}"
  rescue StandardError => e
    "not ok #{name} - #{e.class}: #{one_line(e.message)}"
  ensure
    context&.clean_up
  end

  # Runs the block in a thread of its own and breaks off what takes longer.
  def self.limit(seconds, stopwatch = Stopwatch.new, &block)
    worker = Thread.new(&block)
    worker.report_on_exception = false
    until worker.join(0.1)
      next if stopwatch.seconds < seconds

      worker.kill
      raise "no end after #{seconds} s"
    end
  end

  def self.one_line(text)
    text.to_s.dup.force_encoding(Encoding::UTF_8).scrub.split.join(' ')[0, 500]
  end

  # Counts from its making on, except while it is paused.
  class Stopwatch
    def initialize
      @started = Port.now
    end

    def seconds = (@paused || Port.now) - @started

    def pause
      @paused = Port.now
      yield
    ensure
      @started += Port.now - @paused
      @paused = nil
    end
  end

  # What a scenario works with, as its self.
  class Context
    # `url` is amqp://user:password@host:port, without a path; `name` is unique to this run and
    # scenario: the stem of all names that it declares.
    attr_reader :client, :url, :name

    def initialize(client, scenario, stopwatch)
      @client = client
      @stopwatch = stopwatch
      @url = ENV.fetch('INTEROP_URL')
      @scenario = scenario
      @name = "interop.#{client.name}.#{Process.pid}.#{scenario}"
      @cleanups = []
    end

    # A connection that is closed after the scenario.
    def connect(url = @url, **options)
      link = @client.connect(url, **options)
      after { link.close }
      link
    end

    # A broker of the scenario's own, not started yet; skips where there is none.
    def own_broker
      address = ENV.fetch('INTEROP_CONTROL', '')
      if address.empty?
        raise Port::Skip, 'the runner did not start this broker, so it cannot kill it'
      end

      broker = OwnBroker.new(address) { |request| @stopwatch.pause(&request) }
      after { broker.close }
      broker
    end

    # Runs the block after the scenario, whatever came of it.
    def after(&action)
      @cleanups << action
    end

    def note(text)
      puts "# note #{@scenario} - #{text}"
    end

    def clean_up
      @cleanups.reverse_each do |cleanup|
        Harness.limit(CLOSE_LIMIT_SECONDS, &cleanup)
      rescue StandardError => e
        puts "# after #{@scenario}: #{Harness.one_line(e.message)}"
      end
    end

    # An assert that shows both sides.
    def equal(actual, expected, what = '')
      return if actual == expected

      raise "#{what} expected #{expected.inspect}, got #{actual.inspect}".strip
    end

    # An assert that `part` stands in what was reported.
    def contains(report, part)
      text = Port.text(report.is_a?(Exception) ? report.message : report.to_s)
      raise "expected to find #{part.inspect} in #{text.inspect}" unless text.include?(part)
    end

    # Runs what must fail; gives the error.
    def fails(part = '')
      begin
        yield
      rescue StandardError => e
        contains(e, part)
        return e
      end
      raise "no error; expected #{part.inspect}"
    end

    # Waits for something to come true; says what did not.
    def eventually(what, seconds = 10, &condition)
      Port.wait_until(seconds, &condition) || raise("in #{seconds} s not: #{what}")
    end

    # A confirm channel with an exclusive queue named as the scenario.
    def confirmed_queue
      channel = connect.channel(confirm: true)
      channel.declare_queue(name, exclusive: true)
      channel
    end

    # Publishes and waits for the confirm.
    def publish(channel, exchange, key, body, properties = {})
      channel.publish(exchange, key, body, properties)
      channel.wait_for_confirms
    end
  end
end

# Registers a block under the name that it reports; it runs with a Harness::Context as self.
def scenario(name, &body)
  Harness::SCENARIOS[name] = body
end
