# frozen_string_literal: true

# Asks the runner for a broker that only this scenario uses, to be killed or blocked under the
# client. One socket, one line a request: `start` answers `ok <url>`, the others answer `ok`. The
# runner ends the broker when the socket closes.

require 'io/wait'
require 'socket'

class OwnBroker
  ANSWER_LIMIT_SECONDS = 120

  # Requests are run by the block, which is given each as something to call.
  def initialize(address, &around)
    host, port = address.split(':')
    @socket = TCPSocket.new(host, Integer(port))
    @around = around
  end

  # Starts it, for the first time or again; gives its URL.
  def start = ask('start')

  # Kills it with SIGKILL; returns when the process is gone.
  def kill = ask('kill')

  # Raises its memory alarm: publishers are blocked until `unblock`.
  def block = ask('block')

  def unblock = ask('unblock')

  def close = @socket.close

  private

  def ask(request)
    @around.call(-> { exchange(request) })
  end

  def exchange(request)
    @socket.puts(request)
    answer = @socket.wait_readable(ANSWER_LIMIT_SECONDS) ? @socket.gets.to_s.chomp : 'no answer'
    word, rest = answer.split(' ', 2)
    raise "broker control: #{request}: #{answer}" if word != 'ok'

    rest
  end
end
