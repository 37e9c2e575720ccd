"""Use cases over the ports: gather, let the domain decide, act. Every step may run twice."""
