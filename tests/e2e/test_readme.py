"""The README's walk, done as it stands there."""

import os
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from infra.local.dev import demo

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.calm("a person's commands, which have waited long enough after two minutes"),
]

ROOT = Path(__file__).parents[2]


def script() -> str:
    blocks = re.findall(
        r"^( *)```bash\n(.*?)^ *```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE
    )
    assert len(blocks) >= 6
    return "\n".join(block for _, block in blocks)


def test_the_walk_of_the_readme_works_as_it_stands_there(stack, tmp_path):
    control = f"{stack.control}/control/tenants/contoso"
    made = httpx.put(control, json={"seed": "contoso", "displayName": "Contoso"}, timeout=60).json()
    httpx.patch(
        f"{control}/behaviour", json={"visibilityDelay": 0, "quotas": "off", "deviceCodeInterval": 1}
    ).raise_for_status()
    body = {
        "displayName": "Contoso",
        "entraTenantId": made["entraTenantId"],
        "settings": demo.SETTINGS["contoso"],
    }
    key = {"x-functions-key": "local"}
    httpx.put(f"{stack.api}/api/v1/tenants/contoso", json=body, headers=key).raise_for_status()
    ports = {"7071": stack.api.rsplit(":", 1)[1], "7072": stack.control.rsplit(":", 1)[1]}
    commands = re.sub(r"127\.0\.0\.1:(7071|7072)", lambda found: f"127.0.0.1:{ports[found[1]]}", script())
    who = {
        f"GIT_{role}_{what}": f"ada{at}"
        for role in ("AUTHOR", "COMMITTER")
        for what, at in (("NAME", ""), ("EMAIL", "@x.example"))
    }

    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=tmp_path,
        env={**os.environ, **who, "GIT_TERMINAL_PROMPT": "0"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        "pendingAuthentication",
        "/devicelogin",
        "pendingApproval",
        "enabledForReportingButNotEnforced",
        "succeeded",
        "sharepoint-tenant-settings",
    ):
        assert said in done.stdout, done.stdout
    policies = httpx.get(f"{control}/objects/v1.0/identity/conditionalAccess/policies").json()["value"]
    held = {one["displayName"]: one["state"] for one in policies}
    assert held["CA002 - Block legacy authentication"] == "enabledForReportingButNotEnforced"
    report = (tmp_path / "report.html").read_text()
    assert "CA002 - Block legacy authentication" in report
