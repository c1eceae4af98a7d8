from __future__ import annotations

import ctypes
import os

import pytest

from edgekit.pose.offline import BLOCKED, no_reports


def _c_value(name: bytes) -> bytes | None:
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    value: bytes | None = getenv(name)
    return value


def test_native_clients_get_a_proxy_that_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setenv("no_proxy", "example.org")
    with no_reports():
        assert _c_value(b"https_proxy") == BLOCKED[b"https_proxy"]
        assert _c_value(b"no_proxy") == BLOCKED[b"no_proxy"]
        assert "https_proxy" not in os.environ
        assert os.environ["no_proxy"] == "example.org"
    assert _c_value(b"https_proxy") is None
    assert _c_value(b"no_proxy") == b"example.org"


def test_it_lasts_until_the_last_one_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("https_proxy", raising=False)
    first, second = no_reports(), no_reports()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert _c_value(b"https_proxy") == BLOCKED[b"https_proxy"]
    second.__exit__(None, None, None)
    assert _c_value(b"https_proxy") is None
