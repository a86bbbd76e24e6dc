"""The build hook: makes sure the JupyterLab extension is built, and ships it."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LABEXTENSION = "jupyterlab_cacheable/labextension"

SHARED_DATA = {
    LABEXTENSION: "share/jupyter/labextensions/jupyterlab-cacheable",
    "install.json": "share/jupyter/labextensions/jupyterlab-cacheable/install.json",
    "jupyter-config/server-config": "etc/jupyter/jupyter_server_config.d",
}
"""Where an installed wheel puts what Jupyter itself reads, below `sys.prefix`."""


class LabextensionHook(BuildHookInterface[Any]):
    """Build with npm unless it is built, as in a source distribution or after set-up."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Do nothing for an editable install: the set-up links the built folder instead."""
        if version == "editable":
            return
        if not self._is_built():
            self._build()
        if self.target_name == "wheel":
            build_data["shared_data"].update(SHARED_DATA)

    def _is_built(self) -> bool:
        return any(Path(self.root, LABEXTENSION, "static").glob("remoteEntry.*.js"))

    def _build(self) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("building jupyterlab-cacheable from source needs Node.js with npm")
        for arguments in (["ci", "--include=dev"], ["run", "build"]):
            subprocess.run([npm, *arguments], cwd=self.root, check=True)
