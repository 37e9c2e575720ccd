"""Accord's product code: pure decisions in `domain`, use cases in `steps`, outside systems in `adapters`."""
