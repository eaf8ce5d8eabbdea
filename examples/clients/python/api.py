"""The generated code of the API, and how to reach a service: the address, the API key and the CA's certificate."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import grpc
from google.protobuf import json_format, struct_pb2

sys.path.insert(0, str(Path(__file__).resolve().parent / "gen"))

try:
    from goalpost.v1 import blueprint_pb2 as blueprint
    from goalpost.v1 import central_decision_group_pb2 as goals
    from goalpost.v1 import central_decision_group_pb2_grpc as goals_grpc
    from goalpost.v1 import event_pb2 as events
    from goalpost.v1 import worker_pb2 as work
    from goalpost.v1 import worker_pb2_grpc as work_grpc
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}; generate the API's code first: .venv/bin/python generate.py")

__all__ = ["blueprint", "channel", "credentials", "events", "goals", "goals_grpc", "plain", "work", "work_grpc"]

_OPTIONS = [
    # A connection that is gone without a word is noticed, also while nothing flows.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # A service that was away is found again soon.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # A name may stand for several replicas: the next call goes to another one.
    ("grpc.lb_policy_name", "round_robin"),
]


def channel(endpoint: str) -> grpc.Channel:
    """A channel to `http://HOST:PORT`, or over TLS to `https://HOST:PORT`.

    GOALPOST_TLS_CA names a PEM file with the certificates that are trusted; without it those of the gRPC library are.
    Raises ValueError if the endpoint is none, and OSError if the file cannot be read.
    """
    url = urlsplit(endpoint)
    if url.scheme not in ("http", "https") or not url.hostname or url.path not in ("", "/"):
        raise ValueError(f"'{endpoint}' is no endpoint; for example http://127.0.0.1:50051")
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    if url.scheme == "http":
        return grpc.insecure_channel(f"{host}:{url.port or 80}", options=_OPTIONS)
    authority = os.environ.get("GOALPOST_TLS_CA")
    trusted = Path(authority).read_bytes() if authority else None
    tls = grpc.ssl_channel_credentials(root_certificates=trusted)
    return grpc.secure_channel(f"{host}:{url.port or 443}", tls, options=_OPTIONS)


def credentials() -> tuple[tuple[str, str], ...]:
    """The metadata of every call: the API key in GOALPOST_API_KEY, if there is one."""
    key = os.environ.get("GOALPOST_API_KEY")
    return (("authorization", f"Bearer {key}"),) if key else ()


def plain(struct: struct_pb2.Struct) -> dict:
    """What a struct says, as Python has it. Structs know only floating-point numbers; whole ones become integers again."""
    return _whole(json_format.MessageToDict(struct))


def _whole(value):
    match value:
        case dict():
            return {name: _whole(item) for name, item in value.items()}
        case list():
            return [_whole(item) for item in value]
        case float() if value.is_integer():
            return int(value)
    return value
