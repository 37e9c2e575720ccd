"""Activities: load → step → dump, a few lines each. Raise means try again, return means final answer."""
