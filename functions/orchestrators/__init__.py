"""The order of things, as generators that the Durable framework replays. Registered by call, so that tests
play them.
"""
