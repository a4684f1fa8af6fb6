# What a scenario expects, with both sides in the message when it is not so; and how it says that
# the client gives no way to run it.
package Interop::Check;
use v5.36;

use Data::Dumper;
use Exporter qw(import);

our @EXPORT_OK = qw(contains equal fails skip);

# Compares whole structures; numbers and their texts are the same to Perl.
sub equal ($actual, $expected, $what) {
    local ($Data::Dumper::Terse, $Data::Dumper::Indent)  = (1, 0);
    local ($Data::Dumper::Sortkeys, $Data::Dumper::Useqq) = (1, 1);
    local $Data::Dumper::Deepcopy = 1;
    my ($one, $other) = (Dumper($expected), Dumper($actual));
    die "$what: expected $one, got $other\n" if $one ne $other;
    return;
}

sub contains ($text, $part) {
    die "expected to find '$part' in '" . ($text // 'nothing') . "'\n"
        if index($text // '', $part) < 0;
    return;
}

# Does what must fail, with this text in what the client reports.
sub fails ($action, $text) {
    die "no error; expected '$text'\n" if eval { $action->(); 1 };
    contains($@, $text);
    return;
}

sub skip ($reason) {
    die bless { reason => $reason }, 'Interop::Skip';
}

1;
