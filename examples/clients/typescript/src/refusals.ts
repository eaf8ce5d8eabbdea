/** What a call that failed says. */

import { ClientError, Status } from "nice-grpc";
import { BadRequest, ErrorInfo, type ErrorDetails, RetryInfo, RichClientError } from "nice-grpc-error-details";

function details(error: ClientError): ErrorDetails[] {
  return error instanceof RichClientError ? error.extra : [];
}

/** Every field of the request that is wrong, and what is wrong with it. */
export function violations(error: ClientError): string[] {
  return details(error)
    .flatMap((it) => (it.$type === BadRequest.$type ? it.fieldViolations : []))
    .map((it) => `${it.field}: ${it.description}`);
}

/** The stable word for the refusal; undefined if it was no service of Goalpost that refused. */
export function reason(error: ClientError): string | undefined {
  return details(error).flatMap((it) => (it.$type === ErrorInfo.$type ? [it.reason] : []))[0];
}

/** After how many milliseconds the service thinks that the call may work. */
export function hint(error: ClientError): number | undefined {
  const delays = details(error).flatMap((it) => (it.$type === RetryInfo.$type && it.retryDelay ? [it.retryDelay] : []));
  return delays.map((it) => it.seconds * 1_000 + it.nanos / 1e6)[0];
}

/** Whether the same call may work later. */
export function mayPass(error: ClientError): boolean {
  switch (error.code) {
    case Status.UNAVAILABLE:
    case Status.DEADLINE_EXCEEDED:
      return true;
    case Status.UNKNOWN:
    case Status.INTERNAL:
    case Status.CANCELLED:
      // The connection broke: a service would give its reason.
      return reason(error) === undefined;
    case Status.RESOURCE_EXHAUSTED:
      // Also said of what is too large, and that does not pass.
      return hint(error) !== undefined;
    default:
      return false;
  }
}

/** Whether nobody answered, or not in time. */
export function isOfTransport(error: ClientError): boolean {
  return [Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED].includes(error.code) && reason(error) === undefined;
}

/** The refusal for people. */
export function text(error: ClientError): string {
  const wrong = violations(error);
  if (wrong.length > 0) {
    return [Status[error.code], ...wrong.map((it) => `  ${it}`)].join("\n");
  }
  return `${reason(error) ?? Status[error.code]}: ${error.details}`;
}
