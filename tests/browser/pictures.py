"""Takes the pictures of docs/images: `.venv/bin/python tests/browser/pictures.py`.

It starts `dev.py run` with a folder of its own for the data, walks the demo tenants through the statuses, and
takes the views that the README shows; with a folder as its argument, every view, into that folder.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "fakes")]
PICTURES = ROOT / "docs" / "images"
PATIENCE = 300.0
KEPT = ("review", "tenants", "tenants-dark", "error", "sign-in")
POLICY = "entra/conditional-access-policies/CA002 - Block legacy authentication.json"
FILTERS = "beta/deviceManagement/assignmentFilters"
WIDE, TALL = 1200, 760


class Demo:
    """The demo tenants of one run, over the API and their portal."""

    def __init__(self, app: str, control: str) -> None:
        self.app, self.control = app, control
        self.api = httpx.Client(base_url=f"{app}/api/v1", headers={"x-functions-key": "local"}, timeout=60)

    def get(self, path: str) -> Any:
        return self.api.get(path).raise_for_status().json()

    def start(self, tenant: str) -> str:
        return str(self.api.post(f"/tenants/{tenant}/syncs", json={}).raise_for_status().json()["id"])

    def until(self, tenant: str, *statuses: str) -> dict[str, Any]:
        """The tenant, once it has one of the statuses."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found: dict[str, Any] = self.get(f"/tenants/{tenant}")
            if found["status"] in statuses:
                return found
            if time.monotonic() > deadline:
                raise SystemExit(f"{tenant} is still {found['status']}")
            time.sleep(0.3)

    def sign_in(self, tenant: str) -> None:
        sync = self.get(f"/tenants/{tenant}")["activeSync"]
        code = self.get(f"/tenants/{tenant}/syncs/{sync}")["authentication"]["userCode"]
        body = {"userCode": code, "account": "admin"}
        httpx.post(f"{self.control}/control/tenants/{tenant}/sign-in", json=body, timeout=30)

    def edit(self, tenant: str, path: str, why: str, **properties: Any) -> None:
        """Edits an item, by the API, so that the next sync proposes it; without properties, deletes it."""
        place = f"/tenants/{tenant}/items/{path}"
        found = self.api.get(place).raise_for_status()
        headers, comment = {"If-Match": found.headers["ETag"]}, {"comment": why}
        if properties:
            content = {**found.json()["content"], **properties}
            answer = self.api.put(place, json=content, headers=headers, params=comment)
        else:
            answer = self.api.delete(place, headers=headers, params=comment)
        answer.raise_for_status()

    def portal(self, tenant: str, path: str, name: str, **properties: Any) -> None:
        """Changes an object where its administrators do."""
        place = f"{self.control}/control/tenants/{tenant}/objects/{path}"
        (found,) = httpx.get(place, params={"name": name}, timeout=30).json()["value"]
        httpx.patch(f"{place}/{found['id']}", json=properties, timeout=30).raise_for_status()

    def disagree(self, tenant: str) -> None:
        """An edit, a deletion, and an edit of what was changed in the portal meanwhile."""
        listed = self.get(f"/tenants/{tenant}/items?type=assignment-filters")["value"]
        one, other = (item for item in listed[:2])
        self.edit(tenant, POLICY, "Report only", state="enabledForReportingButNotEnforced")
        self.edit(tenant, one["path"], "Say what it is for", description="Devices of the front desks")
        self.edit(tenant, other["path"], "Not needed any more")
        self.portal(tenant, FILTERS, one["name"], description="Front desks, Paris and Lyon")


@contextmanager
def running() -> Iterator[Demo]:
    """`dev.py run` on ports and data of its own."""
    from infra.local.processes import free_ports

    ports = free_ports(2)
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, str(ROOT / "dev.py"), "run", "--no-open", "--data", folder,
            "--port", str(ports[0]), "--tenant-port", str(ports[1]),
        ]  # fmt: skip
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip() == "ready":
                    break
            yield Demo(*(f"http://127.0.0.1:{port}" for port in ports))
            process.send_signal(signal.SIGINT)
            process.communicate()


class Camera:
    """Takes pictures of the page."""

    def __init__(self, browser: Browser, app: str, folder: Path | None) -> None:
        self.browser, self.app, self.folder = browser, app, folder

    @contextmanager
    def at(
        self, path: str, *, language: str = "en-GB", theme: Any = "light", width: int = WIDE
    ) -> Iterator[Any]:
        """A page, to be brought into the state that is wanted."""
        context = self.browser.new_context(
            base_url=self.app, locale=language, color_scheme=theme, timezone_id="Europe/Paris",
            viewport={"width": width, "height": TALL}, reduced_motion="reduce",
        )  # fmt: skip
        page = context.new_page()
        page.goto(path)
        page.get_by_role("heading", level=1).first.wait_for()
        page.wait_for_timeout(1_500)
        yield page
        context.close()

    def keep(self, name: str, page: Any) -> None:
        if self.folder or name in KEPT:
            page.screenshot(path=(self.folder or PICTURES) / f"{name}.png")

    def take(self, name: str, path: str, **how: Any) -> None:
        with self.at(path, **how) as page:
            self.keep(name, page)


def prepare(demo: Demo) -> str:
    """Contoso waits for an approval, fabrikam has an error, adatum waits for a sign-in: contoso's sync."""
    demo.start("contoso")
    demo.until("contoso", "pendingAuthentication")
    demo.sign_in("contoso")
    demo.until("contoso", "idle", "partiallySucceeded", "pendingApproval")
    demo.disagree("contoso")
    fault = {"method": "POST", "path": "oauth2/v2.0/token", "status": 401, "code": "invalid_client",
             "message": "AADSTS7000215: Invalid client secret provided.", "times": None}  # fmt: skip
    httpx.post(f"{demo.control}/control/tenants/fabrikam/faults", json=fault, timeout=30)
    demo.start("fabrikam")
    demo.until("fabrikam", "newError")
    sync = demo.start("contoso")
    demo.until("contoso", "pendingApproval")
    settings = {"authentication": "servicePrincipalAndUser", "signInTimeout": "PT30M"}
    demo.api.patch("/tenants/adatum", json={"settings": settings}).raise_for_status()
    demo.start("adatum")
    demo.until("adatum", "pendingAuthentication")
    return sync


def take(camera: Camera, sync: str) -> None:
    review = f"/?tenant=contoso&sync={sync}&view=review"
    camera.take("tenants", "/")
    camera.take("tenants-dark", "/", theme="dark", language="fr-FR")
    camera.take("tenants-phone", "/", width=390)
    camera.take("review", review)
    camera.take("review-dark", review, theme="dark", language="fr-FR")
    camera.take("tenant", "/?tenant=contoso")
    for tab in ("items", "settings", "permissions", "repository", "audit"):
        camera.take(f"tenant-{tab}", f"/?tenant=contoso&tab={tab}")
    camera.take("item", f"/?tenant=contoso&tab=items&type=conditional-access-policies&item={POLICY}")
    camera.take("sync", f"/?tenant=contoso&sync={sync}")
    for name, label in (("error", "New error"), ("sign-in", "Pending authentication")):
        with camera.at("/") as page:
            page.get_by_role("button", name=label, exact=True).first.click()
            page.get_by_role("dialog").wait_for()
            page.wait_for_timeout(1_500)
            camera.keep(name, page)
    with camera.at("/") as page:
        page.get_by_role("row").filter(has_text="Contoso").get_by_role("button", expanded=False).first.click()
        page.wait_for_timeout(500)
        camera.keep("approval", page)


def main() -> None:
    from browsing import ARGUMENTS

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    (folder or PICTURES).mkdir(exist_ok=True)
    with running() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        take(Camera(browser, demo.app, folder), prepare(demo))
        browser.close()


if __name__ == "__main__":
    main()
