# Scenarios of receiving: get, consume, each form of settling. What a settle left behind is read
# from the queue after the channel is closed, when all that was not settled has come back.
package Interop::Consuming;
use v5.36;

use Interop::Check qw(equal);

sub scenarios ($class) {
    return (
        'get'              => \&get,
        'get-empty'        => \&get_empty,
        'consume-prefetch' => \&consume_prefetch,
        'ack-each'         => \&ack_each,
        'ack-multiple'     => \&ack_multiple,
        'auto-ack'         => \&auto_ack,
        'reject-drop'      => \&reject_drop,
        'nack-multiple'    => \&nack_multiple,
        'nack-requeue'     => \&nack_requeue,
    );
}

# A queue of its own with the messages 1 to $count, and a channel to take them on.
sub filled ($t, $count) {
    my $link      = $t->link;
    my $publisher = $link->channel(confirm => 1);
    $publisher->declare_queue($t->name, exclusive => 1);
    $publisher->publish('', $t->name, $_) for 1 .. $count;
    return { link => $link, publisher => $publisher, channel => $link->channel };
}

# Starts a consumer; its first messages, which must be 1 to $count.
sub take ($t, $filled, $count, %options) {
    $filled->{consumer} = $filled->{channel}->consume($t->name, %options);
    return more($filled, 0, 1 .. $count);
}

# The next messages of the consumer, which must be these.
sub more ($filled, $redelivered, @numbers) {
    my $messages = $filled->{consumer}{messages};
    $filled->{link}->wait_until(sub { @$messages >= @numbers })
        or die scalar(@$messages) . ' messages came, not ' . scalar(@numbers) . "\n";
    my @taken = splice @$messages, 0, scalar @numbers;
    equal([map { $_->{body} } @taken], \@numbers, 'bodies');
    equal([map { $_->{redelivered} } @taken], [($redelivered) x @numbers], 'redelivered');
    return @taken;
}

# Closes the channel; the queue must hold these then.
sub left ($t, $filled, @expected) {
    $filled->{channel}->close;
    my @bodies;
    while (my $message = $filled->{publisher}->get($t->name)) { push @bodies, $message->{body} }
    equal(\@bodies, \@expected, 'left');
    return;
}

sub get ($t) {
    my $filled  = filled($t, 3);
    my $channel = $filled->{channel};
    my $first   = $channel->get($t->name, ack => 1);
    equal([$first->@{qw(body left redelivered)}], [1, 2, 0], 'first');
    equal([$first->@{qw(exchange routing_key)}], ['', $t->name], 'its way');
    $channel->ack($first);
    my $second = $channel->get($t->name);
    equal([$second->@{qw(body left)}], [2, 1], 'second');
    left($t, $filled, 3);
    return;
}

sub get_empty ($t) {
    my $channel = filled($t, 0)->{channel};
    equal($channel->get($t->name, ack => 1), undef, 'from an empty queue');
    equal($channel->get($t->name), undef, 'from an empty queue');
    return;
}

sub consume_prefetch ($t) {
    my $filled  = filled($t, 10);
    my $channel = $filled->{channel};
    $channel->prefetch(3);
    my ($first) = take($t, $filled, 3);
    equal($channel->ready($t->name), 7, 'ready while three are outstanding');
    equal($filled->{consumer}{messages}, [], 'beyond the prefetch');
    $channel->ack($first);
    more($filled, 0, 4);
    $channel->cancel($filled->{consumer}{tag});
    left($t, $filled, 2 .. 10);
    return;
}

sub ack_each ($t) {
    my $filled = filled($t, 5);
    $filled->{channel}->ack($_) for take($t, $filled, 5);
    left($t, $filled);
    return;
}

sub ack_multiple ($t) {
    my $filled   = filled($t, 6);
    my @messages = take($t, $filled, 6);
    $filled->{channel}->ack($messages[3], multiple => 1);
    left($t, $filled, 5, 6);
    return;
}

sub auto_ack ($t) {
    my $filled = filled($t, 5);
    take($t, $filled, 5, no_ack => 1);
    left($t, $filled);
    return;
}

sub reject_drop ($t) {
    my $filled   = filled($t, 3);
    my @messages = take($t, $filled, 3);
    $filled->{channel}->reject($_, requeue => 0) for @messages[0, 2];
    left($t, $filled, 2);
    return;
}

sub nack_multiple ($t) {
    my $filled   = filled($t, 4);
    my @messages = take($t, $filled, 4);
    $filled->{channel}->nack($messages[2], multiple => 1, requeue => 1);
    more($filled, 1, 1 .. 3);
    return;
}

sub nack_requeue ($t) {
    my $filled = filled($t, 1);
    my ($message) = take($t, $filled, 1);
    $filled->{channel}->nack($message, requeue => 1);
    my ($again) = more($filled, 1, 1);
    $filled->{channel}->nack($again, requeue => 0);
    left($t, $filled);
    return;
}

1;
