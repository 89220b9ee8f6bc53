"""A real browser for tests of pages: Chromium without a window, spoken to over a pipe.

    with Browser() as browser, browser.open(Path("page.html")) as page:
        page.click("#play")
        assert page.evaluate("document.title") == "..."
        assert page.errors == []

The DevTools protocol runs over two pipes (`--remote-debugging-pipe`: JSON objects that end with a
zero byte, read from descriptor 3 and written to 4), so nothing but the browser is needed.
Protocol: https://chromedevtools.github.io/devtools-protocol/
"""

import fcntl
import json
import os
import select
import shutil
import signal
from base64 import b64decode
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 60.0  # for any answer: a loaded machine may need long to start a browser
WAIT_S = 15.0  # for something on a page to become true
KEYS = {" ": ("Space", 32), "ArrowLeft": ("ArrowLeft", 37), "ArrowRight": ("ArrowRight", 39),
        "Home": ("Home", 36), "End": ("End", 35), "Enter": ("Enter", 13),
        "Tab": ("Tab", 9), "Delete": ("Delete", 46)}  # fmt: skip
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-extensions",
    "--disable-sync", "--mute-audio", "--force-device-scale-factor=1",
)  # fmt: skip

Record = dict[str, Any]


def find_chromium() -> str | None:
    """The browser's program; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """A Chromium of its own, with an empty profile; closed at the end of `with`."""

    def __init__(self) -> None:
        program = find_chromium()
        if program is None:
            raise FileNotFoundError(f"none of {', '.join(NAMES)} is installed")
        self._profile = TemporaryDirectory(ignore_cleanup_errors=True)
        reads_theirs, self._write = _pipe()
        self._read, writes_theirs = _pipe()
        command = [program, *_FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = os.posix_spawn(
            program,
            command,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, reads_theirs, 3),
                (os.POSIX_SPAWN_DUP2, writes_theirs, 4),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setpgroup=0,
        )
        os.close(reads_theirs)
        os.close(writes_theirs)
        self._received = b""
        self._n_sent = 0
        self._pages: dict[str, Page] = {}

    def open(
        self,
        path: Path,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        mobile: bool = False,
    ) -> "Page":
        """The page of a file, loaded, in a tab of its own."""
        target = self.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})
        page = self._pages[attached["sessionId"]] = Page(self, target, attached["sessionId"])
        page.look(width=width, height=height, dark=dark, mobile=mobile)
        page.load(path)
        return page

    def send(self, method: str, params: Record | None = None, session: str | None = None) -> Record:
        """What the browser answers to a command of the protocol."""
        sent = self.post(method, params, session)
        while (message := self.receive()).get("id") != sent:
            pass
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        answer: Record = message["result"]
        return answer

    def post(self, method: str, params: Record | None = None, session: str | None = None) -> int:
        """Send a command without waiting for its answer, whose number this is."""
        self._n_sent += 1
        command = {"id": self._n_sent, "method": method, "params": params or {}}
        if session is not None:
            command["sessionId"] = session
        _write_all(self._write, json.dumps(command).encode() + b"\0")
        return self._n_sent

    def receive(self) -> Record:
        """The next message; an event is handed to its page first."""
        until = monotonic() + PATIENCE_S
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._read], [], [], max(until - monotonic(), 0))
            if not ready:
                raise TimeoutError(f"the browser said nothing for {PATIENCE_S:.0f} s")
            chunk = os.read(self._read, 1 << 20)
            if not chunk:
                raise RuntimeError("the browser has ended")
            self._received += chunk
        line, _, self._received = self._received.partition(b"\0")
        message: Record = json.loads(line)
        if (page := self._pages.get(message.get("sessionId", ""))) and "method" in message:
            page.notice(message["method"], message["params"])
        return message

    def close(self) -> None:
        os.close(self._write)
        os.close(self._read)
        os.killpg(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        self._profile.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


class Page:
    """A tab.

    Attributes:
        errors: What went wrong in it: uncaught exceptions, console errors, failed loads, dialogs.
        requests: Every address it asked for.
    """

    def __init__(self, browser: Browser, target: str, session: str) -> None:
        self._browser, self._target, self._session = browser, target, session
        self.errors: list[str] = []
        self.requests: list[str] = []
        self._is_loaded = False
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, params: Record | None = None) -> Record:
        return self._browser.send(method, params, self._session)

    def load(self, path: Path) -> None:
        """Go there and wait until everything is loaded."""
        self._is_loaded = False
        answer = self.send("Page.navigate", {"url": path.resolve().as_uri()})
        if "errorText" in answer:
            raise FileNotFoundError(f"{path}: {answer['errorText']}")
        while not self._is_loaded:
            self._browser.receive()

    def look(
        self, *, width: int = 1280, height: int = 900, dark: bool = False, mobile: bool = False
    ) -> None:
        """Size of the window in CSS pixels, and what the reader prefers."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.send("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", {"features": [scheme]})

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression, as JSON has it; of a promise, what it becomes."""
        params = {"expression": script, "returnByValue": True, "awaitPromise": True}
        answer = self.send("Runtime.evaluate", params)
        if "exceptionDetails" in answer:
            raise RuntimeError(_said(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait_for(self, script: str) -> None:
        """Look again at every frame until the expression is true."""
        until = monotonic() + WAIT_S
        while not self.evaluate(script):
            if monotonic() > until:
                raise TimeoutError(f"never true: {script}")
            self.evaluate("new Promise(done => requestAnimationFrame(done)).then(() => 0)")

    def click(self, selector: str) -> None:
        """Scroll the element into view and press the mouse on its middle."""
        at = self.evaluate(
            "(element => { element.scrollIntoView({ block: 'center', behavior: 'instant' });"
            "const box = element.getBoundingClientRect();"
            "return { x: box.x + box.width / 2, y: box.y + box.height / 2 }; })"
            f"(document.querySelector({json.dumps(selector)}))"
        )
        for kind in ("mousePressed", "mouseReleased"):
            press = {"type": kind, "button": "left", "buttons": 1, "clickCount": 1, **at}
            self.send("Input.dispatchMouseEvent", press)

    def enter(self, selector: str, text: str) -> None:
        """Replace what stands in an input."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        if text:
            self.send("Input.insertText", {"text": text})
        else:
            self.press("Delete")

    def press(self, key: str) -> None:
        """One key, sent to what has the focus."""
        code, number = KEYS.get(key, (key, ord(key[0])))
        text = {"text": key} if len(key) == 1 else {}
        about = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.send("Input.dispatchKeyEvent", {"type": "keyDown", **about, **text})
        self.send("Input.dispatchKeyEvent", {"type": "keyUp", **about})

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """What is in the window, or the whole page, as PNG."""
        params = {"captureBeyondViewport": whole}
        if whole:
            content = self.send("Page.getLayoutMetrics")["cssContentSize"]
            params["clip"] = {**content, "scale": 1}
        path.write_bytes(b64decode(self.send("Page.captureScreenshot", params)["data"]))

    def notice(self, event: str, about: Record) -> None:
        """Remember what tests ask for."""
        if event == "Page.loadEventFired":
            self._is_loaded = True
        elif event == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif event == "Runtime.exceptionThrown":
            self.errors.append(_said(about["exceptionDetails"]))
        elif event == "Runtime.consoleAPICalled" and about["type"] in ("error", "assert"):
            parts = (str(a.get("value", a.get("description", ""))) for a in about["args"])
            self.errors.append(" ".join(parts))
        elif event == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.errors.append(about["entry"]["text"])
        elif event == "Page.javascriptDialogOpening":
            self.errors.append(f"dialog: {about['message']}")
            self._browser.post("Page.handleJavaScriptDialog", {"accept": True}, self._session)

    def close(self) -> None:
        self._browser.send("Target.closeTarget", {"targetId": self._target})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


def _pipe() -> tuple[int, int]:
    """Descriptors above those that the browser is given, so that none is overwritten."""
    low = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return high[0], high[1]


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _said(exception: Record) -> str:
    thrown = exception.get("exception", {})
    return str(thrown.get("description") or thrown.get("value") or exception["text"])
