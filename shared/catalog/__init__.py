"""The types Accord manages, as data: one TOML file per workload, an entry per type.

`shared.catalog.loader.load()` answers the whole catalog.
"""
