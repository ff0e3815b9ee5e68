"""The door for other projects: fixtures that load when asked for, and the client that they use."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from futel_twilio.sandbox.sdk import RedirectingHttpClient, redirected
from tests.support.paths import PROJECT

BLOCKS = re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(), flags=re.DOTALL)
(EXAMPLE,) = [block for block in BLOCKS if "pytest_plugins" in block]
FILES = re.compile(r"^# (\w+\.py)\n(.*?)(?=^# \w+\.py$|\Z)", flags=re.DOTALL | re.MULTILINE)


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Pytest in a project that is not ours, with warnings as errors."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_the_example_of_readme_runs_in_another_project(tmp_path: Path) -> None:
    """README's conftest and test, in their own directory, pass: nothing but the package is needed."""
    written = dict(FILES.findall(EXAMPLE))
    assert set(written) == {"conftest.py", "test_phones.py"}
    for name, text in written.items():
        (tmp_path / name).write_text(text)
    ended = run(tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 passed" in ended.stdout


def test_nothing_loads_the_fixtures_unasked(tmp_path: Path) -> None:
    """In a project that does not ask for it, the plugin is not loaded and its fixtures do not exist."""
    (tmp_path / "test_plain.py").write_text(
        "import sys\n"
        "def test_absent():\n    assert not [name for name in sys.modules if name.startswith('futel_twilio')]\n"
        "def test_unknown(twilio_sandbox):\n    pass\n"
    )
    ended = run(tmp_path)
    assert "1 passed, 1 error" in ended.stdout
    assert "fixture 'twilio_sandbox' not found" in ended.stdout


def test_each_test_has_a_sandbox_of_its_own(tmp_path: Path) -> None:
    """Two tests see nothing of each other, and a client that the code under test makes is aimed too."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["futel_twilio.sandbox.pytest_plugin"]\n')
    (tmp_path / "test_both.py").write_text(
        "from twilio.rest import Client\n"
        "import pytest\n"
        "@pytest.mark.parametrize('turn', [1, 2])\n"
        "def test_empty(twilio_client, twilio_sandbox, twilio_http_client, turn):\n"
        "    assert twilio_client.applications.list() == []\n"
        "    own = Client('AC' + '0' * 32, 'sandbox', http_client=twilio_http_client)\n"
        "    own.applications.create(friendly_name='a')\n"
        "    assert [row.friendly_name for row in twilio_client.applications.list()] == ['a']\n"
        "    assert twilio_sandbox.count('POST') == 1\n"
    )
    ended = run(tmp_path)
    assert "2 passed" in ended.stdout, ended.stdout + ended.stderr


def test_code_that_makes_its_own_client_is_aimed(tmp_path: Path) -> None:
    """README's lines for code that calls `Client()` itself, the plugin named on the command line, reach the sandbox."""
    (block,) = [text for text in BLOCKS if "test_yours.py" in text]
    (tmp_path / "yours.py").write_text(
        "from twilio.rest import Client\n"
        "def make():\n    return Client().applications.create(friendly_name='mine').sid\n"
    )
    (tmp_path / "test_yours.py").write_text(
        f"import yours\n{block}"
        "    sid = yours.make()\n"
        "    assert [row.sid for row in twilio_client.applications.list()] == [sid]\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    ended = run(tmp_path, "-p", "futel_twilio.sandbox.pytest_plugin")
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("base", "there"),
    [
        ("http://127.0.0.1:4010", "http://127.0.0.1:4010/v1/Alerts?PageSize=1"),
        ("http://127.0.0.1:4010/", "http://127.0.0.1:4010/v1/Alerts?PageSize=1"),
        ("https://proxy.example/twilio", "https://proxy.example/twilio/v1/Alerts?PageSize=1"),
    ],
)
def test_a_url_is_aimed(base: str, there: str) -> None:
    """Scheme, host and a path before it are the server's, the rest is kept, and the host meant is reported."""
    headers: dict[str, str] = {}
    assert redirected("https://monitor.twilio.com/v1/Alerts?PageSize=1", base, headers) == there
    assert headers == {"X-Original-Host": "monitor.twilio.com"}


def test_a_proxy_stands_aside_on_plain_http_alone() -> None:
    """The proxies of the process environment are not asked on the way to a sandbox, but are to a far server."""
    aims = [
        RedirectingHttpClient("http://127.0.0.1:4010"),
        RedirectingHttpClient("https://proxy.example"),
        RedirectingHttpClient(""),
    ]
    assert [aim.session.trust_env for aim in aims] == [False, True, True]
    for aim in aims:
        aim.close()
