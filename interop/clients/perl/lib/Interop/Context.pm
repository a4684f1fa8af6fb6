# What a scenario works with: names, links that are closed after it, notes, its time.
package Interop::Context;
use v5.36;

use Interop::Check qw(skip);
use Interop::OwnBroker;

my $SCENARIO_LIMIT_SECONDS = 15;
my $CLEANUP_LIMIT_SECONDS  = 3;

sub new ($class, $client, $scenario) {
    my $name = join '.', 'interop', $client->name =~ s/::/-/gr, $$, $scenario;
    return bless { client => $client, scenario => $scenario, name => $name, cleanups => [] },
        $class;
}

sub client ($self) { return $self->{client} }

# The stem of all names that the scenario declares, unique to this run.
sub name ($self, $suffix = undef) {
    return defined $suffix ? "$self->{name}.$suffix" : $self->{name};
}

# amqp://user:password@host:port, taken apart; what stands in `other` is put in its place.
sub address ($self, %other) {
    my ($user, $password, $host, $port) = $ENV{INTEROP_URL} =~ m{^amqp://(.*?):(.*?)@(.*?):(\d+)$}
        or die "INTEROP_URL is no URL like amqp://user:password\@host:port\n";
    return (
        user     => $user,
        password => $password,
        host     => $host,
        port     => $port,
        vhost    => '/',
        %other,
    );
}

# A link that is closed after the scenario.
sub link ($self, %other) {
    my $link = $self->client->connect($self->address(%other));
    $self->after(sub { $link->close });
    return $link;
}

# A broker of the scenario's own, not started yet.
sub own_broker ($self) {
    my $address = $ENV{INTEROP_CONTROL}
        or skip('the runner did not start this broker, so it cannot kill or block it');
    my $broker = Interop::OwnBroker->new($address);
    $self->after(sub { $broker->close });
    return $broker;
}

# Done after the scenario, whatever came of it; the last one first.
sub after ($self, $cleanup) {
    push $self->{cleanups}->@*, $cleanup;
    return;
}

sub note ($self, $text) {
    say "# note $self->{scenario} - $text";
    return;
}

sub within_limit ($self, $action) {
    limited($SCENARIO_LIMIT_SECONDS, sub { $action->($self) });
    return;
}

sub clean_up ($self) {
    while (my $cleanup = pop $self->{cleanups}->@*) {
        eval { limited($CLEANUP_LIMIT_SECONDS, $cleanup); 1 }
            or print "# after $self->{scenario}: $@";
    }
    return;
}

# Breaks off what takes longer, blocking calls too.
sub limited ($seconds, $action) {
    local $SIG{ALRM} = sub { die "no end in time\n" };
    alarm $seconds;
    my $done  = eval { $action->(); 1 };
    my $error = $@;
    alarm 0;
    die $error if !$done;
    return;
}

1;
