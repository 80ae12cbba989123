"""The entries, one module per family. Each module has an `ENTRIES` tuple."""
