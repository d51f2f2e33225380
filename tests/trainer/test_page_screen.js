// What test_page_screen.py runs in the browser; it posts what it found.

import { regionsOf } from "./map.js";
import * as texts from "./texts.js";

const HANGS = 30_000; // turns of 20 ms
const functions = { ...texts, regionsOf };
const work = await (await fetch("work.json")).json();

async function opened(address) {
  const frame = document.createElement("iframe");
  frame.width = 360;
  frame.height = 800;
  frame.src = address;
  document.body.append(frame);
  await new Promise((loaded) => (frame.onload = loaded));
  const page = frame.contentDocument;
  return { frame, page, at: (id) => page.getElementById(id), window: frame.contentWindow };
}

async function until(ready) {
  for (let turn = 0; !ready(); turn += 1) {
    if (turn > HANGS) throw new Error(`waited for ${ready}`);
    await new Promise((later) => setTimeout(later, 20));
  }
}

const placeOf = (dot) => ["cx", "cy"].map((name) => Number(dot.getAttribute(name)));

function answerOf({ at }) {
  const lines = (id) => Array.from(at(id).children, (row) => row.innerText.trim());
  return {
    answer: at("answer").innerText,
    explained: !at("explained").hidden,
    holds: at("holds").innerText,
    bars: lines("bars"),
    set: at("set").innerText,
    world: !at("world").hidden,
    regions: at("regions").innerText,
    homes: Array.from(at("map").querySelectorAll(".home"), placeOf),
    words: lines("words"),
    letters: Array.from(at("letters").children, (tile) => tile.textContent),
    note: at("letters-note").innerText,
  };
}

async function type(opening, text) {
  const { at, window } = opening;
  at("answer").textContent = "";
  at("name").value = text;
  at("name").dispatchEvent(new window.Event("input"));
  await until(() => at("answer").textContent && !at("answer").textContent.startsWith("As soon"));
  return answerOf(opening);
}

function controls({ page, at }) {
  const fields = Array.from(page.querySelectorAll("input, textarea, select, progress, .wide"));
  return {
    unnamed: fields.filter((one) => !one.labels?.length && !one.ariaLabel).map((one) => one.id),
    focus: page.activeElement.id,
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    chips: Array.from(at("examples").children, (chip) => chip.textContent),
    title: page.title,
  };
}

async function everything() {
  const found = { texts: work.texts.map(([name, ...given]) => functions[name](...given)) };

  const broken = await opened("broken/index.html");
  await until(() => broken.at("loading-text").textContent.startsWith("It does not"));
  found.broken = { ...answerOf(broken), problem: broken.at("loading-text").textContent };
  const changed = await opened("changed/index.html");
  await until(() => changed.at("loading-text").textContent.startsWith("It does not"));
  found.changed = changed.at("loading-text").textContent;

  const page = await opened("index.html");
  const { at, window } = page;
  await until(() => at("loading").hidden && !at("name").disabled);
  found.first = { ...answerOf(page), ...controls(page), address: window.location.hash };
  found.first.selected = at("name").value.slice(at("name").selectionStart, at("name").selectionEnd);
  found.typed = {};
  for (const name of work.typed) found.typed[name] = await type(page, name);
  found.address = decodeURIComponent(window.location.hash);

  let copied = "";
  window.navigator.clipboard.writeText = async (text) => (copied = text);
  at("copy").click();
  await until(() => at("copied").textContent);
  found.copied = decodeURIComponent(copied);

  if (at("examples").children.length) {
    at("examples").lastChild.click();
    found.chip = { name: at("name").value, address: decodeURIComponent(window.location.hash) };
  }
  at("name").value = work.several.join("\n");
  at("name").dispatchEvent(new window.Event("input"));
  const several = () => at("several").querySelector(".done:not([hidden])");
  await until(several);
  const rows = Array.from(several().querySelectorAll("tbody tr"));
  found.several = {
    rows: rows.map((row) => Array.from(row.children, (cell) => cell.innerText)),
    csv: await (await fetch(several().querySelector("a").href)).text(),
    single: !at("one").hidden,
    status: at("several-status").textContent,
    overflow: page.page.documentElement.scrollWidth - page.page.documentElement.clientWidth,
  };
  rows[0].querySelector("a").click();
  await until(() => !at("one").hidden);
  found.followed = at("name").value;
  await until(() => page.page.activeElement.id === "name");
  const long = Array.from({ length: 400 }, (_, i) => `Nowak ${i}`).join("\n");
  at("name").value = long;
  at("name").dispatchEvent(new window.Event("input"));
  await until(() => at("several-status").textContent.startsWith("400 names"));
  found.isLongCopied = !at("copy").hidden;
  several().querySelector("tbody a").click();
  await until(() => at("name").value === "Nowak 0");
  window.history.back();
  await until(() => at("name").value !== "Nowak 0");
  found.isLongBack = at("name").value === long;
  at("name").value = "";
  at("name").dispatchEvent(new window.Event("input"));
  await until(() => at("explained").hidden);
  found.empty = at("answer").textContent;
  found.cleared = at("several-status").textContent;
  found.silent = Array.from(page.page.querySelectorAll("[role=status]"))
    .filter((region) => !region.getClientRects().length)
    .map((region) => region.id);
  return found;
}

const found = await everything().catch((error) => ({ error: String(error.stack ?? error) }));
await fetch("result", { method: "POST", body: JSON.stringify(found) });
