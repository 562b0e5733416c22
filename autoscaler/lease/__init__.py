"""One leader for each consumer group, by a lease that is kept in Kafka: who may act, since when, and until when."""
