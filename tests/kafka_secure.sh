#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Apache Kafka with TLS and SASL: a broker with a certificate and passwords, on the loopback of a namespace of its own.
# With the right options all records are acknowledged and there; with a wrong password, a certificate nobody vouches for
# or without TLS none is, and that is said, with why.
#
#	KAFKA_BROKERS=1 bash tests/kafka_secure.sh        (a minute)
#
# The broker comes through Maven, as in tests/kafka_brokers.sh.
. tests/tap.bash
B=${B:-build}
TORC=${TORC:-$PWD/$B/torc}
[ -n "${KAFKA_BROKERS:-}" ] || skip_all 'it takes a minute: KAFKA_BROKERS=1 to run it'
for program in java keytool mvn kcat openssl perl unshare; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done
[ -e "$B/libtorc-kafka.so" ] || skip_all 'librdkafka-dev was not there when Torc was built'
. tests/kafka_jars.bash

if [ -z "${INSIDE:-}" ]; then
	rm -rf "$work"
	exec env INSIDE=1 unshare -n sh -c 'ip link set lo up && exec bash "$0"' tests/kafka_secure.sh
fi

# ---- a broker ----

secret=not-a-secret
# a certificate of the broker, for its address, and another that has nothing to do with it
keytool -genkeypair -alias broker -keyalg RSA -keysize 2048 -validity 2 -dname CN=broker \
	-ext SAN=ip:127.0.0.1 -keystore "$work/broker.p12" -storetype PKCS12 -storepass $secret 2>/dev/null &&
	keytool -exportcert -rfc -alias broker -keystore "$work/broker.p12" -storepass $secret \
		>"$work/ca.pem" 2>/dev/null || skip_all 'keytool makes no certificate'
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout /dev/null -out "$work/other.pem" 2>/dev/null
cat >"$work/broker.properties" <<END
node.id=1
process.roles=broker,controller
controller.quorum.voters=1@127.0.0.1:9081
listeners=SASL_SSL://127.0.0.1:9091,CONTROLLER://127.0.0.1:9081
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=SASL_SSL
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
 username="broker" password="$secret" user_broker="$secret" user_sensor="of-the-sensor";
ssl.keystore.type=PKCS12
ssl.keystore.location=$work/broker.p12
ssl.keystore.password=$secret
ssl.truststore.type=PKCS12
ssl.truststore.location=$work/broker.p12
ssl.truststore.password=$secret
log.dirs=$work/data
num.partitions=3
offsets.topic.replication.factor=1
auto.create.topics.enable=true
END
java=(java -Xmx512m -XX:TieredStopAtLevel=1 -cp "$jars/*")
"${java[@]}" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c "$work/broker.properties" \
	>"$work/broker.log" 2>&1 || skip_all 'Kafka cannot make its storage here'
"${java[@]}" kafka.Kafka "$work/broker.properties" >>"$work/broker.log" 2>&1 &
broker=$!
trap 'kill -9 $broker 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

options=(security.protocol=sasl_ssl sasl.mechanisms=PLAIN sasl.username=sensor)
password=sasl.password=of-the-sensor
ask=(kcat -b 127.0.0.1:9091)
for option in "${options[@]}" $password "ssl.ca.location=$work/ca.pem"; do ask+=(-X "$option"); done
up=
for _ in $(seq 120); do
	timeout 10 "${ask[@]}" -L 2>/dev/null | grep -q '^ 1 brokers' && up=1 && break
	kill -0 $broker || break
	sleep 1
done
is 'a broker' "$up" 1

# ---- a sensor ----

perl tests/flows_pcap "$work/a.pcap" 100
sensor() { # OPTION...: torc flows to the broker; what it said is in $said
	local words=()

	for option; do words+=(--kafka-option "$option"); done
	said=$(timeout 60 "$TORC" flows -q -r "$work/a.pcap" --wait 3s --kafka 127.0.0.1:9091/flows "${words[@]}" 2>&1)
}

sensor "${options[@]}" $password "ssl.ca.location=$work/ca.pem"
like 'TLS and a password: all is acknowledged' "$said" '^kafka:.*: 201 records = 201 acknowledged \+ 0 failed \+ 0 refused \+ 0 in flight'
is 'and there' "$(timeout 30 "${ask[@]}" -C -t flows -e -q 2>/dev/null | grep -c '"community_id"')" 201

none() { # NAME WHY: nothing was acknowledged, and why was said
	like "$1: none is acknowledged" "$said" '^kafka:.*: 201 records = 0 acknowledged '
	like "$1: why" "$said" "$2"
}
sensor "${options[@]}" sasl.password=wrong "ssl.ca.location=$work/ca.pem"
none 'a wrong password' 'cannot be reached.*[Aa]uthentication failed'
sensor "${options[@]}" $password "ssl.ca.location=$work/other.pem"
none 'another certificate' 'cannot be reached.*certificate'
sensor security.protocol=ssl "ssl.ca.location=$work/ca.pem"
none 'no password' 'cannot be reached'
sensor
none 'no TLS' 'cannot be reached'
sensor "${options[@]}" $password "ssl.ca.location=$work/nowhere.pem"
like 'a certificate file that is not there: refused before' "$said" 'nowhere.pem|ssl.ca.location'
unlike=$(printf '%s\n' "$said" | grep -c 'records =')
is 'and nothing is captured' "$unlike" 0
is 'what is there is what was acknowledged' "$(timeout 30 "${ask[@]}" -C -t flows -e -q 2>/dev/null | grep -c '"community_id"')" 201
done_testing
