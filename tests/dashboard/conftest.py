"""The style sheets of all dashboards are read once a run; each would read them anew for every screen it opens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.css import stylesheet
from textual.css.model import RuleSet
from textual.css.tokenizer import Token

Variables = dict[str, list[Token]]


@pytest.fixture(autouse=True, scope="package")
def _read_once() -> Iterator[None]:
    read, known = stylesheet.parse, dict[object, list[RuleSet]]()

    def remembered(*place: object, variable_tokens: Variables, **how: object) -> list[RuleSet]:
        values = tuple((name, *(token.value for token in tokens)) for name, tokens in variable_tokens.items())
        key = place, values, tuple(how.items())
        if key not in known:
            known[key] = list(read(*place, variable_tokens=variable_tokens, **how))  # type: ignore[arg-type]
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stylesheet, "parse", remembered)
        yield
