"""A test alarm asked of the daemon on this machine, over its own API."""

from __future__ import annotations

import http.client
import json
import time

from pydantic import ValidationError

from edgekit.errors import EdgekitError, OutputError
from edgekit.serve.http.replies import OutcomeReply

PATH = "/api/v1/test"
ANSWERS_WITHIN_S = 5.0
TURN_S = 0.25


class NobodyThereError(EdgekitError):
    """No daemon listens; the message says where."""


def ask_for_alarm(host: str, port: int, *, within_s: float = 0.0) -> str:
    """Have the daemon sound a test alarm, and return what it says became of it.

    Args:
        host: A loopback address.
        port: Of the page.
        within_s: So long a daemon that does not listen yet is waited for.

    Raises:
        NobodyThereError: None listens there.
        OutputError: It refuses, or answers what cannot be read.
    """
    deadline = time.monotonic() + within_s
    while True:
        try:
            return _ask(host, port)
        except ConnectionRefusedError as error:
            if time.monotonic() >= deadline:
                raise NobodyThereError(f"no daemon listens on {host}:{port}") from error
            time.sleep(TURN_S)
        except (OSError, http.client.HTTPException) as error:
            raise OutputError(f"http://{host}:{port}{PATH}: {error or 'no answer'}") from error


def _ask(host: str, port: int) -> str:
    connection = http.client.HTTPConnection(host, port, timeout=ANSWERS_WITHIN_S)
    body = json.dumps({"who": "edgekit setup"})
    try:
        connection.request("POST", PATH, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    where = f"http://{host}:{port}{PATH}"
    if answer.status != http.client.OK:
        raise OutputError(f"{where}: {answer.status} {answer.reason}; is this edgekit's port?")
    try:
        outcome = OutcomeReply.model_validate_json(content)
    except ValidationError as error:
        raise OutputError(f"{where}: not edgekit's answer; give it another [http] port") from error
    if not outcome.is_done:
        raise OutputError(f"test alarm: {outcome.text}")
    return outcome.text
