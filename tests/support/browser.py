"""A real Chromium, driven through chromedriver in the words of W3C WebDriver."""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
TIMEOUT = 20.0
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class BrowserError(Exception):
    """What the driver answers when something cannot be done."""


class Browser:
    """One window."""

    def __init__(self, driver: str, capabilities: dict[str, Any]) -> None:
        self._url = driver
        answer = self._send("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._url = f"{driver}/session/{answer['sessionId']}"

    def open(self, url: str) -> None:
        """Go to a page."""
        self._send("POST", "/url", {"url": url})

    def reload(self) -> None:
        """Load the page again."""
        self._send("POST", "/refresh", {})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page; return what it returns."""
        return self._send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def click(self, selector: str) -> None:
        """Click what a selector finds."""
        self._send("POST", f"/element/{self._find(selector)}/click", {})

    def type(self, selector: str, text: str) -> None:
        """Clear a field and type into it."""
        element = self._find(selector)
        self._send("POST", f"/element/{element}/clear", {})
        self._send("POST", f"/element/{element}/value", {"text": text})

    def texts(self, selector: str) -> list[str]:
        """Return the texts of everything that a selector finds and a person sees."""
        texts: list[str] = self.run(
            "return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility())"
            ".map((e) => e.innerText.trim())",
            selector,
        )
        return texts

    def wait(self, condition: Callable[[], Any]) -> Any:
        """Return what a condition returns as soon as it holds."""
        deadline = time.monotonic() + TIMEOUT
        while not (found := condition()):
            if time.monotonic() > deadline:
                raise AssertionError(f"the page stayed like this:\n{self.run('return document.body.innerText')}")
            time.sleep(0.02)
        return found

    def resize(self, width: int, height: int) -> None:
        """Make the window as large as the screen of a device."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", **screen)

    def devtools(self, command: str, **parameters: Any) -> Any:
        """Do what only Chromium's own protocol can."""
        return self._send("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def screenshot(self, path: Path) -> None:
        """Take a picture of the window."""
        path.write_bytes(base64.b64decode(self._send("GET", "/screenshot")))

    def close(self) -> None:
        """Close the window."""
        self._send("DELETE", "")

    def _find(self, selector: str) -> str:
        element = self._send("POST", "/element", {"using": "css selector", "value": selector})
        return str(element[_ELEMENT])

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=60) as response:
                return json.load(response)["value"]
        except HTTPError as error:
            raise BrowserError(json.load(error)["value"]["message"]) from error


@contextmanager
def browser(folder: Path, language: str = "en-GB", timezone: str = "UTC") -> Iterator[Browser]:
    """Open a window of somebody with this language and time zone; the folder is for what the browser keeps."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    arguments = [*_ARGUMENTS, f"--user-data-dir={folder}", f"--lang={language}"]
    capabilities = {
        "browserName": "chrome",
        "goog:chromeOptions": {"binary": CHROMIUM, "args": arguments, "prefs": {"intl.accept_languages": language}},
    }
    driver = subprocess.Popen(
        [str(DRIVER), f"--port={port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TZ": timezone, "LANGUAGE": language},
    )
    try:
        _wait_for(url, driver)
        window = Browser(url, capabilities)
        try:
            yield window
        finally:
            window.close()
    finally:
        driver.terminate()
        driver.wait()


def _wait_for(url: str, driver: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + TIMEOUT
    while driver.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/status", timeout=TIMEOUT):
                return
        except URLError:
            time.sleep(0.02)
    raise AssertionError("chromedriver does not answer")
