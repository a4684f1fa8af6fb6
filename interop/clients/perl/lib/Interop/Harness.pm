# Runs the scenarios that INTEROP_SCENARIOS names with one client and reports each on a line of its
# own. Every scenario has a time limit; what it opened is closed after it.
package Interop::Harness;
use v5.36;

use Interop::Connecting;
use Interop::Consuming;
use Interop::Content;
use Interop::Context;
use Interop::Extensions;
use Interop::Failing;
use Interop::Publishing;
use Interop::Recovering;
use Interop::Routing;

my $LONGEST_REASON = 500;

my %SCENARIOS = map { $_->scenarios } qw(
    Interop::Connecting Interop::Routing Interop::Publishing Interop::Consuming
    Interop::Content Interop::Failing Interop::Recovering Interop::Extensions
);

# Runs everything; returns the number of failures.
sub run_all ($client) {
    $| = 1;
    say join ' ', '# client', $client->name, $client->version;
    my $failures = 0;
    for my $name (split ' ', $ENV{INTEROP_SCENARIOS}) {
        my $outcome = run_one($client, $name);
        say $outcome;
        $failures++ if $outcome =~ /^not ok/;
    }
    return $failures;
}

# Runs one scenario; returns the line to report.
sub run_one ($client, $name) {
    my $scenario = $SCENARIOS{$name}
        or return "not ok $name - not written for this language";
    my $context = Interop::Context->new($client, $name);
    my $error;
    eval { $context->within_limit($scenario); 1 } or $error = $@ || 'died without a reason';
    $context->clean_up;
    return "ok $name"                               if !defined $error;
    return "skip $name - $error->{reason}"          if ref $error eq 'Interop::Skip';
    return "not ok $name - " . one_line($error);
}

sub one_line ($error) {
    return substr join(' ', split /\s+/, $error), 0, $LONGEST_REASON;
}

1;
