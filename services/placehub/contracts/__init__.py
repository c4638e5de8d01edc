"""Contracts: event classes as Avro, Avro as events, and the CloudEvents headers around them."""
