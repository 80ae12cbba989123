"""The catalogue: one entry per framework symbol, and nothing about syntax trees."""
