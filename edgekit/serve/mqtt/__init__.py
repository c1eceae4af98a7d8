"""MQTT: the state, retained, and each transition from the store's outbox to a broker."""
