// The page: lists the operations of openapi.json and sends what is filled in. Every text enters the
// page as text, never as markup. The token stays in this tab's sessionStorage and in requests to this
// origin.

import { curlOf, exampleOf, operations, outlineOf, remarksOf, requestOf, resolve, typeOf } from "./describe.js";

const BASE = new URL(".", location.href);
const KEPT_UNDER = "runyard.token";
const byId = (id) => document.getElementById(id);

/** An element with attributes, listeners (`onclick`) and children; strings become text. */
function make(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A path that may go on in the next line in front of each slash, and not within a word. */
const breakable = (path) => path.split(/(?=\/)/).flatMap((part) => [make("wbr"), part]);

const token = () => sessionStorage.getItem(KEPT_UNDER) ?? "";

function keep(value) {
  if (value) sessionStorage.setItem(KEPT_UNDER, value);
  else sessionStorage.removeItem(KEPT_UNDER);
  byId("token").value = "";
  byId("kept").textContent = value
    ? `Using ${value.includes(".") ? value.split(".")[0] : "a token"}, in this tab only.`
    : "No token: only public operations will answer.";
}

function field(doc, operation, parameter) {
  const id = `${operation.operationId}-${parameter.in}-${parameter.name}`;
  const schema = resolve(doc, parameter.schema);
  const shared = { id, name: parameter.name, "aria-describedby": `${id}-says` };
  const control = schema.enum
    ? make("select", shared, make("option", { value: "" }, "–"), ...schema.enum.map((one) => make("option", { value: one }, one)))
    : make("input", { ...shared, autocomplete: "off", spellcheck: "false", placeholder: schema.examples?.[0] ?? schema.default });
  return make("div", { class: "field" },
    make("label", { for: id }, parameter.name + (parameter.required ? " *" : "")), control,
    make("small", { id: `${id}-says` }, `${parameter.in}; ${remarksOf(doc, parameter)}`));
}

function bodyPart(doc, operation) {
  const offered = Object.entries(operation.requestBody?.content ?? {});
  if (!offered.length) return [];
  const id = `${operation.operationId}-body`;
  const [, first] = offered[0];
  const example = first.example ?? Object.values(first.examples ?? {})[0]?.value ?? exampleOf(doc, first.schema);
  const text = typeof example === "string" ? example : JSON.stringify(example, null, 2);
  const area = make("textarea", { id, name: "body", spellcheck: "false" });
  area.value = text;
  const medias = offered.map(([media]) => (media === "*/*" ? "application/json" : media));
  return [
    make("h3", {}, operation.requestBody.required ? "Body" : "Body (optional)"),
    make("div", { class: "row" },
      make("label", { for: id }, "Content"),
      make("select", { name: "media", "aria-label": "Content type" }, ...medias.map((media) => make("option", {}, media)))),
    area, outline(doc, first.schema),
  ];
}

function outline(doc, schema) {
  const lines = outlineOf(doc, schema);
  if (!lines.length) return undefined;
  return make("details", {}, make("summary", {}, "Members"), make("pre", { tabindex: "0" }, lines.join("\n")));
}

function responses(doc, operation) {
  const rows = Object.entries(operation.responses).map(([status, part]) => {
    const response = resolve(doc, part);
    const medias = Object.entries(response.content ?? {});
    return make("tr", {}, make("td", { class: status < "400" ? "good" : "bad" }, status),
      make("td", {}, response.description ?? "", ...medias.map(([media, { schema }]) =>
        make("div", {}, make("small", {}, `${media}: ${typeOf(doc, schema)}`), outline(doc, schema) ?? ""))));
  });
  return make("table", {}, make("caption", { class: "skip" }, "Responses"),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "status"), make("th", { scope: "col" }, "what it says"))),
    make("tbody", {}, ...rows));
}

function readable(text, type) {
  if (!/json/.test(type)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(operation, form, answer, button) {
  button.disabled = true;
  try {
    const request = readForm(operation, form);
    const began = performance.now();
    const response = await fetch(request.url, { ...request.options, credentials: "omit", cache: "no-store" });
    const text = await response.text();
    const took = Math.round(performance.now() - began);
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    answer.replaceChildren(
      make("p", {}, make("strong", { class: response.ok ? "good" : "bad" }, `${response.status} ${response.statusText}`.trim()), ` in ${took} ms`),
      make("pre", { tabindex: "0" }, readable(text, response.headers.get("content-type") ?? "") || "(empty)"),
      make("details", {}, make("summary", {}, "Headers"), make("pre", { tabindex: "0" }, headers)));
  } catch (problem) {
    answer.replaceChildren(make("p", { class: "bad" }, `Not sent: ${problem.message}`));
  } finally {
    button.disabled = false;
  }
}

function readForm(operation, form) {
  const values = Object.fromEntries(operation.parameters.map(({ name }) => [name, form.elements[name]?.value.trim() ?? ""]));
  return requestOf(BASE, operation, values, {
    token: token(), body: form.elements.body?.value, media: form.elements.media?.value,
  });
}

function inside(doc, operation) {
  const answer = make("div", { class: "answer", role: "status", "aria-live": "polite" });
  const button = make("button", { class: "send", type: "submit" }, "Send");
  const shell = (event) => {
    event.preventDefault();
    try {
      answer.replaceChildren(make("pre", { tabindex: "0" }, curlOf(readForm(operation, form))));
    } catch (problem) {
      answer.replaceChildren(make("p", { class: "bad" }, problem.message));
    }
  };
  const onsubmit = (event) => {
    event.preventDefault();
    send(operation, form, answer, button);
  };
  const form = make("form", { onsubmit, autocomplete: "off" },
    operation.parameters.length ? make("h3", {}, "Parameters") : undefined,
    ...operation.parameters.map((parameter) => field(doc, operation, parameter)),
    ...bodyPart(doc, operation),
    make("div", { class: "row" }, button, make("button", { type: "button", onclick: shell }, "As curl")));
  return make("div", { class: "inside" },
    make("p", {}, operation.description ?? operation.summary), form, answer,
    make("h3", {}, "Responses"), responses(doc, operation));
}

function entry(doc, operation) {
  const box = make("details", { class: "operation", id: operation.operationId },
    make("summary", {},
      make("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()),
      make("code", {}, operation.path), make("span", { class: "says" }, operation.summary ?? ""),
      make("span", { class: "role", title: "the role that it needs" }, operation.role)));
  // Filled when it is first opened: a page of forms that nobody looks at is slow to build.
  box.addEventListener("toggle", () => {
    if (box.open && !box.querySelector(".inside")) box.append(inside(doc, operation));
  });
  return box;
}

function show(doc) {
  const all = operations(doc);
  const shown = [];
  byId("version").textContent = doc.info.version;
  for (const tag of new Set(all.map((operation) => operation.tag))) {
    const these = all.filter((operation) => operation.tag === tag);
    const list = make("ul");
    const part = make("section", { "aria-label": tag }, make("h2", {}, tag));
    const head = make("h2", {}, tag);
    for (const operation of these) {
      const box = entry(doc, operation);
      const line = make("li", {}, make("a", { href: `#${operation.operationId}` },
        make("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()), make("span", {}, ...breakable(operation.path))));
      const words = [operation.method, operation.path, operation.summary, operation.role, tag].join(" ").toLowerCase();
      list.append(line);
      part.append(box);
      shown.push({ box, line, words, part, head });
    }
    byId("index").append(head, list);
    byId("operations").append(part);
  }
  byId("filter").addEventListener("input", () => narrow(shown, byId("filter").value));
  addEventListener("hashchange", open);
  open();
}

function narrow(shown, text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const { box, line, words } of shown) {
    box.hidden = line.hidden = !wanted.every((word) => words.includes(word));
  }
  for (const { part, head } of shown) {
    part.hidden = head.hidden = shown.every((one) => one.part !== part || one.box.hidden);
  }
  const left = shown.filter(({ box }) => !box.hidden).length;
  byId("state").textContent = wanted.length ? `${left} of ${shown.length} operations` : "";
}

function open() {
  const box = byId(decodeURIComponent(location.hash.slice(1)));
  if (!box?.matches("details.operation")) return;
  box.open = true;
  box.scrollIntoView();
  box.querySelector("summary").focus({ preventScroll: true });
}

byId("access").addEventListener("submit", (event) => {
  event.preventDefault();
  keep(byId("token").value.trim().replace(/^Bearer\s+/i, ""));
});
byId("forget").addEventListener("click", () => keep(""));
keep(token());
try {
  const answer = await fetch(new URL("openapi.json", BASE), { credentials: "omit" });
  if (!answer.ok) throw new Error(`openapi.json answered ${answer.status}`);
  show(await answer.json());
  byId("state").textContent = "";
} catch (problem) {
  byId("state").textContent = `The description cannot be read: ${problem.message}`;
}
