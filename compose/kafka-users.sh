#!/usr/bin/env bash
# Who may do what in the stack's Kafka (docs/compose.md): users with their passwords, then their rights.  Runs in Kafka's own
# network namespace, where the broker's loopback listener takes whoever comes for its administrator.  Can be run again.
set -euo pipefail
bin=/opt/kafka/bin
server=127.0.0.1:9094
topic=${WEIR_TOPIC:-events}
group=${WEIR_GROUP:-weir}

allow() { # PRINCIPAL what kafka-acls.sh takes
  local principal=$1
  shift
  "$bin/kafka-acls.sh" --bootstrap-server "$server" --add --allow-principal "User:$principal" "$@" >/dev/null
  echo "allowed  $principal  $*"
}

for file in /run/weir/*.scram; do # passwords stay in files: a command line can be read by others
  user=$(basename "$file" .scram)
  "$bin/kafka-configs.sh" --bootstrap-server "$server" --alter --entity-type users --entity-name "$user" --add-config-file "$file" >/dev/null
  echo "user     $user"
done

allow producer --operation Write --operation Describe --topic "$topic"
# Workers of load tests read and write topics of their runs, which begin with the topic's name and a dot
allow worker --operation Read --operation Describe --topic "$topic" --group "$group" --resource-pattern-type prefixed
allow worker --operation Write --operation Describe --topic "$topic." --resource-pattern-type prefixed
# The autoscaler describes; what it writes is its own lease
allow autoscaler --operation Describe --topic "$topic" --group "$group" --cluster
allow autoscaler --operation Read --operation Write --operation Describe --operation Create --topic "weir.control.$group"
allow autoscaler --operation Write --operation Describe --transactional-id "weir.autoscaler.$group"
# A load test makes topics and groups of its own, and deletes them
allow loadtest --operation All --topic '*' --group '*' --transactional-id '*' --cluster
