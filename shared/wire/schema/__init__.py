"""The pydantic models of every body and answer: what validates, and what the API's descriptions are made
from.
"""
