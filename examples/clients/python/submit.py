"""Submits a goal, watches its events to the end and prints its result.

Exit codes: 0 it succeeded, 1 it failed, 2 the arguments or the request are wrong, 3 Goalpost cannot be reached,
4 it was cancelled, 5 Goalpost refuses the call.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TypeVar

import grpc

import api
import refusals

PATIENCE_SECONDS = 30.0
"""How long Goalpost may be away, or refuse for the moment."""
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0

SUCCEEDED, FAILED, WRONG, UNREACHABLE, CANCELLED, REFUSED = range(6)

ENDS = {
    api.goals.GOAL_STATE_SUCCEEDED: SUCCEEDED,
    api.goals.GOAL_STATE_FAILED: FAILED,
    api.goals.GOAL_STATE_CANCELLED: CANCELLED,
}

T = TypeVar("T")


class Retry:
    """Decides how long to wait before a call is made again."""

    def __init__(self) -> None:
        self.went_well()

    def went_well(self) -> None:
        """Whatever comes next is a new failure."""
        self._pause = FIRST_PAUSE_SECONDS
        self._deadline = time.monotonic() + PATIENCE_SECONDS

    def wait(self, error: grpc.RpcError) -> None:
        """Waits; raises the error if waiting longer does not help."""
        pause = refusals.hint(error) or self._pause
        # Callers that were refused together do not come back together.
        pause *= random.uniform(1.0, 1.5)
        if not refusals.may_pass(error) or time.monotonic() + pause > self._deadline:
            raise error
        print(f"{error.code().name}; trying again in {pause:.2f} s", file=sys.stderr)
        time.sleep(pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)


class Client:
    """Goalpost, as callers see it."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = api.goals_grpc.CentralDecisionGroupStub(channel)
        self._metadata = api.credentials()

    def submit(self, request: api.goals.SubmitGoalRequest) -> api.goals.Goal:
        """Submits a goal. With a request_id it is made once, however often the call is."""
        return self._until_answered(lambda: self._stub.SubmitGoal(request, metadata=self._metadata, timeout=10))

    def get(self, goal_id: str) -> api.goals.Goal:
        """The goal as it is now."""
        request = api.goals.GetGoalRequest(id=goal_id)
        return self._until_answered(lambda: self._stub.GetGoal(request, metadata=self._metadata, timeout=10))

    def watch(self, goal_id: str, last: int = 0) -> Iterator[api.events.Event]:
        """Every event of the goal after the last one seen, in order and once, until it has ended."""
        retry = Retry()
        while True:
            request = api.goals.WatchGoalRequest(id=goal_id, after=last)
            try:
                for event in self._stub.WatchGoal(request, metadata=self._metadata):
                    last = event.number
                    retry.went_well()
                    yield event
                return
            except grpc.RpcError as error:
                # The next stream begins after the last event seen.
                retry.wait(error)

    @staticmethod
    def _until_answered(call: Callable[[], T]) -> T:
        retry = Retry()
        while True:
            try:
                return call()
            except grpc.RpcError as error:
                retry.wait(error)


def show(event: api.events.Event) -> None:
    """One line for an event."""
    words = [str(event.number), api.events.EventType.Name(event.type).removeprefix("EVENT_TYPE_"), event.task]
    if event.HasField("failure"):
        words.append(f"{event.failure.kind}: {event.failure.message}")
    print(*filter(None, words), file=sys.stderr, flush=True)


def run(client: Client, request: api.goals.SubmitGoalRequest) -> int:
    goal = client.submit(request)
    print(f"goal {goal.id}", file=sys.stderr, flush=True)
    goal = follow(client, goal)
    if goal.state == api.goals.GOAL_STATE_SUCCEEDED:
        print(json.dumps(api.plain(goal.result), indent=2, ensure_ascii=False))
    else:
        print(f"{goal.failure.kind}: {goal.failure.message}", file=sys.stderr)
    return ENDS[goal.state]


def follow(client: Client, goal: api.goals.Goal) -> api.goals.Goal:
    """Shows a goal's events until it has ended, and stays so: somebody may have it tried again."""
    last = 0
    while True:
        for event in client.watch(goal.id, last):
            last = event.number
            show(event)
        goal = client.get(goal.id)
        if goal.state in ENDS:
            return goal


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("goal", help="the goal in words")
    parser.add_argument("--input", type=json_object, default={}, metavar="JSON", help="structured input, an object")
    parser.add_argument("--namespace", default="", help="whose goal it is")
    parser.add_argument("--request-id", default=str(uuid.uuid4()), metavar="ID", help="makes a repeated call harmless")
    return parser.parse_args()


def json_object(text: str) -> dict:
    """What an argument says."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"it is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("it is no JSON object")
    return value


def main() -> int:
    arguments = read_arguments()
    request = api.goals.SubmitGoalRequest(
        goal=arguments.goal, namespace=arguments.namespace, request_id=arguments.request_id
    )
    request.input.update(arguments.input)
    endpoint = os.environ.get("GOALPOST_ENDPOINT", "http://127.0.0.1:50051")
    try:
        channel = api.channel(endpoint)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG
    with channel:
        try:
            return run(Client(channel), request)
        except grpc.RpcError as error:
            return refused(endpoint, error)


def refused(endpoint: str, error: grpc.RpcError) -> int:
    """Says why a call came to nothing."""
    if refusals.is_of_transport(error):
        print(f"error: cannot reach Goalpost at {endpoint}: {error.details()}", file=sys.stderr)
        return UNREACHABLE
    print(f"error: {refusals.text(error)}", file=sys.stderr)
    return WRONG if error.code() is grpc.StatusCode.INVALID_ARGUMENT else REFUSED


if __name__ == "__main__":
    sys.exit(main())
