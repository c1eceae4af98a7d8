from __future__ import annotations

import re
from pathlib import Path


def test_every_test_that_the_threat_model_names_exists(repository: Path) -> None:
    text = (repository / "SECURITY.md").read_text()
    n_named = 0
    for line in text.splitlines():
        file = ""
        for cited in re.findall(r"`((?:(?:serve|field)/[a-z_/]+\.py)?(?:::test_\w+)?)`", line):
            path, _, name = cited.partition("::")
            file = path or file
            if cited and file:
                n_named += 1
                assert not name or f"def {name}(" in (repository / "tests" / file).read_text(), (
                    cited
                )
    assert n_named >= 20
    assert len(re.findall(r"^\| \d+ \|", text, re.MULTILINE)) == 13
