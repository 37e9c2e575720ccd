"""How msal is made to ask the provider: elsewhere on one machine, and about itself once."""

from typing import Any

import pytest
from entra_answers import CLIENT, TENANT

from shared.adapters.entra import provider
from shared.adapters.entra.provider import DESCRIPTION_LASTS, Address, Http, ProviderDown

CLOUD = "https://login.microsoftonline.com"
ABOUT = f"{CLOUD}/{TENANT}/v2.0/.well-known/openid-configuration"


class Answer:
    def __init__(self, status: int) -> None:
        self.status_code = status


class Session:
    """Answers with these statuses, one after another; the last for ever."""

    def __init__(self, *statuses: int) -> None:
        self.statuses, self.asked = list(statuses), []

    def request(self, method: str, url: str, **options: Any) -> Answer:
        assert options["timeout"] == provider.TIME_OUT
        self.asked.append((method, url))
        return Answer(self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def http(session: Session, clock: Clock | None = None, **address: Any) -> Http:
    made = Http(Address(TENANT, CLIENT, **address).reachable, clock or Clock())
    made._session = session  # type: ignore[assignment]
    return made


@pytest.mark.parametrize(
    ("url", "where"),
    [
        (f"{CLOUD}/t/oauth2/v2.0/token", "http://127.0.0.1:7072/t/oauth2/v2.0/token"),
        (
            "https://login.microsoftonline.com.evil.example/t",
            "https://login.microsoftonline.com.evil.example/t",
        ),
        ("https://microsoft.com/devicelogin", "https://microsoft.com/devicelogin"),
    ],
    ids=["the cloud's", "looks like it", "another"],
)
def test_only_the_clouds_own_host_is_put_elsewhere(url: str, where: str) -> None:
    assert Address(TENANT, CLIENT, login_endpoint="http://127.0.0.1:7072/").reachable(url) == where
    assert Address(TENANT, CLIENT).reachable(url) == url


def test_the_provider_is_asked_about_itself_once_a_day() -> None:
    session, clock = Session(200), Clock()
    made = http(session, clock)
    for _ in range(3):
        assert made.get(ABOUT).status_code == 200
    assert len(session.asked) == 1
    clock.at = DESCRIPTION_LASTS + 1
    made.get(ABOUT)
    assert len(session.asked) == 2


def test_a_refused_description_is_not_kept() -> None:
    session = Session(400, 200)
    made = http(session)
    assert [made.get(ABOUT).status_code for _ in range(3)] == [400, 200, 200]
    assert len(session.asked) == 2


def test_other_questions_are_asked_each_time() -> None:
    session = Session(200)
    made = http(session)
    for _ in range(2):
        made.get(f"{CLOUD}/common/discovery/instance")
        made.post(f"{CLOUD}/t/oauth2/v2.0/token", data={})
    assert len(session.asked) == 4


@pytest.mark.parametrize("status", [429, 500, 503], ids=str)
def test_an_answer_that_is_none_is_the_provider_being_down(status: int) -> None:
    with pytest.raises(ProviderDown, match=str(status)):
        http(Session(status)).post(f"{CLOUD}/t/oauth2/v2.0/token", data={})
