"""The token stays where it belongs."""

import logging
from collections.abc import Callable

import pytest

from wan_perf.errors import WanPerfError
from wan_perf.mist.endpoints import catalogue
from wan_perf_tests.support.mist.scripted import ORG, TOKEN, Answer, ScriptedCloud

ANSWERS = (
    Answer([{"id": "s1"}]),
    Answer({"detail": f"token {TOKEN} is bad"}, 400),
    Answer({"detail": f"token {TOKEN} is bad"}, 401),
    Answer({}, 429, {"Retry-After": "9"}),
    *[Answer({}, 503)] * 3,
    *[Answer([], cut=True)] * 3,
    Answer(b"<html>"),
    Answer([{"id": 5}]),
)


class Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter("%(name)s %(message)s").format(record))


def test_neither_token_nor_address_is_written_anywhere(
    scripted: Callable[..., ScriptedCloud],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everything = Everything()
    root = logging.getLogger()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    monkeypatch.setattr(root, "handlers", [*root.handlers, everything])
    logging.getLogger("a.witness").debug("logged")
    cloud = scripted(*ANSWERS)
    session = cloud.session()
    texts = [repr(session), str(session)]
    while cloud.answers:
        try:
            list(session.rows(catalogue.SITES))
        except WanPerfError as error:
            texts += [str(error), repr(error), repr(error.__cause__), repr(error.__context__)]
    cloud.close()
    with pytest.raises(WanPerfError) as caught:
        list(session.rows(catalogue.SITES))
    texts.append(str(caught.value))

    written = "\n".join([*everything.lines, *capfd.readouterr()])
    assert "a.witness logged" in written
    assert len(texts) == 2 + 4 * 7 + 1
    assert TOKEN not in written + "\n".join(texts)
    assert cloud.url not in written
    assert ORG not in written
