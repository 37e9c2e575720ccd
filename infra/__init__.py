"""What Accord runs on: Azure, and what stands in for Azure on one machine."""
