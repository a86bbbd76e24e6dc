"""Functions of libraries that open files or hosts in native code, where Python is not told of it.

Those that take a path are stood in for while a run is watched. Others are refused by name.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from functools import partial
from importlib.machinery import EXTENSION_SUFFIXES
from typing import Any

from ..analysis.origin import Origin, origin_of
from .deeds import Deeds
from .places import shown
from .probes import Probes, Tell, path_of

_Owner = tuple[str, str | None]  # a module, and a class in it
_Place = tuple[int, tuple[str, ...], bool]  # position and names of the path; is it written?


def _places(writes: bool, position: int, names: str, functions: str) -> dict[str, _Place]:
    return {name: (position, tuple(names.split()), writes) for name in functions.split()}


_readers = partial(_places, False)
_writers = partial(_places, True)

_FUNCTIONS: dict[_Owner, dict[str, _Place]] = {
    ("pandas", None): _readers(0, "path", "read_parquet read_orc"),
    ("pandas", "DataFrame"): _writers(1, "path", "to_parquet to_orc"),
    ("polars", None): _readers(
        0,
        "source",
        "read_csv read_csv_batched read_parquet read_parquet_schema read_parquet_metadata "
        "read_json read_ndjson read_ipc read_ipc_schema read_ipc_stream read_avro read_lines "
        "scan_csv scan_parquet scan_ndjson scan_ipc scan_lines read_delta scan_delta scan_iceberg",
    ),
    ("polars", "DataFrame"): {
        **_writers(1, "file", "write_csv write_parquet write_json write_ndjson write_ipc"),
        **_writers(1, "file", "write_ipc_stream write_avro serialize"),
        **_writers(1, "target", "write_delta write_iceberg"),
    },
    ("polars", "LazyFrame"): {
        **_writers(1, "path", "sink_csv sink_parquet sink_ipc sink_ndjson"),
        **_writers(1, "target", "sink_delta sink_iceberg"),
        **_writers(1, "file", "serialize"),
    },
    ("pyarrow.parquet", None): {
        **_readers(0, "source", "read_table read_pandas"),
        **_readers(0, "where", "read_schema read_metadata"),
        **_writers(1, "where", "write_table"),
    },
    ("pyarrow.csv", None): {
        **_readers(0, "input_file", "read_csv"),
        **_writers(1, "output_file", "write_csv"),
    },
    ("pyarrow.json", None): _readers(0, "input_file", "read_json"),
    ("pyarrow.feather", None): {
        **_readers(0, "source", "read_table read_feather"),
        **_writers(1, "dest", "write_feather"),
    },
    ("pyarrow.orc", None): {
        **_readers(0, "source", "read_table"),
        **_writers(1, "where", "write_table"),
    },
    ("torch", None): _writers(1, "f", "save"),
    ("torch.jit", None): {**_readers(0, "f", "load"), **_writers(1, "f", "save")},
}
_MODULES = frozenset(module for module, _class in _FUNCTIONS)

# Reached by name, but not stood in for: package -> functions.
_UNSEEN = {
    "adbc_driver_manager": "connect",
    "catboost": "load_model save_model",
    "connectorx": "read_sql",
    "curl_cffi": "get post request Session",
    "cv2": "imread imreadmulti imwrite VideoCapture VideoWriter FileStorage",
    "cx_Oracle": "connect",
    "datasets": "load_from_disk load_dataset save_to_disk",
    "duckdb": "sql query execute read_csv read_parquet read_json connect table from_query",
    "faiss": "read_index write_index",
    "fastparquet": "ParquetFile write",
    "geopandas": "read_file to_file",
    "h5py": "File",
    "lightgbm": "save_model Booster",
    "MySQLdb": "connect",
    "netCDF4": "Dataset MFDataset",
    "onnxruntime": "InferenceSession",
    "oracledb": "connect",
    "pandas": "read_hdf to_hdf HDFStore read_spss",
    "polars": "collect_all collect_all_async read_excel read_ods deserialize sql SQLContext "
    "read_database_uri",
    "psycopg": "connect",
    "psycopg2": "connect",
    "pyarrow": "memory_map create_memory_map OSFile open_csv CSVWriter ParquetFile ParquetDataset "
    "ParquetWriter FileSystemDataset dataset write_dataset write_to_dataset LocalFileSystem "
    "ORCFile ORCWriter input_stream output_stream",
    "pycurl": "Curl",
    "pyodbc": "connect",
    "pyogrio": "read_dataframe write_dataframe read_arrow write_arrow",
    "pyreadstat": "read_sav read_dta read_sas7bdat read_xport write_sav write_dta",
    "rasterio": "open",
    "safetensors": "safe_open load_file save_file load_model save_model",
    "soundfile": "read write info blocks SoundFile",
    "tables": "open_file",
    "tokenizers": "from_file save",
    "torchaudio": "load save info",
    "torchvision": "read_image read_file read_video write_png write_jpeg write_file write_video",
    "turbodbc": "connect",
    "xarray": "open_dataset open_dataarray open_mfdataset load_dataset load_dataarray open_zarr "
    "to_netcdf to_zarr",
    "xgboost": "load_model save_model",
}
# Libraries that open files through Python, or only where they are stood in for or refused.
_SEEN = frozenset(
    "IPython attr attrs joblib matplotlib networkx numpy pandas pydantic sklearn sympy tqdm".split()
)
# Those whose values open nothing: they count only where their functions are used.
_MODULES_ONLY = frozenset({"pyarrow"})
_UNSEEN_MODULES = _MODULES_ONLY | frozenset("ctypes curses readline ssl tkinter".split())
_UNSEEN_NAMES = {package: frozenset(names.split()) for package, names in _UNSEEN.items()}
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")


def unseen_readers(used: Iterable[str], packages: Iterable[str]) -> list[str]:
    """Functions of native code among the names that are used, as ``package function``."""
    names = set(used)
    found = []
    for package in sorted(set(packages) & _UNSEEN_NAMES.keys()):
        found += [f"{package} {name}" for name in sorted(names & _UNSEEN_NAMES[package])]
    return found


def may_open_unseen(packages: Iterable[str], modules: Iterable[str]) -> bool:
    """Whether code that uses these could open a file without anybody being told.

    ``packages`` are the installed ones, ``modules`` all that are imported. Otherwise a text that
    names a file which was not seen to be opened is just a text.
    """
    tops = {module.partition(".")[0] for module in modules}
    if set(packages) - _SEEN - _MODULES_ONLY or tops & _UNSEEN_MODULES:
        return True
    loaded = list(sys.modules.values())
    return any(_is_native(module) and origin_of(module) is Origin.LOCAL for module in loaded)


def _is_native(module: Any) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and file.endswith(tuple(EXTENSION_SUFFIXES))


def stood_in_for() -> Iterable[Any]:
    """The loaded functions that are stood in for; held by another name they would escape."""
    for place, functions in _FUNCTIONS.items():
        if place[0] in sys.modules:
            members = vars(_owner(place))
            yield from (members[name] for name in functions if name in members)


def watch_libraries(probes: Probes, deeds: Deeds) -> None:
    """Stand in for the functions of the loaded libraries, and of those that will be loaded."""
    for module in _MODULES & sys.modules.keys():
        _stand_in(module, probes, deeds)
    probes.on_import(_MODULES, lambda module: _stand_in(module, probes, deeds))


def _stand_in(module: str, probes: Probes, deeds: Deeds) -> None:
    for owner_of in (each for each in _FUNCTIONS if each[0] == module):
        owner = _owner(owner_of)
        for name, place in _FUNCTIONS[owner_of].items():
            probes.replace(owner, name, _tell_of(deeds, f"{module}.{name}", place))


def _owner(place: _Owner) -> Any:
    module, name = place
    found = sys.modules[module]
    return found if name is None else getattr(found, name, None)


def _tell_of(deeds: Deeds, function: str, place: _Place) -> Tell:
    position, names, writes = place

    def tell(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = path_of(args, kwargs, position, *names)
        for path in given if isinstance(given, list | tuple) else [given]:
            if isinstance(path, str | os.PathLike):
                _open(deeds, function, os.fspath(path), writes)
            elif not _is_in_memory(path):
                deeds.refuse(f"it gives {function} a {type(path).__name__} instead of a path")

    return tell


def _is_in_memory(value: Any) -> bool:
    """None, bytes, and file objects, which Python opened and has told of."""
    return value is None or isinstance(value, bytes) or hasattr(value, "closed")


def _open(deeds: Deeds, function: str, path: str | bytes, writes: bool) -> None:
    text = os.path.expanduser(os.fsdecode(path))
    if _ADDRESS.match(text):
        deeds.refuse(f"it uses the network ({shown(text)})")
    elif function.startswith("polars.") and any(sign in text for sign in "*?["):
        deeds.refuse(f"it reads the files {shown(text)}; list them with glob() instead")
    elif os.path.isdir(text):
        deeds.refuse(f"it gives {function} the folder {shown(text)} instead of files")
    elif writes:
        deeds.write(text)
    else:
        deeds.read(text)
