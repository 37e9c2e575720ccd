"""A sign-in as JSON: the code and the link for those who may operate the tenant, and how it stands."""

from __future__ import annotations

from typing import Any

from shared.domain.sign_in import SignInState
from shared.steps.sign_in_ahead import Account
from shared.steps.sign_in_flow import Flow, Notice
from shared.texts import Language, say
from shared.wire.times import optional_time, time_text


def offer_json(flow: Flow, language: Language) -> dict[str, Any]:
    """What a person signs in with (schema `SignInAnswer`). `expiresAt` is until when the sign-in waits; a
    code that expires before is followed by another.
    """
    device, link = flow.device, flow.link
    return {
        "userCode": device and device.user_code,
        "verificationUri": device and device.verification_uri,
        "signInUrl": link and link.url,
        "expiresAt": time_text(flow.deadline),
        "notice": flow.notice and notice_text(flow.notice, language),
    }


def notice_text(notice: Notice, language: Language) -> str:
    """Why the last account was refused, and what to do instead."""
    account = notice.account or say("signIn.unknownAccount", language)
    if notice.wrong is None:
        return say("signIn.wrongAccount", language, account=account, detail=notice.detail)
    return say(f"signIn.wrong.{notice.wrong.value}", language, account=account)


def account_json(found: Account) -> dict[str, Any]:
    """Who is signed in to a tenant (schema `AccountAnswer`)."""
    return {
        "account": found.account,
        "state": found.state.value,
        "signedInAt": optional_time(found.signed_in_at),
    }


def state_json(state: SignInState) -> dict[str, Any]:
    """How a sign-in stands (schema `SignInStateAnswer`)."""
    return {"state": state.value}
