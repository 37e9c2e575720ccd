"""What crosses the border as JSON.

`shared.wire.schema` holds the pydantic models: what the API takes and gives, and the source of its
descriptions. The modules beside it turn records into answers and parsed bodies into values, and import no
pydantic, so that importing the app and reading from it stay fast.
"""
