"""Azurite, which stands in for Azure Storage on one machine."""
