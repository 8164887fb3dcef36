/**
 * What the AWS SDK uses of node:http, for endpoints without TLS. The build puts this in its place: loading node:http
 * evaluates all it exports, a whole second HTTP client among them, which is a seventh of the time that `btr send`
 * takes. node:https, which is loaded anyway, is made of the same parts.
 */

import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';

/** node:http's own Agent: what the one of node:https inherits from. */
export const Agent: typeof HttpAgent = Object.getPrototypeOf(https.Agent);

/** node:http's own request, as long as the agent that is given is one of its own: the agent makes the connection. */
export function request(options: RequestOptions, onResponse?: (response: IncomingMessage) => void): ClientRequest {
  return https.request({ protocol: 'http:', ...options }, onResponse);
}
