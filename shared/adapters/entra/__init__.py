"""Entra ID by Microsoft's own library (msal): the service principal, and people who sign in."""
