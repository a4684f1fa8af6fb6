# Scenarios of what a message carries: sizes, Unicode, headers, properties. Perl's clients take and
# give bytes, so that text is encoded and decoded here.
package Interop::Content;
use v5.36;
use utf8;

use Encode qw(encode_utf8);

use Interop::Check qw(equal);

my $TEN_MIB = 10 * 1024 * 1024;

sub scenarios ($class) {
    return (
        'body-empty'            => \&body_empty,
        'body-10mib'            => \&body_10mib,
        'unicode'               => \&unicode,
        'header-table'          => \&header_table,
        'properties-all'        => \&properties_all,
        'priorities-timestamps' => \&priorities_timestamps,
    );
}

# A link and a confirm channel, with an exclusive queue named as the scenario.
sub confirmed ($t) {
    my $link    = $t->link;
    my $channel = $link->channel(confirm => 1);
    $channel->declare_queue($t->name, exclusive => 1);
    return ($link, $channel);
}

# Publishes and gets; what came back.
sub there_and_back ($t, $channel, $body, $properties) {
    $channel->publish('', $t->name, $body, $properties);
    return $channel->get($t->name) // die "nothing in the queue\n";
}

sub body_empty ($t) {
    my (undef, $channel) = confirmed($t);
    my $message = there_and_back($t, $channel, '', { type => 'empty' });
    equal($message->{body}, '', 'body');
    equal($message->{properties}->type, 'empty', 'type');
    return;
}

sub body_10mib ($t) {
    my ($link, $channel) = confirmed($t);
    srand 1;
    # A length that no frame has, so that a frame in another's place shows.
    my $part = pack 'C*', map { int rand 256 } 1 .. 99_991;
    my $body = substr $part x 105, 0, $TEN_MIB;
    $channel->publish('', $t->name, $body);
    my $consumer = $channel->consume($t->name, no_ack => 1);
    $link->wait_until(sub { $consumer->{messages}->@* });
    my ($message) = $consumer->{messages}->@*;
    equal(length $message->{body}, $TEN_MIB, 'octets');
    die "the bytes differ\n" if $message->{body} ne $body;
    return;
}

sub unicode ($t) {
    my (undef, $channel) = confirmed($t);
    my $exchange = encode_utf8($t->name('交換機.обмен'));
    my $queue    = encode_utf8($t->name('очередь.队列.🐇'));
    my $key      = encode_utf8('ключ.🐇.größe');
    my $text     = encode_utf8("Grüße, 兎 and 🐇, e\x{301}");
    my $headers  = { encode_utf8('ключ') => $text };
    $channel->declare_exchange($exchange, 'topic');
    $channel->declare_queue($queue, exclusive => 1);
    $channel->bind_queue($queue, $exchange, encode_utf8('ключ.*.größe'));
    $channel->publish($exchange, $key, $text, { headers => $headers });
    my $message = $channel->get($queue);
    equal([$message->@{qw(exchange routing_key)}], [$exchange, $key], 'its way');
    equal($message->{body}, $text, 'body');
    equal($message->{properties}->headers, $headers, 'headers');
    return;
}

sub header_table ($t) {
    $t->note($t->client->header_limits);
    my (undef, $channel) = confirmed($t);
    my $samples = $t->client->header_samples;
    my %sent    = map { $_ => $samples->{$_}[0] } keys %$samples;
    my %back    = map { $_ => $samples->{$_}[-1] } keys %$samples;
    my $message = there_and_back($t, $channel, 'x', { headers => \%sent });
    equal($message->{properties}->headers, \%back, 'headers');
    return;
}

sub properties_all ($t) {
    my (undef, $channel) = confirmed($t);
    my %address = $t->address;
    my %sent    = (
        content_type     => 'application/octet-stream',
        content_encoding => 'identity',
        headers          => { key => 'value' },
        delivery_mode    => 2,
        priority         => 9,
        correlation_id   => 'correlation-1',
        reply_to         => 'reply.queue',
        expiration       => '3600000',
        message_id       => 'message-1',
        timestamp        => 1_700_000_000,
        type             => 'type-1',
        user_id          => $address{user},
        app_id           => 'app-1',
        cluster_id       => 'cluster-1',
    );
    for my $property ($t->client->unsendable_properties) {
        $t->note("the client cannot send $property");
        delete $sent{$property};
    }
    my $back = there_and_back($t, $channel, 'x', \%sent)->{properties};
    equal({ map { $_ => $back->$_ } keys %sent }, \%sent, 'properties');
    return;
}

sub priorities_timestamps ($t) {
    my (undef, $channel) = confirmed($t);
    for my $priority (0 .. 9, 255) {
        my $back = there_and_back($t, $channel, 'x', { priority => $priority });
        equal($back->{properties}->priority, $priority, 'priority');
    }
    for my $timestamp (0, 1, 1_000_000_000, 2_147_483_648, 4_102_444_800) {
        my $back = there_and_back($t, $channel, 'x', { timestamp => $timestamp });
        equal($back->{properties}->timestamp, $timestamp, 'timestamp');
    }
    return;
}

1;
