"""HTTP: each call is parsed, authorised, handed to a step, and answered.

A module per resource holds its handlers; `endpoint.py` is what all of them go through.
"""
