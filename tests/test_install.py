"""Both ways of installing, each used in the source tree and elsewhere; see docs/design/install.md."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAPPED = ("evaluators", "prompts", "sandbox")  # folders of the source tree that are installed inside the package


def run(*command: object, cwd: Path) -> str:
    """Runs without the settings of the surrounding Python, and returns what is printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source tree, so that building leaves nothing behind."""
    copy = tmp_path_factory.mktemp("install") / "source"
    for folder in ("alphaloss", *MAPPED):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, copy)
    return copy


def install(source: Path, way: str) -> tuple[Path, Path]:
    """Installs into a new virtual environment, without the network; returns its scripts and its packages folders.

    The wheel is built by setuptools directly, as pip would in an isolated environment that it has to download. The
    dependencies are those of the environment that runs the tests.
    """
    target = source.parent / way
    wheels = target / "wheels"
    wheels.mkdir(parents=True)
    build = f"import sys; from setuptools import build_meta; build_meta.build_{way}(sys.argv[1])"
    run(sys.executable, "-c", build, wheels, cwd=source)
    venv.EnvBuilder(symlinks=True).create(target)
    python = target / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        *wheels.iterdir(),
        cwd=target,
    )
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=target).strip())
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"])
    return python.parent, packages


@pytest.fixture(scope="module")
def plain(source: Path) -> tuple[Path, Path]:
    return install(source, "wheel")


@pytest.fixture(scope="module")
def editable(source: Path) -> tuple[Path, Path]:
    return install(source, "editable")


@pytest.fixture(params=["plain", "editable"])
def way(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def installed(way: str, request: pytest.FixtureRequest) -> tuple[Path, Path]:
    return request.getfixturevalue(way)


@pytest.fixture(params=["source tree", "elsewhere"])
def folder(request: pytest.FixtureRequest, source: Path, tmp_path: Path) -> Path:
    return source if request.param == "source tree" else tmp_path


LOCATE = """
import alphaloss, alphaloss.evaluators, alphaloss.prompts, alphaloss.sandbox
for package in (alphaloss, alphaloss.evaluators, alphaloss.prompts, alphaloss.sandbox):
    print(package.__path__[0])
"""


def test_the_package_and_its_mapped_folders_come_from_one_place(way, installed, folder, source):
    scripts, packages = installed
    found = [Path(line) for line in run(scripts / "python", "-c", LOCATE, cwd=folder).splitlines()]
    if way == "plain" and folder != source:
        package = packages / "alphaloss"
        assert found == [package, *(package / name for name in MAPPED)]
    else:
        assert found == [source / "alphaloss", *(source / name for name in MAPPED)]


def test_the_module_and_the_command_start(installed, folder):
    scripts, _ = installed
    assert run(scripts / "python", "-m", "alphaloss", "--help", cwd=folder).startswith("Usage:")
    assert run(scripts / "alphaloss", "--help", cwd=folder).startswith("Usage:")


def test_a_plain_installation_has_every_file_of_the_source_tree(plain, source):
    _, packages = plain
    package = packages / "alphaloss"
    installed = {path.relative_to(package) for path in package.rglob("*") if path.suffix != ".pyc" and path.is_file()}
    own = {path.relative_to(source / "alphaloss") for path in (source / "alphaloss").rglob("*") if path.is_file()}
    mapped = {path.relative_to(source) for name in MAPPED for path in (source / name).rglob("*") if path.is_file()}
    assert installed == {path for path in own | mapped if path.suffix != ".pyc"}
