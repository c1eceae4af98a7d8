"""Row 7, the HTTP part: schemathesis makes requests out of the OpenAPI description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)
from serve.http.fake_core import daemon

N_EXAMPLES = 8
ENDLESS = "/api/v1/live"
"""test_http_live.py reads it."""
ANY_TEXT = "/static/{file}"
"""No text is a wrong name: it is found or not."""
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    response_schema_conformance,
]


@pytest.mark.filterwarnings("default")  # of the generator's own parts, not of ours
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_made_up_request_is_answered_with_5xx_or_an_undocumented_status(
    tmp_path: Path, mode: GenerationMode
) -> None:
    """Row 7: 0 crashes, 0 5xx."""
    statuses: list[int] = []
    with daemon(tmp_path) as served:
        url = served.opened.url
        schema = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            can_be_wrong = _has_input(operation) and operation.path != ANY_TEXT
            if operation.path == ENDLESS or not (mode is GenerationMode.POSITIVE or can_be_wrong):
                continue

            @settings(
                max_examples=N_EXAMPLES,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(mode))
            def probe(case: Case[Any]) -> None:
                response = case.call(base_url=url, timeout=10)
                statuses.append(response.status_code)
                case.validate_response(response, checks=CHECKS)

            probe()
    assert len(statuses) >= 40
    assert max(statuses) < 500
    wanted = {200} if mode is GenerationMode.POSITIVE else {400, 404, 422}
    assert wanted & set(statuses)


def _has_input(operation: APIOperation[Any, Any, Any, Any]) -> bool:
    named = {parameter.name for parameter in operation.iter_parameters()} - {"Authorization"}
    return bool(named) or bool(operation.body)
