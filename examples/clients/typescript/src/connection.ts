/** How to reach Goalpost: the address, the API key and the CA's certificate. */

import { readFileSync } from "node:fs";

import { type Channel, ChannelCredentials, createChannel, createClientFactory, Metadata } from "nice-grpc";
import { deadlineMiddleware, type DeadlineOptions } from "nice-grpc-client-middleware-deadline";
import { errorDetailsClientMiddleware } from "nice-grpc-error-details";

import { type CentralDecisionGroupClient, CentralDecisionGroupDefinition } from "../gen/goalpost/v1/central_decision_group.js";

export type Client = CentralDecisionGroupClient<DeadlineOptions>;

const OPTIONS = {
  // A connection that is gone without a word is noticed, also while nothing flows.
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 10_000,
  // A service that was away is found again soon.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
  // A name may stand for several replicas: the next call goes to another one.
  "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

/**
 * A channel to `http://HOST:PORT`, or over TLS to `https://HOST:PORT`. GOALPOST_TLS_CA names a PEM file with the
 * certificates that are trusted; without it those of Node.js are. Throws if the endpoint is none, or the file cannot be
 * read.
 */
export function connect(endpoint: string): Channel {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.pathname !== "/") {
    throw new Error(`'${endpoint}' is no endpoint; for example http://127.0.0.1:50051`);
  }
  const address = `${url.protocol}//${url.host}`;
  if (url.protocol === "http:") {
    return createChannel(address, ChannelCredentials.createInsecure(), OPTIONS);
  }
  const authority = process.env["GOALPOST_TLS_CA"];
  const trusted = authority ? readFileSync(authority) : undefined;
  return createChannel(address, ChannelCredentials.createSsl(trusted), OPTIONS);
}

/** A client whose calls carry the API key in GOALPOST_API_KEY, if there is one. */
export function client(channel: Channel): Client {
  const key = process.env["GOALPOST_API_KEY"];
  const metadata = Metadata(key ? { authorization: `Bearer ${key}` } : {});
  return createClientFactory()
    .use(errorDetailsClientMiddleware)
    .use(deadlineMiddleware)
    .create(CentralDecisionGroupDefinition, channel, { "*": { metadata } });
}
