"""The pubsub engine: nodes, items, affiliations and subscriptions; payloads are opaque."""
