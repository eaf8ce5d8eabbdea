"""Generates the API's code into `gen`, out of the protos."""

import shutil
import sys
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

HERE = Path(__file__).resolve().parent
PROTOS = HERE.parents[2] / "proto"
GENERATED = HERE / "gen"


def main() -> int:
    shutil.rmtree(GENERATED, ignore_errors=True)
    GENERATED.mkdir()
    files = sorted(str(file) for file in PROTOS.glob("goalpost/v1/*.proto"))
    outputs = [f"--{kind}_out={GENERATED}" for kind in ("python", "pyi", "grpc_python")]
    # Google's own protos come with the tools.
    paths = [f"--proto_path={path}" for path in (PROTOS, resources.files("grpc_tools") / "_proto")]
    # The first argument is the program's name.
    return protoc.main(["protoc", *paths, *outputs, *files])


if __name__ == "__main__":
    sys.exit(main())
