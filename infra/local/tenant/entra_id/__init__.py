"""The simulated Entra ID: signing in apps and people, and their consent.

service       the one Entra ID of a process
endpoints     HTTP: which address is served by what
metadata      discovery, and the tenant of an address
registration  the app as its owner registered it
credentials   how an app proves that it is itself
accounts      the people who can be picked on the pages
people        what picking one comes to
scopes        what was asked for, what was consented to
grants        the token endpoint, one function a grant type
device        device codes
consent       an administrator's consent
issuing       the tokens a signed-in person's app gets
control       the same without a browser
wording       texts for people
refusals      AADSTS errors
"""
