# Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
# together, dead letters that wait.
package Interop::Extensions;
use v5.36;

use Interop::Check qw(equal fails skip);

my $EXCHANGE = 'amq.direct';

sub scenarios ($class) {
    return (
        'filter'                    => \&filter,
        'group-key'                 => \&group_key,
        'dead-letter-at-least-once' => \&dead_letter_at_least_once,
    );
}

# A consumer on a channel of its own.
sub chooser ($link, $queue, %options) {
    my $channel = $link->channel;
    $channel->prefetch($options{prefetch}) if $options{prefetch};
    return { link => $link, channel => $channel, $channel->consume($queue, %options)->%* };
}

# Its next messages, which must be these.
sub take ($chooser, @bodies) {
    my $messages = $chooser->{messages};
    $chooser->{link}->wait_until(sub { @$messages >= @bodies });
    equal([map { $_->{body} } @$messages], \@bodies, 'bodies');
    return splice @$messages;
}

sub ack ($chooser, @messages) {
    $chooser->{channel}->ack($_) for @messages;
    return;
}

sub cancel ($chooser) {
    $chooser->{channel}->cancel($chooser->{tag});
    return;
}

sub if_true ($selector) {
    return arguments => { 'x-filter' => $selector };
}

sub coloured ($colour, $size) {
    return { headers => { colour => $colour, size => $size } };
}

sub filter ($t) {
    $t->note('the client sends numbers in headers as texts');
    my $link      = $t->link;
    my $publisher = $link->channel(confirm => 1);
    my $queue     = $t->name;
    $publisher->declare_queue($queue, exclusive => 1);
    $publisher->publish('', $queue, 'big red',    coloured('red',  5));
    $publisher->publish('', $queue, 'small red',  coloured('red',  3));
    $publisher->publish('', $queue, 'big blue',   coloured('blue', 9));
    $publisher->publish('', $queue, 'named',      { message_id => 'order-7' });
    $publisher->publish('', $queue, 'bigger red', coloured('red', 70_000));
    my $reds = chooser($link, $queue, if_true("colour = 'red' AND size <> '3'"));
    ack($reds, take($reds, 'big red', 'bigger red'));
    my $orders = chooser($link, $queue, if_true("p.message_id LIKE 'order-%'"));
    ack($orders, take($orders, 'named'));
    $publisher->publish('', $queue, 'last red', coloured('red', 4));
    ack($reds, take($reds, 'last red'));
    cancel($_) for $reds, $orders;
    take(chooser($link, $queue, no_ack => 1), 'small red', 'big blue');
    fails(
        sub { chooser($link, $queue, if_true("colour = 'red")) },
        "406 PRECONDITION_FAILED - invalid arg 'x-filter' for queue '$queue' in vhost '/': "
            . '{invalid_filter,"no end of the quote at 10"}'
    );
    return;
}

sub group_key ($t) {
    groups($t, 'routing-key', sub ($key) { return ($key, {}) });
    groups($t, 'customer',    sub ($key) { return ('a',  { customer => $key }) });
    return;
}

# Two consumers, of no more than two messages each at a time. A message's key is the first letter of
# its name; $sent gives the end of its routing key, and its headers.
sub groups ($t, $argument, $sent) {
    my $link      = $t->link;
    my $publisher = $link->channel(confirm => 1);
    my $queue     = $t->name($argument);
    my %arguments = ('x-group-key' => $argument);
    $publisher->declare_queue($queue, exclusive => 1, arguments => \%arguments);
    $publisher->bind_queue($queue, $EXCHANGE, "$queue.$_") for qw(a b);
    my $put = sub ($name) {
        my ($key, $headers) = $sent->(substr $name, 0, 1);
        $publisher->publish($EXCHANGE, "$queue.$key", $name, { headers => $headers });
    };
    $put->($_) for qw(a1 a2 a3 b1 b2 b3);
    my $first = chooser($link, $queue, prefetch => 2);
    my @held  = take($first, qw(a1 a2));
    my $second = chooser($link, $queue, prefetch => 2);
    ack($second, take($second, qw(b1 b2)));
    ack($second, take($second, 'b3'));
    # The second one has nothing to do, and yet it gets none of the key that the first one has.
    equal($second->{channel}->ready($queue), 1, 'ready');
    ack($first, shift @held);
    ack($first, @held, take($first, 'a3'));
    take($second);
    cancel($first);
    $put->('a4');
    take($second, 'a4');
    return;
}

sub dead_letter_at_least_once ($t) {
    skip('the client cannot read headers of type l, of which x-death has one');
}

1;
