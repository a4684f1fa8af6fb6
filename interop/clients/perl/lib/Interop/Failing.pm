# Scenarios of what goes wrong and what must go on: cancelled consumers, closed channels, a closed
# connection, locks; and of many channels, request and reply, and silence.
package Interop::Failing;
use v5.36;

use Interop::Check qw(contains equal fails);

my $REPLY_TO        = 'amq.rabbitmq.reply-to';
my $SILENCE_SECONDS = 5;
my $CHANNELS        = 1000;

sub scenarios ($class) {
    return (
        'consumer-cancel'           => \&consumer_cancel,
        'two-channels-one-error'    => \&two_channels_one_error,
        'channel-error-survived'    => \&channel_error_survived,
        'connection-error-reported' => \&connection_error_reported,
        'exclusive-queue-locked'    => \&exclusive_queue_locked,
        'rpc-direct-reply-to'       => \&rpc_direct_reply_to,
        'channels-1000'             => \&channels_1000,
        'heartbeat-silence'         => \&heartbeat_silence,
    );
}

# Declares, publishes, gets: shows that a confirm channel works.
sub exchanges_one_message ($channel, $queue) {
    $channel->declare_queue($queue, exclusive => 1);
    $channel->publish('', $queue, 'alive');
    equal($channel->get($queue)->{body}, 'alive', 'body');
    return;
}

# The next message of a consumer.
sub next_of ($link, $consumer) {
    $link->wait_until(sub { $consumer->{messages}->@* }) or die "no message\n";
    return shift $consumer->{messages}->@*;
}

sub consumer_cancel ($t) {
    my $link = $t->link;
    my ($channel, $other) = ($link->channel, $link->channel);
    $channel->declare_queue($t->name, exclusive => 1);
    my $consumer = $channel->consume($t->name);
    $other->delete_queue($t->name);
    $link->wait_until(sub { $consumer->{cancelled} });
    equal($consumer->{cancelled}, 'Net::AMQP::Protocol::Basic::Cancel', 'cancelled by');
    exchanges_one_message($link->channel(confirm => 1), $t->name('after'));
    return;
}

sub two_channels_one_error ($t) {
    my $link = $t->link;
    my ($good, $bad) = ($link->channel(confirm => 1), $link->channel);
    $good->declare_queue($t->name, exclusive => 1);
    my $consumer = $good->consume($t->name, no_ack => 1);
    my $missing  = $t->name('missing');
    fails(sub { $bad->ready($missing) }, "404 NOT_FOUND - no queue '$missing' in vhost '/'");
    $good->publish('', $t->name, 'still here');
    equal(next_of($link, $consumer)->{body}, 'still here', 'body');
    return;
}

sub channel_error_survived ($t) {
    my $link    = $t->link;
    my $first   = $link->channel;
    my $missing = $t->name('missing');
    $first->publish($missing, 'key', 'x');
    $link->wait_until(sub { $first->closed });
    contains($first->closed, "404 NOT_FOUND - no exchange '$missing' in vhost '/'");
    exchanges_one_message($link->channel(confirm => 1), $t->name);
    return;
}

sub connection_error_reported ($t) {
    my $link    = $t->link;
    my $channel = $link->channel;
    my $text    = '540 NOT_IMPLEMENTED - prefetch_size!=0 (1)';
    fails(sub { $channel->limit_octets(1) }, $text);
    $link->wait_until(sub { $link->lost });
    contains($link->lost, $text);
    return;
}

sub exclusive_queue_locked ($t) {
    my ($owner, $other) = ($t->link, $t->link);
    my $owned = $owner->channel(confirm => 1);
    $owned->declare_queue($t->name, exclusive => 1);
    my $locked = '405 RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '
        . "'${\ $t->name}' in vhost '/'";
    fails(sub { $other->channel->declare_queue($t->name, exclusive => 1) }, $locked);
    fails(sub { $other->channel->get($t->name) }, $locked);
    fails(sub { $other->channel->consume($t->name) }, $locked);
    $owned->publish('', $t->name, 'mine');
    equal($owned->get($t->name)->{body}, 'mine', 'body');
    return;
}

sub rpc_direct_reply_to ($t) {
    my ($asking, $answering) = ($t->link, $t->link);
    my ($client, $server) = ($asking->channel, $answering->channel);
    $server->declare_queue($t->name, auto_delete => 1);
    my $requests = $server->consume($t->name, no_ack => 1);
    my $replies  = $client->consume($REPLY_TO, no_ack => 1);
    for my $question (qw(one two three)) {
        my $properties = { reply_to => $REPLY_TO, correlation_id => $question };
        $client->publish('', $t->name, $question, $properties);
        answer($server, next_of($answering, $requests));
        my $reply = next_of($asking, $replies);
        equal($reply->{properties}->correlation_id, $question, 'correlation id');
        equal($reply->{body}, uc $question, 'reply');
    }
    return;
}

sub answer ($server, $request) {
    my $asked = $request->{properties};
    $asked->reply_to =~ /^\Q$REPLY_TO\E\./ or die 'reply-to is ' . $asked->reply_to . "\n";
    my $properties = { correlation_id => $asked->correlation_id };
    $server->publish('', $asked->reply_to, uc $request->{body}, $properties);
    return;
}

sub channels_1000 ($t) {
    my $link     = $t->link;
    my @channels = $link->channels($CHANNELS);
    $channels[0]->declare_queue($t->name, exclusive => 1);
    my $consumer = $channels[0]->consume($t->name, no_ack => 1);
    $channels[$_ - 1]->publish('', $t->name, $_) for 1 .. $CHANNELS;
    $link->wait_until(sub { $consumer->{messages}->@* >= $CHANNELS });
    my @numbers = sort { $a <=> $b } map { $_->{body} } $consumer->{messages}->@*;
    equal(\@numbers, [1 .. $CHANNELS], 'bodies');
    return;
}

sub heartbeat_silence ($t) {
    my $link    = $t->link(heartbeat => 1);
    my $channel = $link->channel(confirm => 1);
    # The silence is what is under test: only heartbeats may keep the connection.
    $link->wait_until(sub { $link->lost }, $SILENCE_SECONDS);
    equal($link->lost, undef, 'lost in silence');
    exchanges_one_message($channel, $t->name);
    return;
}

1;
