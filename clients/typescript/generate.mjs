// Writes src/generated/ from docs/openapi.json and docs/asyncapi.json: nothing there is edited by hand.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const here = new URL(".", import.meta.url);
const docs = new URL("../../docs/", here);
const out = new URL("src/generated/", here);

const read = async (name) => JSON.parse(await readFile(new URL(name, docs), "utf8"));
const head = (source) => `// Made from docs/${source} by \`make clients\`: do not edit.\n`;

/** The names of the schemas that a part of the document leads to, through others too. */
function namesIn(part, schemas, found = new Set()) {
  if (Array.isArray(part)) part.forEach((one) => namesIn(one, schemas, found));
  else if (part !== null && typeof part === "object") {
    const name = /^#\/components\/schemas\/(\w+)/.exec(part.$ref ?? "")?.[1];
    if (name !== undefined && !found.has(name)) namesIn(schemas[name], schemas, found.add(name));
    Object.values(part).forEach((one) => namesIn(one, schemas, found));
  }
  return found;
}

/** A schema without `default`, which tells what an absent member means. */
function withoutDefaults(schema) {
  if (Array.isArray(schema)) return schema.map(withoutDefaults);
  if (schema === null || typeof schema !== "object") return schema;
  const kept = Object.entries(schema).filter(([name]) => name !== "default");
  return Object.fromEntries(
    kept.map(([name, value]) => [name, BY_NAME.has(name) ? ofEach(value) : withoutDefaults(value)]),
  );
}

/** Members of schemas that hold schemas by name: one of those may be called `default`. */
const BY_NAME = new Set(["properties", "patternProperties", "$defs"]);
const ofEach = (schemas) =>
  Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, withoutDefaults(one)]));

const openapi = await read("openapi.json");
const operations = Object.entries(openapi.paths).flatMap(([path, item]) =>
  Object.values(item).map((operation) => ({ path, ...operation })),
);
// A member with a default is in every answer, and may be left out of what is sent.
const { schemas } = openapi.components;
for (const name of namesIn(operations.map((one) => one.requestBody), schemas)) {
  schemas[name] = withoutDefaults(schemas[name]);
}

const asyncapi = await read("asyncapi.json");
const kinds = Object.keys(asyncapi.components.schemas);
const events = {
  openapi: "3.1.0",
  info: { title: asyncapi.info.title, version: asyncapi.info.version },
  paths: {},
  components: {
    schemas: {
      ...asyncapi.components.schemas,
      Event: { oneOf: kinds.map((kind) => ({ $ref: `#/components/schemas/${kind}` })) },
    },
  },
};

const takesKey = ({ parameters }) => parameters?.some((one) => one.name === "Idempotency-Key");
const keyed = operations.filter(takesKey).map((one) => one.path);

await mkdir(out, { recursive: true });
const write = (name, text) => writeFile(new URL(name, out), text);
await write("openapi.ts", head("openapi.json") + astToString(await openapiTS(openapi)));
await write("events.ts", head("asyncapi.json") + astToString(await openapiTS(events)));
await write(
  "keyed.ts",
  `${head("openapi.json")}/** Paths whose POST takes an \`Idempotency-Key\`. */\n` +
    `export const KEYED: ReadonlySet<string> = new Set(${JSON.stringify(keyed, null, 2)});\n`,
);
