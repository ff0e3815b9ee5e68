"""Record every exchange of every sandbox, in each process of one Python environment.

A `.pth` file, which Python runs at its start, loads this in the tests, in the workers of pytest-xdist and in
the commands that tests start, whatever environment variables those are given. What the listener refuses
before it is a request (malformed HTTP, a body too large) does not reach the application and is no exchange.
"""

import importlib.machinery
import importlib.util
import io
import os
import sys
import uuid
from collections.abc import Callable, Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.conformance.exchange import Exchange

APPLICATION = "futel_twilio.sandbox.http.app"
PTH = "conformance.pth"


def install(workspace: Path, project: Path, folder: Path) -> Path:
    """Let each Python of this site-packages folder record into `folder`; gives the file to take away again."""
    path = workspace / PTH
    path.write_text(
        f"import sys; sys.path.append({str(project)!r}); "
        f"from tests.conformance import recorder; recorder.hook({str(folder)!r})\n"
    )
    return path


def hook(folder: str) -> None:
    """Record as soon as the sandbox is imported, once; a folder that is no longer there is not asked for."""
    if Path(folder).is_dir() and not any(isinstance(finder, _Waiting) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Waiting(folder))


class _Waiting(MetaPathFinder):
    """Stands before the other finders until the application is imported, for nothing else must be delayed."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != APPLICATION:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = self._then_record(spec.loader.exec_module)  # type: ignore[assignment,method-assign]
        return spec

    def _then_record(self, run: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
        def exec_module(module: ModuleType) -> None:
            run(module)
            record(module.App, Path(self._folder))

        return exec_module


def record(application: Any, folder: Path) -> Callable[[], None]:
    """Wrap the class's own call; gives what takes the wrapping away."""
    plain = application.__call__
    path = folder / f"{os.getpid()}-{uuid.uuid4().hex}.jsonl"
    sink = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def call(self: Any, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        begun: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            begun[:] = [int(status.partition(" ")[0]), headers]
            return start_response(status, headers, *rest)

        answer = b"".join(plain(self, environ, start))
        if not environ["PATH_INFO"].startswith("/_sandbox/"):
            os.write(sink, _exchange(environ, body, begun[0], begun[1], answer).line())
        return [answer]

    application.__call__ = call

    def restore() -> None:
        application.__call__ = plain
        os.close(sink)

    return restore


def _exchange(
    environ: dict[str, Any], body: bytes, status: int, headers: list[tuple[str, str]], answer: bytes
) -> Exchange:
    fault = environ.get("futel_twilio.sandbox.ending")
    return Exchange(
        method=environ["REQUEST_METHOD"],
        host=environ.get("HTTP_X_ORIGINAL_HOST") or environ.get("HTTP_HOST", ""),
        path=environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
        query=environ.get("QUERY_STRING", ""),
        scheme=environ.get("HTTP_AUTHORIZATION", "").partition(" ")[0],
        content_type=environ.get("CONTENT_TYPE", "").lower(),
        body=body.decode("latin-1"),
        status=status,
        headers=tuple(headers),
        answer=answer.decode("latin-1"),
        fault="" if fault is None else fault.name,
        test=os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0],
    )
