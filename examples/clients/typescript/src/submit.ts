/** Submits a goal, watches its events to the end and prints its result. */

import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";

import { ClientError, Status } from "nice-grpc";

import { type DeepPartial, type Goal, GoalState, type SubmitGoalRequest } from "../gen/goalpost/v1/central_decision_group.js";
import { type Event } from "../gen/goalpost/v1/event.js";
import { type Client, client, connect } from "./connection.js";
import * as refusals from "./refusals.js";
import { Retry, untilAnswered } from "./retry.js";

const USAGE = `usage: submit GOAL [--input JSON] [--namespace NAME] [--request-id ID]

Submits a goal in words, watches its events to the end and prints its result.

Exit codes: 0 it succeeded, 1 it failed, 2 the arguments or the request are wrong, 3 Goalpost cannot be reached,
4 it was cancelled, 5 Goalpost refuses the call.`;

enum Exit {
  Succeeded,
  Failed,
  Wrong,
  Unreachable,
  Cancelled,
  Refused,
}

const ENDS: Partial<Record<GoalState, Exit>> = {
  [GoalState.GOAL_STATE_SUCCEEDED]: Exit.Succeeded,
  [GoalState.GOAL_STATE_FAILED]: Exit.Failed,
  [GoalState.GOAL_STATE_CANCELLED]: Exit.Cancelled,
};

const DEADLINE_MS = 10_000;

/** What is wrong with the arguments. */
class UsageError extends Error {}

/** Every event of the goal after the last one seen, in order and once, until it has ended. */
async function* watch(goalpost: Client, id: string, last: number): AsyncGenerator<Event> {
  const retry = new Retry();
  for (;;) {
    try {
      for await (const event of goalpost.watchGoal({ id, after: last })) {
        last = event.number;
        retry.wentWell();
        yield event;
      }
      return;
    } catch (error) {
      // The next stream begins after the last event seen.
      await retry.wait(error);
    }
  }
}

/** Shows a goal's events until it has ended, and stays so: somebody may have it tried again. */
async function follow(goalpost: Client, goal: Goal): Promise<[Goal, Exit]> {
  let last = 0;
  for (;;) {
    for await (const event of watch(goalpost, goal.id, last)) {
      last = event.number;
      show(event);
    }
    const now = await untilAnswered(() => goalpost.getGoal({ id: goal.id }, { deadline: deadline() }));
    const end = ENDS[now.state];
    if (end !== undefined) {
      return [now, end];
    }
  }
}

/** One line for an event. */
function show(event: Event): void {
  const words = [String(event.number), event.type.replace("EVENT_TYPE_", "")];
  if (event.task) {
    words.push(event.task);
  }
  if (event.failure) {
    words.push(`${event.failure.kind}: ${event.failure.message}`);
  }
  console.error(words.join(" "));
}

async function run(goalpost: Client, request: DeepPartial<SubmitGoalRequest>): Promise<Exit> {
  // With a request_id the goal is made once, however often the call is.
  const goal = await untilAnswered(() => goalpost.submitGoal(request, { deadline: deadline() }));
  console.error(`goal ${goal.id}`);
  const [ended, exit] = await follow(goalpost, goal);
  if (exit === Exit.Succeeded) {
    console.log(JSON.stringify(ended.result, null, 2));
  } else {
    console.error(`${ended.failure?.kind}: ${ended.failure?.message}`);
  }
  return exit;
}

function deadline(): Date {
  return new Date(Date.now() + DEADLINE_MS);
}

/** What the command line asks for; undefined if it asks for help. */
function readArguments(): DeepPartial<SubmitGoalRequest> | undefined {
  const { values, positionals } = parse();
  if (values.help) {
    return undefined;
  }
  const [goal, ...others] = positionals;
  if (goal === undefined || others.length > 0) {
    throw new UsageError("give one goal");
  }
  return {
    goal,
    input: jsonObject(values.input ?? "{}"),
    namespace: values.namespace ?? "",
    requestId: values["request-id"] ?? randomUUID(),
  };
}

function parse() {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      options: { input: text, namespace: text, "request-id": text, help: { type: "boolean" } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(message(error));
  }
}

function jsonObject(text: string): { [name: string]: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--input is no JSON: ${message(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError("--input is no JSON object");
  }
  return { ...value };
}

/** Says why a call came to nothing. */
function refused(endpoint: string, error: ClientError): Exit {
  if (refusals.isOfTransport(error)) {
    console.error(`error: cannot reach Goalpost at ${endpoint}: ${error.details}`);
    return Exit.Unreachable;
  }
  console.error(`error: ${refusals.text(error)}`);
  return error.code === Status.INVALID_ARGUMENT ? Exit.Wrong : Exit.Refused;
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<Exit> {
  const endpoint = process.env["GOALPOST_ENDPOINT"] ?? "http://127.0.0.1:50051";
  let request, channel;
  try {
    request = readArguments();
    if (request === undefined) {
      console.log(USAGE);
      return Exit.Succeeded;
    }
    channel = connect(endpoint);
  } catch (error) {
    console.error(`error: ${message(error)}`);
    if (error instanceof UsageError) {
      console.error(USAGE);
    }
    return Exit.Wrong;
  }
  try {
    return await run(client(channel), request);
  } catch (error) {
    if (error instanceof ClientError) {
      return refused(endpoint, error);
    }
    throw error;
  } finally {
    channel.close();
  }
}

process.exitCode = await main();
