"""A worker's side of the `Work` stream: see proto/goalpost/v1/worker.proto."""

from __future__ import annotations

import json
import queue
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle

import grpc
from google.protobuf import json_format, struct_pb2

import api
import refusals

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0
"""Well within the time that an engine gives a worker to come back."""
MAX_OUTPUT_BYTES = 1 << 20
"""What an engine takes unless it is told otherwise; beyond, a worker stores the value with WritePayload."""

Key = tuple[str, str, int]


class Failed(Exception):
    """How a handler says that its attempt failed: a stable word for programs, and a text for people."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.failure = api.blueprint.Failure(kind=kind, message=message)


@dataclass
class Attempt:
    """One try at a task, as its handler sees it."""

    task: str
    number: int
    idempotency_key: str
    """The same for every delivery of this attempt: for services that deduplicate."""
    heartbeat: Callable[[], None]
    """Says that the handler is alive. To be called more often than the task's `heartbeat_ms`."""
    _cancelled: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises if nobody wants the result any more."""
        if self._cancelled.is_set():
            raise Failed("CANCELLED", "the attempt was stopped")


Handler = Callable[[Attempt, dict], object]


class Session:
    """A worker that offers capabilities, over as many streams as it takes.

    The attempts belong to the session, not to a stream: when a stream is lost they go on, and their results are sent on
    the next one, until an engine acknowledges them.
    """

    def __init__(self, name: str, handlers: dict[str, Handler], max_concurrency: int) -> None:
        self._id = str(uuid.uuid4())
        self._name = name
        self._handlers = handlers
        self._max_concurrency = max_concurrency
        self._threads = ThreadPoolExecutor(max_concurrency)
        # All that follows is read and written under the lock.
        self._lock = threading.Lock()
        self._running: dict[Key, Attempt] = {}
        self._ended: dict[Key, api.work.AttemptResult] = {}
        self._up: queue.SimpleQueue | None = None
        self._stopping = threading.Event()

    def run(self, engines: Sequence[grpc.Channel]) -> None:
        """Works until `stop`, for one engine after the other. Raises grpc.RpcError if one refuses the worker for good."""
        stubs = cycle([api.work_grpc.WorkerStub(engine) for engine in engines])
        pause = FIRST_PAUSE_SECONDS
        while not self._is_done():
            began = time.monotonic()
            try:
                self._serve(next(stubs))
            except grpc.RpcError as error:
                if refusals.is_permanent(error):
                    raise
                print(f"the stream is lost: {error.details()}", file=sys.stderr, flush=True)
            # An engine that takes worker after worker in and drops them must not make them run in circles.
            if time.monotonic() - began > LONGEST_PAUSE_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            elif not self._is_done():
                time.sleep(pause * random.uniform(1.0, 1.25))
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def stop(self) -> None:
        """Takes nothing more, ends what it has, and lets `run` return."""
        with self._lock:
            self._stopping.set()
            if self._up is not None:
                self._up.put(api.work.WorkRequest(drain=api.work.WorkerDrain()))
                self._leave_if_done()

    def _serve(self, stub: api.work_grpc.WorkerStub) -> None:
        """One stream, from hello to its end."""
        up = self._hello()
        try:
            answers = stub.Work(iter(up.get, None), metadata=api.credentials())
            for answer in answers:
                if not self._receive(answer):
                    # What was not acknowledged is sent again: no reason to wait.
                    answers.cancel()
                    return
        finally:
            with self._lock:
                self._up = None
            # Ends the thread that reads from it.
            up.put(None)

    def _hello(self) -> queue.SimpleQueue:
        """What the worker says on a new stream: who it is, what it has, and what came of it meanwhile."""
        with self._lock:
            up: queue.SimpleQueue = queue.SimpleQueue()
            held = [self._ref(key) for key in (*self._running, *self._ended)]
            hello = api.work.WorkerHello(
                session_id=self._id,
                name=self._name,
                capabilities=sorted(self._handlers),
                max_concurrency=self._max_concurrency,
                held=held,
            )
            up.put(api.work.WorkRequest(hello=hello))
            for result in self._ended.values():
                up.put(api.work.WorkRequest(result=result))
            if self._stopping.is_set():
                up.put(api.work.WorkRequest(drain=api.work.WorkerDrain()))
            self._up = up
            return up

    def _receive(self, answer: api.work.WorkResponse) -> bool:
        """Does what the engine says. False if it sends the worker away."""
        match answer.WhichOneof("message"):
            case "welcome":
                print(f"connected to engine {answer.welcome.engine_id}", file=sys.stderr, flush=True)
            case "assignment":
                self._begin(answer.assignment)
            case "cancel":
                self._cancel(self._key(answer.cancel.attempt))
            case "ack":
                self._acknowledge(answer.ack)
            case "drain":
                print(f"the engine sends the worker away: {answer.drain.reason}", file=sys.stderr, flush=True)
                return False
        return True

    def _begin(self, assignment: api.work.AttemptAssignment) -> None:
        key = self._key(assignment.attempt)
        with self._lock:
            if key in self._running or key in self._ended:
                # It was delivered before: it does not run twice.
                return
            attempt = Attempt(
                task=assignment.attempt.task,
                number=assignment.attempt.attempt,
                idempotency_key=assignment.idempotency_key,
                heartbeat=lambda: self._beat(key),
            )
            self._running[key] = attempt
        self._threads.submit(self._run, key, attempt, assignment)

    def _run(self, key: Key, attempt: Attempt, assignment: api.work.AttemptAssignment) -> None:
        result = api.work.AttemptResult(attempt=assignment.attempt)
        try:
            result.output.CopyFrom(self._outcome(attempt, assignment))
        except Failed as failed:
            result.failure.CopyFrom(failed.failure)
        except Exception as error:  # Whatever it is, the engine has to hear of it.
            result.failure.kind, result.failure.message = "HANDLER_ERROR", f"{type(error).__name__}: {error}"
        with self._lock:
            del self._running[key]
            self._ended[key] = result
            self._send(api.work.WorkRequest(result=result))

    def _outcome(self, attempt: Attempt, assignment: api.work.AttemptAssignment) -> struct_pb2.Value:
        handler = self._handlers.get(assignment.capability)
        if handler is None:
            raise Failed("CAPABILITY_UNKNOWN", f"this worker does not offer {assignment.capability}")
        attempt.check()
        output = handler(attempt, api.plain(assignment.input))
        size = len(json.dumps(output, ensure_ascii=False, separators=(",", ":")).encode())
        if size > MAX_OUTPUT_BYTES:
            # It would take the stream with it, again and again.
            raise Failed("PAYLOAD_TOO_LARGE", f"the output has {size} bytes as JSON; {MAX_OUTPUT_BYTES} may be sent")
        return json_format.ParseDict(output, struct_pb2.Value())

    def _cancel(self, key: Key) -> None:
        with self._lock:
            if attempt := self._running.get(key):
                attempt._cancelled.set()

    def _acknowledge(self, ack: api.work.AttemptResultAck) -> None:
        if not ack.accepted:
            print(f"a result of {ack.attempt.task} was refused: {ack.reason}", file=sys.stderr, flush=True)
        with self._lock:
            self._ended.pop(self._key(ack.attempt), None)
            self._leave_if_done()

    def _beat(self, key: Key) -> None:
        heartbeat = api.work.AttemptHeartbeat(attempt=self._ref(key))
        with self._lock:
            self._send(api.work.WorkRequest(heartbeat=heartbeat))

    def _send(self, request: api.work.WorkRequest) -> None:
        # Without a stream results wait for the next one, and a heartbeat is worth nothing.
        if self._up is not None:
            self._up.put(request)

    def _leave_if_done(self) -> None:
        if self._stopping.is_set() and not self._running and not self._ended and self._up is not None:
            self._up.put(None)

    def _is_done(self) -> bool:
        with self._lock:
            return self._stopping.is_set() and not self._running and not self._ended

    @staticmethod
    def _key(attempt: api.work.AttemptRef) -> Key:
        return attempt.workflow_id, attempt.task, attempt.attempt

    @staticmethod
    def _ref(key: Key) -> api.work.AttemptRef:
        return api.work.AttemptRef(workflow_id=key[0], task=key[1], attempt=key[2])
