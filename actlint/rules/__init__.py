"""One module per rule; each exposes `RULE`."""
