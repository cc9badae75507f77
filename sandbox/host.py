"""The process that hosts the guests: reads requests from its standard input until that ends.

`HostingProcess` starts it without site packages, without an environment and without the rest of this package, so that
it starts fast and holds nothing worth stealing. It imports only the standard library, wasmtime and its own siblings.

A request is a JSON object of file names and their texts. A reply is a line of JSON, `{"code": ..., "message": ...}`,
followed by what the guest sent. The first reply, before any request, says whether the interpreter is ready.
"""

import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from .failures import SandboxError
from .frames import read_frame, write_frame
from .interpreter import Interpreter

REQUEST_BYTES = 16 * 2**20


def main(settings: str) -> NoReturn:
    """Serve requests.

    Args:
        settings: JSON: `artefact`, the path of the WebAssembly module, `guest`, the folder of the guest's files, and
            `limits`, the keyword arguments of `Interpreter`.
    """
    options = json.loads(settings)
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    try:
        interpreter = Interpreter(Path(options["artefact"]).read_bytes(), **options["limits"])
    except (SandboxError, OSError) as error:
        write_frame(replies, json.dumps({"code": "unusable", "message": str(error)}).encode())
        os._exit(1)
    folder = Path(options["guest"])
    guest = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}
    boot = guest["boot.py"].decode()
    write_frame(replies, b'{"code": null, "message": "ready"}')
    while (request := read_frame(requests, REQUEST_BYTES)) is not None:
        files = {name: text.encode() for name, text in json.loads(request).items()}
        result = interpreter.run(boot, guest | files)
        head = json.dumps({"code": result.code, "message": result.message})
        write_frame(replies, head.encode() + b"\n" + result.payload)
    # The runtime's own threads can panic while the interpreter shuts down.
    os._exit(0)
