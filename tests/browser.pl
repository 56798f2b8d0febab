# SPDX-License-Identifier: BSD-3-Clause
# browser.pl BROWSER PROFILE WIDTH HEIGHT URL PICTURE EXPRESSION...: a headless Chromium shows a page; each expression
# of JavaScript is asked again and again until it is true (20 s), then its text is printed. PICTURE "-": none.
# DevTools protocol over a pipe (--remote-debugging-pipe): messages of JSON, each ended by a zero byte.
use strict;
use warnings;
use POSIX ();
my ($browser, $profile, $width, $height, $url, $picture, @expressions) = @ARGV;
$SIG{ALRM} = sub { die "browser: too slow\n" };
alarm 90;
pipe(my $child_in, my $out) and pipe(my $in, my $child_out) or die;
my $pid = fork // die;
if (!$pid) {
	POSIX::dup2(fileno($child_in), 20); # what is 3 or 4 already would be closed
	POSIX::dup2(fileno($child_out), 21);
	POSIX::dup2(20, 3);
	POSIX::dup2(21, 4);
	open(STDERR, '>', '/dev/null');
	open(STDOUT, '>', '/dev/null');
	{ exec $browser, '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
		"--user-data-dir=$profile", "--window-size=$width,$height", '--remote-debugging-pipe', 'about:blank' }
	POSIX::_exit(127);
}
close $child_in;
close $child_out;
my ($id, $buffer) = (0, '');
sub finish { kill 'TERM', $pid; waitpid $pid, 0 }
$SIG{__DIE__} = \&finish;
sub call { # METHOD PARAMETERS SESSION: the whole answer
	my ($method, $parameters, $session) = @_;
	$id++;
	my $text = "{\"id\":$id,\"method\":\"$method\",\"params\":{$parameters}" .
		($session ? ",\"sessionId\":\"$session\"" : '') . "}\0";
	syswrite $out, $text;
	while (1) {
		while ($buffer =~ s/^([^\0]*)\0//) {
			my $message = $1;
			return $message if $message =~ /^\{"id":$id[,}]/;
		}
		sysread($in, $buffer, 1 << 16, length $buffer) or die "browser: it ended\n";
	}
}
sub quoted { my $text = shift; $text =~ s/([\\"])/\\$1/g; "\"$text\"" }
my ($target) = call('Target.createTarget', '"url":' . quoted($url)) =~ /"targetId":"([^"]*)"/;
my ($session) = call('Target.attachToTarget', "\"targetId\":\"$target\",\"flatten\":true") =~ /"sessionId":"([^"]*)"/;
call('Emulation.setDeviceMetricsOverride', "\"width\":$width,\"height\":$height,\"deviceScaleFactor\":1,\"mobile\":" .
	($width < 600 ? 'true' : 'false'), $session);
for my $expression (@expressions) {
	my $value;
	for (1 .. 100) {
		my $answer = call('Runtime.evaluate', '"returnByValue":true,"expression":' .
			quoted("(() => { const value = ($expression); return value ? String(value) : '' })()"), $session);
		($value) = $answer =~ /"type":"string","value":"((?:[^"\\]|\\.)*)"/;
		last if defined $value && $value ne '';
		select undef, undef, undef, 0.2;
	}
	print defined $value ? $value : '', "\n";
}
if ($picture ne '-') {
	my ($data) = call('Page.captureScreenshot', '"format":"png"', $session) =~ /"data":"([^"]*)"/;
	open my $file, '|-', "base64 -d >'$picture'" or die;
	print $file $data;
	close $file;
}
finish();
