# shellcheck shell=bash
# Sourced by engines.sh: one node of Apache Kafka that is broker and controller, from the jars of ../kafka/pom.xml.

kafka_stop=TERM
kafka_kill=KILL
kafka_ready='Kafka Server started'

kafka_pom=$root/deploy/kafka/pom.xml
kafka_version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$kafka_pom")
kafka_jars=$shelf/kafka-$kafka_version

kafka_missing() {
    java_is_new_enough || java_package
    [[ -d $kafka_jars ]] || has mvn || echo maven
}

java_is_new_enough() {
    local version
    has java || return 1
    version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
    ((${version:-0} >= 17))
}

java_package() {
    if has apt-cache && ! apt-cache show openjdk-17-jre-headless >/dev/null 2>&1; then
        echo default-jre-headless
    else
        echo openjdk-17-jre-headless
    fi
}

# The jars, once per version; whoever comes second finds a complete folder or none.
kafka_fetch() {
    local draft
    [[ ! -d $kafka_jars ]] || return 0
    say "engines: fetching Apache Kafka $kafka_version by Maven"
    mkdir -p "$shelf"
    draft=$(mktemp -d "$kafka_jars.XXXXXX")
    chmod 755 "$draft"
    # Even when it is quiet Maven resets the colours of the terminal.
    if ! mvn -q -B -f "$kafka_pom" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$draft" 2>&1 |
        sed $'s/\e\\[[0-9;]*m//g' >&2; then
        rm -rf "$draft"
        fail "Maven could not fetch Apache Kafka; what it said stands above"
    fi
    mv -T "$draft" "$kafka_jars" 2>/dev/null || rm -rf "$draft"
}

# kafka_java FLAGS… CLASS ARGUMENTS…
kafka_java() {
    java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m -cp "$kafka_jars/*" \
        -Dlog4j2.configurationFile="$root/deploy/kafka/log4j2.properties" "$@"
}

kafka_create() {
    kafka_configure "$1"
    # The id is `ordersystem-test` in base64.
    kafka_java kafka.tools.StorageTool format --cluster-id b3JkZXJzeXN0ZW0tdGVzdA --config "$1/server.properties"
}

# One node keeps all there is: the inner topics have one copy. Members may leave a group quickly, as tests want to.
kafka_configure() {
    local port controller
    port=$(port_of kafka)
    controller=$(free_port)
    cat >"$1/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$1/data
num.partitions=3
auto.create.topics.enable=false
message.max.bytes=10485760
replica.fetch.max.bytes=10485760
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
END
}

kafka_launch() {
    local home
    home=$(home_of kafka)
    kafka_configure "$home"
    launch kafka java -Xms256m -Xmx512m -XX:+UseSerialGC -cp "$kafka_jars/*" -Dkafka.log.level=INFO \
        -Dlog4j2.configurationFile="$root/deploy/kafka/log4j2.properties" kafka.Kafka "$home/server.properties"
}

kafka_env() {
    printf 'export KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:%s\n' "$(port_of kafka)"
}

# kafka_tool NAME ARGUMENTS…: a console tool under its usual name, on this Kafka unless the arguments name another.
kafka_tool() {
    local class arguments=("${@:2}")
    case $1 in
        kafka-topics) class=TopicCommand ;;
        kafka-console-producer) class=ConsoleProducer ;;
        kafka-console-consumer) class=consumer.ConsoleConsumer ;;
        kafka-consumer-groups) class=consumer.group.ConsumerGroupCommand ;;
        *) fail "there is no tool $1 here" ;;
    esac
    if [[ " $* " != *" --bootstrap-server "* ]]; then
        running kafka || fail "Kafka is not running; start it by: deploy/engines.sh up kafka"
        arguments+=(--bootstrap-server "127.0.0.1:$(port_of kafka)")
    fi
    require kafka
    kafka_fetch
    kafka_java "org.apache.kafka.tools.$class" "${arguments[@]}"
}
