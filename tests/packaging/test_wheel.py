"""The built distributions hold everything, and an installed wheel is enabled in Jupyter."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LABEXTENSION = "share/jupyter/labextensions/jupyterlab-cacheable"
SERVER_CONFIG = "etc/jupyter/jupyter_server_config.d/jupyterlab_cacheable.json"

pytestmark = pytest.mark.timeout(180)


def run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """The program's output with its errors; fails the test with it when the program fails."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that is built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, REPOSITORY)
    return folder


@pytest.fixture(scope="module")
def sdist_names(dist: Path) -> set[str]:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.fixture(scope="module")
def wheel_names(dist: Path) -> list[str]:
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as archive:
        return archive.namelist()


def data(names: list[str]) -> set[str]:
    """What the wheel puts below `sys.prefix`."""
    return {name.partition(".data/data/")[2] for name in names if ".data/data/" in name}


def test_the_wheel_holds_the_built_extension_with_its_settings(wheel_names: list[str]) -> None:
    shared = data(wheel_names)
    assert f"{LABEXTENSION}/package.json" in shared
    assert f"{LABEXTENSION}/install.json" in shared
    assert any(name.startswith(f"{LABEXTENSION}/static/remoteEntry.") for name in shared)
    schemas = {path.name for path in (REPOSITORY / "schema").glob("*.json")}
    folder = f"{LABEXTENSION}/schemas/jupyterlab-cacheable"
    assert {f"{folder}/{name}" for name in schemas} <= shared


def test_the_wheel_enables_the_server_extension(wheel_names: list[str]) -> None:
    assert SERVER_CONFIG in data(wheel_names)


def test_the_wheel_holds_the_package_and_nothing_twice(wheel_names: list[str]) -> None:
    sources = (REPOSITORY / "jupyterlab_cacheable").rglob("*.py")
    expected = {path.relative_to(REPOSITORY).as_posix() for path in sources}
    assert expected <= set(wheel_names)
    assert not [name for name in wheel_names if name.startswith("jupyterlab_cacheable/labext")]
    assert len(wheel_names) == len(set(wheel_names))
    top = {name.partition("/")[0].partition("-")[0] for name in wheel_names}
    assert top == {"jupyterlab_cacheable"}


def test_the_sdist_builds_without_node(sdist_names: set[str]) -> None:
    built = "jupyterlab_cacheable/labextension"
    assert f"{built}/package.json" in sdist_names
    assert any(name.startswith(f"{built}/static/remoteEntry.") for name in sdist_names)
    needed = {"package.json", "package-lock.json", "install.json", "hatch_build.py", "LICENSE"}
    assert needed | {"src/index.ts", "jupyter-config/server-config/jupyterlab_cacheable.json"} <= (
        sdist_names
    )


def test_the_sdist_holds_no_made_files(sdist_names: set[str]) -> None:
    made = ("node_modules/", ".venv/", ".setup/", "lib/")
    assert not [name for name in sdist_names if name.startswith(made)]


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh environment with the wheel; its needs are this one's."""
    prefix = tmp_path_factory.mktemp("installed")
    venv.create(prefix, with_pip=False, symlinks=os.name != "nt")
    paths = {"base": str(prefix), "platbase": str(prefix)}
    site = Path(sysconfig.get_path("purelib", vars=paths))
    # Only names in .pth files of a real site folder are followed, so this environment's own
    # editable link to the repository stays out of the way.
    (site / "needs.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = Path(sysconfig.get_path("scripts", vars=paths)) / "python"
    wheel = next(dist.glob("*.whl"))
    run(
        *(python, "-m", "pip", "install", "--no-deps", "--no-index", "--ignore-installed"),
        *("--no-warn-script-location", wheel),
        cwd=prefix,
    )
    return python.parent


@pytest.fixture
def jupyter_env(tmp_path: Path) -> dict[str, str]:
    """An environment in which Jupyter sees neither the user's files nor this repository."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "PYTHON", "VIRTUAL_ENV"))
    }
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    return kept | {name: str(tmp_path / name) for name in places}


def test_the_installed_package_imports(
    installed: Path, tmp_path: Path, jupyter_env: dict[str, str]
) -> None:
    code = "import jupyterlab_cacheable as package; print(package.__file__, package.__version__)"
    file, version = run(installed / "python", "-c", code, cwd=tmp_path, env=jupyter_env).split()
    assert Path(file).is_relative_to(installed.parent)
    assert f'"version": "{version}"' in (REPOSITORY / "package.json").read_text()


def test_jupyter_lists_the_lab_extension_as_enabled(
    installed: Path, tmp_path: Path, jupyter_env: dict[str, str]
) -> None:
    listed = run(
        *(installed / "python", "-m", "jupyterlab.labextensions", "list"),
        cwd=tmp_path,
        env=jupyter_env,
    )
    (line,) = (line for line in listed.splitlines() if "jupyterlab-cacheable v" in line)
    assert "enabled" in line
    assert "OK" in line
    assert "(python, jupyterlab-cacheable)" in line


def test_jupyter_lists_the_server_extension_as_enabled(
    installed: Path, tmp_path: Path, jupyter_env: dict[str, str]
) -> None:
    listed = run(
        *(installed / "python", "-m", "jupyter_server.extension.serverextension", "list"),
        cwd=tmp_path,
        env=jupyter_env,
    )
    lines = [line for line in listed.splitlines() if "jupyterlab_cacheable" in line]
    assert any("enabled" in line for line in lines), listed
    assert any("OK" in line for line in lines), listed
