/** What AWS's own description of CloudFormation's resources has against those of a template. */
import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import { type ChannelTemplate, resolve } from './template.ts';

const spec = await loadAwsServiceSpec();

function describe(type: string) {
  return spec.lookup('resource', 'cloudFormationType', 'equals', type).only();
}

type Properties = ReturnType<typeof describe>['properties'];
type PropertyType = Properties[string]['type'];

/** Each with the place and what is wrong there; none where all is well. */
export function problemsOf({ resources }: Pick<ChannelTemplate, 'resources'>): string[] {
  return Object.entries(resources).flatMap(([id, { Type, Properties }]) =>
    compareAll(resolve(Properties, resources), describe(Type).properties, id),
  );
}

/** Whether a resource of this type can have tags. */
export function isTaggable(type: string): boolean {
  return describe(type).tagInformation !== undefined;
}

function compareAll(value: unknown, known: Properties, place: string): string[] {
  if (!isRecord(value)) return [`${place} is not an object`];
  const missing = Object.entries(known)
    .filter(([key, { required }]) => required === true && value[key] === undefined)
    .map(([key]) => `${place}.${key} is missing`);
  const wrong = Object.entries(value).flatMap(([key, item]) => {
    const property = known[key];
    return property === undefined ? [`${place}.${key} is not known`] : compare(item, property.type, `${place}.${key}`);
  });
  return [...missing, ...wrong];
}

function compare(value: unknown, type: PropertyType, place: string): string[] {
  const unless = (fits: boolean) => (fits ? [] : [`${place} is not of type ${type.type}`]);
  switch (type.type) {
    case 'string':
      return unless(typeof value === 'string' && (type.allowedValues?.includes(value) ?? true));
    case 'date-time':
      return unless(typeof value === 'string');
    case 'number':
      return unless(typeof value === 'number');
    case 'integer':
      return unless(Number.isInteger(value) && (type.allowedValues?.includes(Number(value)) ?? true));
    case 'boolean':
      return unless(typeof value === 'boolean');
    case 'null':
      return unless(value === null);
    case 'json':
      return unless(typeof value === 'object' && value !== null);
    case 'tag':
      return unless(isRecord(value) && typeof value.Key === 'string' && typeof value.Value === 'string');
    case 'array':
      if (!Array.isArray(value)) return unless(false);
      return value.flatMap((item, index) => compare(item, type.element, `${place}[${index}]`));
    case 'map':
      if (!isRecord(value)) return unless(false);
      return Object.entries(value).flatMap(([key, item]) => compare(item, type.element, `${place}.${key}`));
    case 'ref':
      return compareAll(value, spec.get('typeDefinition', type.reference).properties, place);
    case 'union':
      return unless(type.types.some((one) => compare(value, one, place).length === 0));
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
