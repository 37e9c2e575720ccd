"""Status, answers, keys and audit in Azure Table Storage (mechanics.md 5)."""
