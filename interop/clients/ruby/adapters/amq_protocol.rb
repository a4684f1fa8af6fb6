# frozen_string_literal: true

# What the two clients share: the codec, a gem called amq-protocol. Here is what it can express in a
# header.

require 'amq/protocol/client'
require 'bigdecimal'

module AmqProtocol
  # It tells neither integers nor their sizes apart, has no byte arrays, and encodes no decimal of
  # one or more with its fraction. Its decoder leaves out a last entry of three bytes or less, so
  # that V may not be the last.
  SENT = {
    'S' => 'text, Größe, 兎',
    't' => true,
    'V' => nil,
    'l' => -2**63,
    'f' => AMQ::Protocol::Float32Bit.new(1.5),
    'd' => Math::PI,
    'D' => BigDecimal('0.001'),
    'T' => Time.at(1_700_000_000),
    'A' => ['text', 1, true, nil, ['inner'], { 'deep' => 'table' }],
    'F' => { 'text' => 'text', 'number' => 70_000, 'inner' => { 'list' => [1, 2, 3] } }
  }.freeze

  # letter => [sent, received]: what tells the two floats apart is for sending only.
  def header_samples
    SENT.to_h do |letter, value|
      [letter, [value, value.is_a?(AMQ::Protocol::Float32Bit) ? value.value : value]]
    end
  end

  def unsendable_types = 'xbBsuIiL'
end
