# One channel of AnyEvent::RabbitMQ. On a confirm channel `publish` waits for its confirm,
# `publish_later` does not; messages are hashes, however they came.
package Interop::AnyEvent::Channel;
use v5.36;

use AnyEvent;

use Interop::Check qw(skip);

# Begins to open a channel; `opened` waits for it.
sub open ($class, $link, $connection) {
    my $self    = bless { link => $link, events => [], unconfirmed => 0, nacks => 0 }, $class;
    my $opening = $self->{opening} = AnyEvent->condvar;
    $connection->open_channel(
        on_success => $opening,
        on_failure => sub { $opening->croak(join ' ', @_) },
        on_close   => sub ($why) { $self->{closed} //= describe($why) },
    );
    return $self;
}

sub opened ($self) {
    $self->{raw} = (delete $self->{opening})->recv;
    return $self;
}

sub confirm ($self) {
    $self->_call('confirm');
    $self->{confirm} = 1;
    return $self;
}

# What the client hands over when something is closed: the closing method, or a text.
sub describe ($why) {
    return $why if !ref $why;
    my $method = $why->method_frame;
    return join ' ', $method->reply_code // '', $method->reply_text // 'closed by the client';
}

# What the client reported when the channel was closed.
sub closed ($self) { return $self->{closed} }

# Calls a method that reports to callbacks; the frame that answers.
sub _call ($self, $method, %arguments) {
    my $done = AnyEvent->condvar;
    $self->{raw}->$method(
        %arguments,
        on_success => sub (@answer) { $done->send($answer[0]) },
        on_failure => sub (@error) { $done->croak(join ' ', @error) },
    );
    my $answer = eval { $done->recv };
    return $answer if !$@;
    die $@, defined $self->{closed} ? ": $self->{closed}\n" : "\n";
}

# Gives the number of ready messages.
sub declare_queue ($self, $queue, %flags) {
    my $declared = $self->_call(declare_queue => queue => $queue, %flags)->method_frame;
    die 'declared ' . $declared->queue . "\n" if $declared->queue ne $queue;
    return $declared->message_count;
}

sub ready ($self, $queue) {
    return $self->declare_queue($queue, passive => 1);
}

sub delete_queue ($self, $queue) {
    $self->_call(delete_queue => queue => $queue);
    return;
}

sub bind_queue ($self, $queue, $exchange, $key, $arguments = {}) {
    my %what = (queue => $queue, exchange => $exchange, routing_key => $key);
    $self->_call(bind_queue => %what, arguments => $arguments);
    return;
}

sub unbind_queue ($self, $queue, $exchange, $key) {
    $self->_call(unbind_queue => queue => $queue, exchange => $exchange, routing_key => $key);
    return;
}

sub declare_exchange ($self, $exchange, $type) {
    $self->_call(declare_exchange => exchange => $exchange, type => $type, auto_delete => 1);
    return;
}

sub bind_exchange ($self, $destination, $source, $key) {
    my %what = (destination => $destination, source => $source, routing_key => $key);
    $self->_call(bind_exchange => %what);
    return;
}

sub publish ($self, $exchange, $key, $body, $properties = {}) {
    $self->publish_later($exchange, $key, $body, $properties);
    $self->wait_for_confirms if $self->{confirm};
    return;
}

sub publish_later ($self, $exchange, $key, $body, $properties = {}, %flags) {
    my %callbacks;
    if ($self->{confirm}) {
        $self->{unconfirmed}++;
        $callbacks{on_ack}  = sub { $self->_confirmed('ack') };
        $callbacks{on_nack} = sub { $self->_confirmed('nack') };
        $callbacks{on_return} = sub ($frame) {
            push $self->{events}->@*, $frame->method_frame;
        } if $flags{mandatory};
    }
    $self->{raw}->publish(
        exchange    => $exchange,
        routing_key => $key,
        body        => $body,
        header      => {%$properties},
        %flags,
        %callbacks,
    );
    return;
}

sub _confirmed ($self, $how) {
    push $self->{events}->@*, $how;
    $self->{unconfirmed}--;
    $self->{nacks}++ if $how eq 'nack';
    return;
}

sub wait_for_confirms ($self) {
    $self->{link}->wait_until(sub { $self->{unconfirmed} == 0 })
        or die "$self->{unconfirmed} publishes are not confirmed\n";
    die 'not confirmed: ' . ($self->{closed} // 'nack') . "\n" if $self->{nacks};
    return;
}

# Returned methods and confirms, in the order in which the client handed them over.
sub events ($self) { return $self->{events}->@* }

# Starts a consumer: its tag, its messages as they come, and what cancelled it.
sub consume ($self, $queue, %options) {
    my $consumer = { messages => [], cancelled => undef };
    my $answer   = $self->_call(
        consume => queue => $queue,
        no_ack     => $options{no_ack} ? 1 : 0,
        arguments  => $options{arguments} // {},
        on_consume => sub ($got) {
            push $consumer->{messages}->@*, _message($got, $got->{deliver});
        },
        on_cancel => sub ($frame) { $consumer->{cancelled} //= ref $frame->method_frame },
    );
    $consumer->{tag} = $answer->method_frame->consumer_tag;
    return $consumer;
}

sub cancel ($self, $tag) {
    $self->_call(cancel => consumer_tag => $tag);
    return;
}

# A message, or nothing from an empty queue.
sub get ($self, $queue, %options) {
    my $got = $self->_call(get => queue => $queue, no_ack => $options{ack} ? 0 : 1);
    return $got->{empty} ? undef : _message($got, $got->{ok});
}

sub _message ($got, $frame) {
    my $method = $frame->method_frame;
    return {
        body        => $got->{body} ? $got->{body}->payload : '',
        properties  => $got->{header},
        exchange    => $method->exchange,
        routing_key => $method->routing_key,
        redelivered => $method->redelivered ? 1 : 0,
        tag         => $method->delivery_tag,
        left        => $method->can('message_count') ? $method->message_count : undef,
    };
}

sub prefetch ($self, $count) {
    $self->_call(qos => prefetch_count => $count);
    return;
}

# basic.qos with a prefetch size, which RabbitMQ does not have.
sub limit_octets ($self, $size) {
    $self->_call(qos => prefetch_size => $size);
    return;
}

sub ack ($self, $message, %flags) {
    $self->{raw}->ack(delivery_tag => $message->{tag}, multiple => 0, %flags);
    return;
}

sub nack ($self, $message, %flags) {
    skip('the client has no basic.nack');
}

sub reject ($self, $message, %flags) {
    $self->{raw}->reject(delivery_tag => $message->{tag}, %flags);
    return;
}

sub tx ($self, $what) {
    $self->_call("${what}_tx");
    return;
}

sub close ($self) {
    $self->_call('close');
    return;
}

1;
