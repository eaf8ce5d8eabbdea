/** Calling again what may work later. */

import { setTimeout as sleep } from "node:timers/promises";

import { ClientError, Status } from "nice-grpc";

import * as refusals from "./refusals.js";

/** How long Goalpost may be away, or refuse for the moment. */
const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** Decides how long to wait before a call is made again. */
export class Retry {
  private pauseMs = FIRST_PAUSE_MS;
  private deadline = performance.now() + PATIENCE_MS;

  /** Whatever comes next is a new failure. */
  wentWell(): void {
    this.pauseMs = FIRST_PAUSE_MS;
    this.deadline = performance.now() + PATIENCE_MS;
  }

  /** Waits; throws the error if waiting longer does not help. */
  async wait(error: unknown): Promise<void> {
    if (!(error instanceof ClientError) || !refusals.mayPass(error)) {
      throw error;
    }
    // Callers that were refused together do not come back together.
    const pauseMs = (refusals.hint(error) ?? this.pauseMs) * (1 + Math.random() / 2);
    if (performance.now() + pauseMs > this.deadline) {
      throw error;
    }
    console.error(`${Status[error.code]}; trying again in ${(pauseMs / 1_000).toFixed(2)} s`);
    await sleep(pauseMs);
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** Makes a call that may be made twice, and again while that may help. */
export async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  const retry = new Retry();
  for (;;) {
    try {
      return await call();
    } catch (error) {
      await retry.wait(error);
    }
  }
}
