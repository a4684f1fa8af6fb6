# AnyEvent::RabbitMQ as the scenarios use it: a client opens links, a link is one connection. Calls
# return when the answer is there, and die with what the client reports.
package Interop::AnyEvent::Client;
use v5.36;
use utf8;

use AnyEvent;
use AnyEvent::RabbitMQ;
use Encode qw(encode_utf8);

use Interop::AnyEvent::Channel;

my $POLL_SECONDS = 0.01;

sub name ($class)    { return 'AnyEvent::RabbitMQ' }
sub version ($class) { return AnyEvent::RabbitMQ->VERSION }

sub header_limits ($class) {
    return 'the client cannot send headers of type b B s u i l L f d D x, and cannot read V';
}

# [sent, received] by header; what comes back as what it was stands there once.
sub header_samples ($class) {
    my $list = ['in a list', -300, [], { deep => 'table' }];
    return {
        'S'        => [encode_utf8('text, Größe, 兎')],
        'S empty'  => [''],
        'S digits' => ['12'],
        't'        => [Net::AMQP::Value::true,  1],
        't false'  => [Net::AMQP::Value::false, 0],
        'I'        => [Net::AMQP::Value::Integer->new(-2_147_483_648), -2_147_483_648],
        'T'        => [Net::AMQP::Value::Timestamp->new(1_700_000_000), 1_700_000_000],
        'A'        => [$list],
        'F'        => [{ text => 'text', number => 70_000, list => $list }],
        'F empty'  => [{}],
    };
}

sub unsendable_properties ($class) { return qw(cluster_id) }

# Takes user, password, host, port, vhost, and a heartbeat in seconds.
sub connect ($class, %options) {
    my $self   = bless { lost => undef, raw => AnyEvent::RabbitMQ->new }, $class;
    my $opened = AnyEvent->condvar;
    $self->{raw}->load_xml_spec->connect(
        host              => $options{host},
        port              => $options{port},
        user              => $options{user},
        pass              => $options{password},
        vhost             => $options{vhost},
        nodelay           => 1,
        tune              => { heartbeat => $options{heartbeat} // 0 },
        client_properties => { capabilities => _capabilities() },
        on_success        => sub { $opened->send },
        on_failure        => sub { $opened->croak(join ' ', @_) },
        on_read_failure   => sub { $self->{lost} //= join ' ', @_ },
        on_close          => sub ($why) {
            $self->{lost} //= Interop::AnyEvent::Channel::describe($why);
            $opened->croak($self->{lost});
        },
    );
    $opened->recv;
    return $self;
}

# As the client has them by itself, and the one with which a broker says why it refuses a login.
sub _capabilities () {
    return { map { $_ => Net::AMQP::Value::true }
            qw(consumer_cancel_notify exchange_exchange_bindings authentication_failure_close) };
}

# What the client reported when the connection was lost.
sub lost ($self) { return $self->{lost} }

sub server_properties ($self) { return $self->{raw}->server_properties }

sub channel ($self, %options) {
    my ($channel) = $self->channels(1);
    return $options{confirm} ? $channel->confirm : $channel;
}

# Opens many at once.
sub channels ($self, $count) {
    my @channels = map { Interop::AnyEvent::Channel->open($self, $self->{raw}) } 1 .. $count;
    return map { $_->opened } @channels;
}

# Lets the client work until the condition holds; false when it did not in time.
sub wait_until ($self, $condition, $seconds = 10) {
    my $end = AnyEvent->time + $seconds;
    while (!$condition->()) {
        return 0 if AnyEvent->time > $end;
        my $tick  = AnyEvent->condvar;
        my $timer = AnyEvent->timer(after => $POLL_SECONDS, cb => $tick);
        $tick->recv;
    }
    return 1;
}

sub close ($self) {
    return if !$self->{raw}->is_open;
    my $closed = AnyEvent->condvar;
    $self->{raw}->close(on_success => $closed, on_failure => $closed);
    $closed->recv;
    return;
}

1;
