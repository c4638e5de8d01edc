#!/usr/bin/env bash
# Starts one node of the hub's Kafka: writes its whole settings, formats its storage the first time, becomes the broker.
#
# Whole, because the image drops every default it ships once one property is given. Needs in the environment:
#   NODE_ID       its number
#   CLUSTER_ID    the cluster's id, 16 random bytes in URL-safe Base64, the same on every node
#   CONTROLLERS   every node as NUMBER@HOST:PORT:DIRECTORY_ID, with commas, the same on every node
#   CLIENT        HOST:PORT at which the hub and the other nodes reach it
#   OUTSIDE       HOST:PORT at which organisations reach it
# and may be given:
#   BIND          the address it listens on (default: every one of its container)
#   HEAP          the most memory for objects (default: 1g)
#   KAFKA_LIBS, SECRETS, DATA   where the program, its secrets and its records are
# Among the secrets: ca, kafka_certificate (key and certificate), kafka_password (of the hub), broker_password,
# controller_password. It exits 2 when something is missing or cannot be right.
set -euo pipefail
umask 077

wrong() {
  echo "start.sh: $1" >&2
  exit 2
}

for name in NODE_ID CLUSTER_ID CONTROLLERS CLIENT OUTSIDE; do
  [[ -n "${!name:-}" ]] || wrong "$name is not set. See the head of this file."
done
[[ $NODE_ID =~ ^[0-9]+$ ]] || wrong "NODE_ID must be a number."
libs=${KAFKA_LIBS:-/opt/kafka/libs}
secrets=${SECRETS:-/run/secrets}
data=${DATA:-/srv/kafka} # no folder of the image's own: those are volumes of another user
bind=${BIND:-0.0.0.0}
heap=${HEAP:-1g}

secret() {
  [[ -r "$secrets/$1" ]] || wrong "the secret $1 cannot be read. 'placehub deploy init' makes it."
  local value
  value=$(<"$secrets/$1")
  # Nothing that a line of settings or of Kafka's own little language for logins would read as more than a word.
  [[ $value =~ ^[A-Za-z0-9_-]{20,}$ ]] || wrong "the secret $1 must be 20 or more letters, digits, - and _."
  printf '%s' "$value"
}

hub=$(secret kafka_password)
broker=$(secret broker_password)
controller=$(secret controller_password)
for name in ca kafka_certificate; do
  [[ -r "$secrets/$name" ]] || wrong "the secret $name cannot be read. 'placehub deploy init' makes it."
done

bootstrap='' own=''
for one in ${CONTROLLERS//,/ }; do
  [[ $one =~ ^([0-9]+)@([^:@]+:[0-9]+):[A-Za-z0-9_-]{22}$ ]] || wrong "CONTROLLERS must be NUMBER@HOST:PORT:DIRECTORY_ID,..."
  bootstrap+="${bootstrap:+,}${BASH_REMATCH[2]}"
  [[ ${BASH_REMATCH[1]} != "$NODE_ID" ]] || own=${BASH_REMATCH[2]}
done
[[ -n $own ]] || wrong "CONTROLLERS does not name node $NODE_ID."

work=$(mktemp -d)
login=org.apache.kafka.common.security

settings() {
  cat <<END
process.roles=broker,controller
node.id=$NODE_ID
listeners=CLIENT://$bind:${CLIENT##*:},OUTSIDE://$bind:${OUTSIDE##*:},CONTROLLER://$bind:${own##*:}
advertised.listeners=CLIENT://$CLIENT,OUTSIDE://$OUTSIDE,CONTROLLER://$own
listener.security.protocol.map=CLIENT:SASL_SSL,OUTSIDE:SASL_SSL,CONTROLLER:SASL_SSL
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=$bootstrap
log.dirs=$1

ssl.keystore.type=PEM
ssl.keystore.location=$secrets/kafka_certificate
ssl.truststore.type=PEM
ssl.truststore.location=$secrets/ca
ssl.enabled.protocols=TLSv1.3,TLSv1.2
ssl.endpoint.identification.algorithm=https
listener.name.controller.ssl.client.auth=required

sasl.enabled.mechanisms=SCRAM-SHA-256
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-256
listener.name.client.scram-sha-256.sasl.jaas.config=$login.scram.ScramLoginModule required username="broker" password="$broker";
listener.name.outside.scram-sha-256.sasl.jaas.config=$login.scram.ScramLoginModule required;
sasl.mechanism.controller.protocol=PLAIN
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=$login.plain.PlainLoginModule required username="broker" password="$controller" user_broker="$controller";
connections.max.reauth.ms=60000

authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:broker;User:hub

auto.create.topics.enable=false
default.replication.factor=3
min.insync.replicas=2
unclean.leader.election.enable=false
offsets.topic.replication.factor=3
offsets.topic.num.partitions=24
offsets.retention.minutes=129600
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
transaction.state.log.num.partitions=6
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
share.coordinator.state.topic.num.partitions=6
message.max.bytes=1048588
log.cleaner.dedupe.buffer.size=16777216

group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=1000
broker.session.timeout.ms=5000
END
}

cat >"$work/log4j2.properties" <<'END'
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
END

run() {
  java "-Dlog4j2.configurationFile=$work/log4j2.properties" -XX:-UsePerfData -cp "$libs/*" "$@"
}

if [[ ! -e "$data/records" ]]; then
  echo "Formatting the storage of node $NODE_ID."
  rm -rf "$data/records.new"
  settings "$data/records.new" >"$work/format.properties"
  # From a file, so that no list of processes ever shows a password.
  cat >"$work/format.arguments" <<END
format
--cluster-id=$CLUSTER_ID
--config=$work/format.properties
--initial-controllers=$CONTROLLERS
--add-scram
SCRAM-SHA-256=[name=hub,password=$hub]
--add-scram
SCRAM-SHA-256=[name=broker,password=$broker]
END
  # What it prints holds the verifiers of both passwords: kept aside, and named only when it fails.
  run kafka.tools.StorageTool "@$work/format.arguments" >"$work/format.log" 2>&1 || {
    sed 's/UserScramCredentialRecord.*//' "$work/format.log" >&2
    wrong "the storage could not be formatted; the reason stands above."
  }
  rm "$work/format.properties" "$work/format.arguments" "$work/format.log"
  mv "$data/records.new" "$data/records"
fi

settings "$data/records" >"$work/server.properties"
echo "Node $NODE_ID starts."
exec java "-Xms$heap" "-Xmx$heap" -XX:+ExitOnOutOfMemoryError -XX:-UsePerfData \
  "-Dlog4j2.configurationFile=$work/log4j2.properties" -cp "$libs/*" kafka.Kafka "$work/server.properties"
