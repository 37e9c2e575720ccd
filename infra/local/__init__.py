"""What stands in for Azure on one machine: the Functions host, storage and the simulated tenants."""
