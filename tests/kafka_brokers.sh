#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Apache Kafka itself: three brokers (KRaft) on the loopback of a namespace of their own, two sensors
# that see the two directions of the same flows, and a broker that is killed and started again
# meanwhile. What is acknowledged is there, once, in order, a flow in one partition.
#
#	KAFKA_BROKERS=1 bash tests/kafka_brokers.sh        (some minutes; RECORDS=1000000)
#
# The brokers come through Maven, the first time from wherever it is set up to get things.
. tests/tap.bash
B=${B:-build} RECORDS=${RECORDS:-1000000}
TORC=${TORC:-$PWD/$B/torc}
[ -n "${KAFKA_BROKERS:-}" ] || skip_all 'it takes minutes: KAFKA_BROKERS=1 to run it'
for program in java mvn kcat perl unshare; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done
[ -e "$B/libtorc-kafka.so" ] || skip_all 'librdkafka-dev was not there when Torc was built'
. tests/kafka_jars.bash

if [ -z "${INSIDE:-}" ]; then
	rm -rf "$work"
	exec env INSIDE=1 unshare -n sh -c 'ip link set lo up && exec bash "$0"' tests/kafka_brokers.sh
fi

# ---- brokers ----

brokers=127.0.0.1:9091,127.0.0.1:9092,127.0.0.1:9093 others=127.0.0.1:9091,127.0.0.1:9093
pids=()
trap 'kill -9 ${pids[*]} $sensors 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

java=(java -Xmx512m -XX:TieredStopAtLevel=1 -cp "$jars/*")

start_broker() { # ID
	"${java[@]}" kafka.Kafka "$work/broker$1.properties" >>"$work/broker$1.log" 2>&1 &
	pids[$1]=$!
}

# What kcat is asked is not asked of the broker that is killed, as it takes that amiss.
topic_has() { # NUMBER: so many brokers are in sync for all partitions of the topic
	kcat -b $others -L -t flows -J 2>/dev/null |
		perl -0ne '@in = /"isrs":\[((?:\{[^}]*\},?)*)\]/g; exit !(@in == 6 && !grep { (() = /id/g) != '"$1"' } @in)'
}

for id in 1 2 3; do
	cat >"$work/broker$id.properties" <<-END
		node.id=$id
		process.roles=broker,controller
		controller.quorum.voters=1@127.0.0.1:9081,2@127.0.0.1:9082,3@127.0.0.1:9083
		listeners=PLAINTEXT://127.0.0.1:909$id,CONTROLLER://127.0.0.1:908$id
		controller.listener.names=CONTROLLER
		log.dirs=$work/data$id
		num.partitions=6
		default.replication.factor=3
		min.insync.replicas=2
		offsets.topic.replication.factor=3
		auto.create.topics.enable=true
	END
	"${java[@]}" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c "$work/broker$id.properties" \
		>"$work/broker$id.log" 2>&1 || skip_all 'Kafka cannot make its storage here'
	start_broker $id
done
up=
for _ in $(seq 120); do
	kcat -b $others -L 2>/dev/null | grep -q '^ 3 brokers' && up=3 && break
	sleep 1
done
is 'three brokers' "$up" 3

# ---- sensors ----

# WAY: packets of flows, then the same flows again; the sensors see one direction each. In a hundred
# parts, so that records are on their way all the time; after half of them the broker has to have been
# killed, after four fifths started again.
make_packets() {
	perl -e '
		my ($way, $flows, $work) = @ARGV;
		binmode STDOUT; $| = 1;
		print pack "VvvVVVV", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1;
		for my $n (0 .. 2 * $flows - 1) {
			my ($flow, $time) = ($n % $flows, int($n * 1e9 / $flows));
			my @end = ([0x0a000000 + ($flow >> 8), 1024 + ($flow & 255)], [0x0afe0001, 53]);
			@end = reverse @end if $way;
			print pack("VVVV", 1700000000 + int($time / 1000000), $time % 1000000, 42, 42),
				pack("H12H12n", "020000000001", "020000000002", 0x800),
				pack("CCnnnCCnNN", 0x45, 0, 28, 0, 0, 64, 17, 0, $end[0][0], $end[1][0]),
				pack("nnnn", $end[0][1], $end[1][1], 8, 0);
			next if ($n + 1) % int($flows / 50);
			select undef, undef, undef, 0.1;
			sleep 1 while $n > $flows && !-e "$work/killed";
			sleep 1 while $n > 1.6 * $flows && !-e "$work/started";
		}' "$1" $((RECORDS / 4)) "$work"
}

start_sensor() { # NUMBER
	"$TORC" flows -r - --domain "$1" --kafka "$brokers/flows" --wait 300s \
		< <(make_packets $(($1 - 1))) >"$work/sensor$1.out" 2>&1 &
	sensors="$sensors $!"
}

have() { # NUMBER: so many messages are in the topic
	local sum
	sum=$(kcat -b $others -Q -t flows:0:-1 -t flows:1:-1 -t flows:2:-1 -t flows:3:-1 -t flows:4:-1 \
		-t flows:5:-1 2>/dev/null | awk '{ sum += $NF } END { print sum + 0 }')
	[ "$sum" -ge "$1" ]
}

sensors=
began=$(date +%s)
start_sensor 1
start_sensor 2
for _ in $(seq 600); do have $((RECORDS / 20)) && break; sleep 0.1; done
kill -9 "${pids[2]}"
wait "${pids[2]}" 2>/dev/null
touch "$work/killed"
left=
for _ in $(seq 300); do topic_has 2 && left=2 && break; sleep 0.2; done
is 'the other brokers take its partitions' "$left" 2
for _ in $(seq 600); do have $((RECORDS / 2)) && break; sleep 0.2; done
ok 'the others go on without it' have $((RECORDS / 2))
start_broker 2
touch "$work/started"
# shellcheck disable=SC2086 # words
wait $sensors
echo "# $RECORDS records in $(($(date +%s) - began)) s"
for n in 1 2; do grep 'kafka:' "$work/sensor$n.out" | sed 's/^/# /'; done
echo "# $(du -cB1 "$work"/data1/flows-*/*.log | awk 'END { print $1 }') bytes on a broker's disk"
left=
for _ in $(seq 300); do topic_has 3 && left=3 && break; sleep 0.2; done
is 'the broker is back and in sync' "$left" 3

# ---- what is there ----

sum() { # WORD: of the accounts of both sensors
	sed -n "s/^kafka:.* \([0-9]*\) $1.*/\1/p" "$work"/sensor?.out | awk '{ sum += $1 } END { print sum + 0 }'
}
is 'each record is in the account' "$(sum 'records =')" "$RECORDS"
is 'and it balances' "$(($(sum acknowledged) + $(sum failed) + $(sum refused) + $(sum 'in flight')))" "$RECORDS"
# shellcheck disable=SC2016 # perl's
kcat -C -b $brokers -t flows -o beginning -e -q -f '%p %k %h %s\n' 2>/dev/null | perl -ne '
	my ($partition, $key, $sensor, $json) = split / /, $_, 4;
	my ($first) = $json =~ /"first_ns":(\d+)/;
	$messages++;
	$split++ if defined $in{$key} && $in{$key} ne $partition;
	$in{$key} = $partition;
	$again++ if defined $last{"$sensor $key"} && $first == $last{"$sensor $key"};
	$disorder++ if defined $last{"$sensor $key"} && $first < $last{"$sensor $key"};
	$last{"$sensor $key"} = $first;
	$each{$partition}++;
	END { printf "%d %d %d %d %d\n", $messages, scalar keys %in, $split, $again, $disorder;
		print STDERR "# messages a partition: @each{sort keys %each}\n" }' >"$work/there"
read -r messages keys split again disorder <"$work/there"
is 'each acknowledged record is there' "$messages" "$(sum acknowledged)"
is 'all were acknowledged' "$(sum acknowledged)" "$RECORDS"
is 'once' "$again" 0
is 'in order within a key' "$disorder" 0
is 'both directions of a flow have one key' "$keys" $((RECORDS / 4))
is 'in one partition' "$split" 0
done_testing
