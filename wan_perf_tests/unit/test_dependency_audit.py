"""The audit of dependencies, against a database of advisories on loopback."""

import json
import runpy
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

AUDIT = Path(__file__).parents[2] / ".ci" / "audit"
Answers = dict[str, Callable[[Any], Any]]
Audit = Callable[[str], tuple[int, str]]


@pytest.fixture
def database() -> Iterator[tuple[str, Answers]]:
    """Its address, and what it returns by path: made from the request's body."""
    answers: Answers = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers["Content-Length"] or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            data = json.dumps(answers[self.path](body)).encode()
            self.send_response_only(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", answers
        server.shutdown()


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Audit:
    """Runs the script against a database; its exit code and what it prints."""

    def run(url: str) -> tuple[int, str]:
        monkeypatch.setenv("OSV_API", url)
        code = runpy.run_path(str(AUDIT))["main"]()
        captured = capsys.readouterr()
        assert captured.err == ""
        return code, captured.out

    return run


def advising(package: str, *advisories: str) -> Callable[[Any], Any]:
    """Advisories for one package, none for the others."""

    def answer(body: Any) -> Any:
        names = [(q["package"]["name"], q["package"]["ecosystem"]) for q in body["queries"]]
        assert ("requests", "PyPI") in names
        assert ("wan-perf", "PyPI") not in names
        assert {
            "package": {"name": "duckdb", "ecosystem": "PyPI"},
            "version": version("duckdb"),
        } in (body["queries"])
        ids = [{"id": advisory} for advisory in advisories]
        return {"results": [{"vulns": ids} if name == package else {} for name, _ in names]}

    return answer


def test_a_known_vulnerability_fails_with_its_name(audit: Audit, database: tuple[str, Answers]):
    url, answers = database
    answers["/querybatch"] = advising("requests", "GHSA-aaaa", "GHSA-gone", "GHSA-bare")
    answers["/vulns/GHSA-aaaa"] = lambda _: {"id": "GHSA-aaaa", "summary": "It leaks."}
    answers["/vulns/GHSA-bare"] = lambda _: None
    answers["/vulns/GHSA-gone"] = lambda _: {"id": "GHSA-gone", "withdrawn": "2026-01-01T00:00:00Z"}
    code, output = audit(url)
    assert code == 1
    *found, last = output.splitlines()
    requests = f"requests {version('requests')}"
    assert found == [f"{requests}: GHSA-aaaa It leaks.", f"{requests}: GHSA-bare"]
    assert last.endswith("packages, 2 known vulnerabilities.")


def test_without_a_known_vulnerability_it_passes(audit: Audit, database: tuple[str, Answers]):
    url, answers = database
    answers["/querybatch"] = advising("none")
    code, output = audit(url)
    assert (code, output.count("\n")) == (0, 1)
    assert output.endswith("packages, 0 known vulnerabilities.\n")


@pytest.mark.parametrize("answer", [{"results": []}, [], None, {"results": None}])
def test_an_answer_of_another_kind_is_no_audit(
    audit: Audit, database: tuple[str, Answers], answer: Any
):
    """Taken for "no vulnerability" it would pass for ever."""
    url, answers = database
    answers["/querybatch"] = lambda _: answer
    code, output = audit(url)
    assert (code, output.count("\n")) == (0, 1)
    assert f"packages are not audited, since {url} gives no answer that can be used (" in output


def test_where_nothing_answers_one_line_says_so(audit: Audit):
    code, output = audit("http://127.0.0.1:9")
    assert (code, output.count("\n")) == (0, 1)
    assert "packages are not audited, since http://127.0.0.1:9 gives no answer" in output
    assert "refused" in output
