"""One module (or package) per outside system. Adapters never import each other."""
