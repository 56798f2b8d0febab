# SPDX-License-Identifier: BSD-3-Clause
# kafka_jars.bash - Apache Kafka's jars into $jars, the first time through Maven from wherever it is set up to get things
jars=$PWD/${B:?}/kafka
if [ ! -d "$jars" ]; then
	cat >"$work/pom.xml" <<-END
		<project><modelVersion>4.0.0</modelVersion>
		<groupId>torc</groupId><artifactId>brokers</artifactId><version>1</version>
		<packaging>pom</packaging><dependencies>
		<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
		<version>3.9.0</version></dependency>
		<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId>
		<version>1.7.36</version></dependency>
		</dependencies></project>
	END
	mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/jars" \
		>"$work/log" 2>&1 || skip_all 'Maven cannot get Apache Kafka here'
	mv "$work/jars" "$jars"
fi
