"""The process that hosts the guests: reads requests from its standard input until that ends.

`HostingProcess` starts it without site packages, without an environment and without the rest of this package, so that
it starts fast and holds nothing worth stealing. It imports only the standard library, wasmtime and its own siblings.

A request is a JSON object of file names and their texts. A reply is a line of JSON, `{"code": ..., "message": ...}`,
followed by what the guest sent. The first reply, before any request, says whether the interpreter is ready. The code
`UNUSABLE` says that this machine cannot run guests; the process ends with it.
"""

import json
import os
import sys
from pathlib import Path
from typing import IO, NoReturn

from .failures import SandboxError
from .frames import UNUSABLE, read_frame, write_frame
from .interpreter import Interpreter

REQUEST_BYTES = 16 * 2**20


def main(settings: str) -> NoReturn:
    """Serve requests.

    Args:
        settings: JSON: `artefact`, the path of the WebAssembly module, `guest`, the folder of the guest's files, and
            `limits`, the keyword arguments of `Interpreter`.
    """
    options = json.loads(settings)
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the runtime prints must not be taken for a reply
    try:
        interpreter = Interpreter(Path(options["artefact"]).read_bytes(), **options["limits"])
    except (SandboxError, OSError) as error:
        _give_up(replies, error)
    folder = Path(options["guest"])
    guest = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}
    boot = guest["boot.py"].decode()
    write_frame(replies, b'{"code": null, "message": "ready"}')
    while (request := read_frame(requests, REQUEST_BYTES)) is not None:
        files = {name: text.encode() for name, text in json.loads(request).items()}
        try:
            result = interpreter.run(boot, guest | files)
        except SandboxError as error:
            _give_up(replies, error)
        head = json.dumps({"code": result.code, "message": result.message})
        write_frame(replies, head.encode() + b"\n" + result.payload)
    # The runtime's own threads can panic while the interpreter shuts down.
    os._exit(0)


def _give_up(replies: IO[bytes], error: Exception) -> NoReturn:
    write_frame(replies, json.dumps({"code": UNUSABLE, "message": str(error)}).encode())
    os._exit(1)
