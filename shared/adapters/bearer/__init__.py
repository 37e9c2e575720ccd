"""Bearer tokens of Entra ID: whether one is for this service, and who then calls.

learn.microsoft.com/entra/identity-platform/access-tokens, claims-validation and access-token-claims-reference
"""
