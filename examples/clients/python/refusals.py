"""What a call that failed says."""

from __future__ import annotations

from typing import TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

M = TypeVar("M", bound=Message)

_PERMANENT = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
)
_UNANSWERED = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def _details(error: grpc.RpcError, kind: type[M]) -> list[M]:
    try:
        status = rpc_status.from_call(error)
    except ValueError:
        # The details contradict the status: somebody between here and the service made it up.
        status = None
    found = []
    for detail in status.details if status else ():
        message = kind()
        if detail.Unpack(message):
            found.append(message)
    return found


def violations(error: grpc.RpcError) -> list[str]:
    """Every field of the request that is wrong, and what is wrong with it."""
    requests = _details(error, error_details_pb2.BadRequest)
    return [f"{it.field}: {it.description}" for request in requests for it in request.field_violations]


def reason(error: grpc.RpcError) -> str | None:
    """The stable word for the refusal; None if it was no service of Goalpost that refused."""
    return next((info.reason for info in _details(error, error_details_pb2.ErrorInfo)), None)


def hint(error: grpc.RpcError) -> float | None:
    """After how many seconds the service thinks that the call may work."""
    infos = _details(error, error_details_pb2.RetryInfo)
    return next((it.retry_delay.ToTimedelta().total_seconds() for it in infos), None)


def may_pass(error: grpc.RpcError) -> bool:
    """Whether the same call may work later."""
    match error.code():
        case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.DEADLINE_EXCEEDED:
            return True
        case grpc.StatusCode.UNKNOWN | grpc.StatusCode.INTERNAL | grpc.StatusCode.CANCELLED:
            # The connection broke: a service would give its reason.
            return reason(error) is None
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            # Also said of what is too large, and that does not pass.
            return hint(error) is not None
    return False


def is_of_transport(error: grpc.RpcError) -> bool:
    """Whether nobody answered, or not in time."""
    return error.code() in _UNANSWERED and reason(error) is None


def is_permanent(error: grpc.RpcError) -> bool:
    """Whether the caller has to change something before a call can work."""
    return error.code() in _PERMANENT


def text(error: grpc.RpcError) -> str:
    """The refusal for people."""
    named, wrong = reason(error), violations(error)
    if wrong:
        return "\n".join([error.code().name, *(f"  {it}" for it in wrong)])
    return f"{named or error.code().name}: {error.details()}"
