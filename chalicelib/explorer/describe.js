// What can be told from the OpenAPI document alone: operations, schemas as text, examples, requests.
// Nothing here touches the page.

const METHODS = ["get", "post", "put", "patch", "delete"];

/** Every operation of the document, in its order. */
export function operations(document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      ...item[method],
      path,
      method,
      role: item[method]["x-role"] ?? "public",
      tag: item[method].tags?.[0] ?? "other",
      parameters: (item[method].parameters ?? []).map((one) => resolve(document, one)),
    })),
  );
}

/** A schema or parameter with its `$ref` followed. */
export function resolve(document, part) {
  let found = part ?? {};
  for (let hops = 0; found.$ref?.startsWith("#/") && hops < 20; hops += 1) {
    const steps = found.$ref.slice(2).split("/");
    found = steps.reduce(
      (at, name) => at?.[decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~")], document,
    ) ?? {};
  }
  return found;
}

/** A value that fits a schema: the schema's own example where it has one. */
export function exampleOf(document, part, depth = 0) {
  const schema = resolve(document, part);
  if (schema.examples?.length) return schema.examples[0];
  if ("example" in schema) return schema.example;
  if ("default" in schema) return schema.default;
  if ("const" in schema) return schema.const;
  if (schema.enum?.length) return schema.enum[0];
  const choice = schema.oneOf ?? schema.anyOf;
  if (choice?.length) return exampleOf(document, choice[0], depth);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "array") return depth > 4 ? [] : [exampleOf(document, schema.items, depth + 1)];
  if (type === "integer" || type === "number") return schema.minimum ?? 0;
  if (type === "boolean") return false;
  if (type === "string") return "";
  if (type === "null") return null;
  if (depth > 4) return {};
  const wanted = Object.entries(schema.properties ?? {}).filter(
    ([name]) => depth === 0 || schema.required?.includes(name),
  );
  return Object.fromEntries(
    wanted.map(([name, member]) => [name, exampleOf(document, member, depth + 1)]),
  );
}

/** A schema's type in a few words. */
export function typeOf(document, part) {
  const schema = resolve(document, part);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) return choice.map((one) => typeOf(document, one)).join(" | ");
  if (schema.type === "array") return `list of ${typeOf(document, schema.items)}`;
  return [schema.type ?? (schema.properties ? "object" : "any")].flat().join(" | ");
}

/** Limits and description of a schema or parameter, in one line. */
export function remarksOf(document, part) {
  const schema = resolve(document, part.schema ?? part);
  const limits = [
    ["at least", schema.minimum], ["at most", schema.maximum],
    ["shortest", schema.minLength], ["longest", schema.maxLength],
    ["pattern", schema.pattern], ["default", schema.default],
  ];
  const told = limits
    .filter(([, value]) => value !== undefined)
    .map(([word, value]) => `${word} ${typeof value === "object" ? JSON.stringify(value) : value}`);
  const described = part.description ?? schema.description ?? "";
  return [typeOf(document, schema), ...told, described].filter(Boolean).join("; ");
}

/** A schema as an outline: a line for each member, deeper ones indented. */
export function outlineOf(document, part, indent = "", seen = []) {
  const schema = resolve(document, part);
  if (seen.includes(schema) || seen.length > 6) return [];
  const inner = schema.type === "array" ? resolve(document, schema.items) : schema;
  const choices = (inner.anyOf ?? inner.oneOf ?? []).map((one) => resolve(document, one));
  const bearer = inner.properties ? inner : choices.find((one) => one.properties) ?? inner;
  const deeper = [...seen, schema];
  return Object.entries(bearer.properties ?? {}).flatMap(([name, member]) => {
    const mark = bearer.required?.includes(name) ? "" : "?";
    const line = `${indent}${name}${mark}: ${remarksOf(document, member)}`;
    return [line, ...outlineOf(document, member, `${indent}    `, deeper)];
  });
}

/** The request that a filled-in form means. Throws an Error that says what is missing. */
export function requestOf(base, operation, values, { token, body, media } = {}) {
  const headers = { Accept: "application/json, */*;q=0.5" };
  const query = new URLSearchParams();
  let path = operation.path;
  for (const parameter of operation.parameters) {
    const value = values[parameter.name] ?? "";
    if (parameter.in === "path") {
      if (value === "") throw new Error(`${parameter.name} is missing`);
      // A browser takes these as steps in the path, however they are written.
      if (value === "." || value === "..") throw new Error(`${parameter.name} cannot be ${value}`);
      path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    } else if (value !== "" && parameter.in === "query") {
      query.append(parameter.name, value);
    } else if (value !== "" && parameter.in === "header") {
      headers[parameter.name] = value;
    }
  }
  // A hook is public, and takes an operator's token where its trigger names no secret.
  const takesToken = operation.role !== "public" || operation.tag === "hooks";
  if (token && takesToken) headers.Authorization = `Bearer ${token}`;
  const sent = operation.requestBody && body ? body : undefined;
  if (sent !== undefined) headers["Content-Type"] = media;
  const search = query.size ? `?${query}` : "";
  return {
    url: new URL(path.slice(1) + search, base).href,
    options: { method: operation.method.toUpperCase(), headers, body: sent },
  };
}

/** The same request for a shell. The token is `$TOKEN` there, never itself. */
export function curlOf({ url, options }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const headers = Object.entries(options.headers)
    .filter(([name]) => name !== "Accept")
    .map(([name, value]) =>
      name === "Authorization" ? '-H "Authorization: Bearer $TOKEN"' : `-H ${quoted(`${name}: ${value}`)}`);
  const data = options.body === undefined ? [] : [`--data-binary ${quoted(options.body)}`];
  return ["curl -sS", `-X ${options.method} ${quoted(url)}`, ...headers, ...data].join(" \\\n  ");
}
