// The page: a name typed or a file dropped goes to the predictor, its answers onto the screen.

import { loadPredictor } from "./classify.js";
import { contentsOf } from "./tables.js";

const CHUNK = 1024; // names of a file between two looks at the screen
const LEAST = 0.1; // a smaller share of the answer, in log-odds, gets no colour
const NEW_COLUMNS = ["label", "probability", "reason"];
const PREVIEW = 8;
const TYPING = 120; // milliseconds without a key before a name is looked at

const at = (id) => document.getElementById(id);
const percent = (share) =>
  share >= 0.9995 ? ">99.9 %" : share < 0.0005 ? "<0.1 %" : `${(100 * share).toFixed(1)} %`;
const counted = (number) => number.toLocaleString("en");
const sentences = { problem: (error) => `It does not work here: ${error.message ?? error}` };

let predictor;

at("answer").classList.remove("waiting");
at("answer").textContent = "Loading the model …";
try {
  predictor = await loadPredictor();
  start();
} catch (error) {
  at("answer").textContent = sentences.problem(error);
}

function start() {
  const { labels, version, sha256 } = predictor.settings;
  at("about").textContent =
    `Type one and see which of ${labels.length} labels it gets, and which letters speak for it.`;
  at("model").textContent = `names ${version}, model ${sha256.slice(0, 12)}: ${labels.join(", ")}`;
  at("answer").textContent = "";
  at("name").disabled = at("file").disabled = false;

  let timer;
  at("name").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(explain, TYPING);
  });
  at("file").addEventListener("change", () => {
    if (at("file").files.length) open(at("file").files[0]);
    at("file").value = ""; // so that the same file can be chosen again
  });
  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(type, (event) => {
      event.preventDefault(); // else the browser would leave the page for the file
      at("drop").classList.toggle("over", type === "dragenter" || type === "dragover");
      if (type === "drop" && event.dataTransfer.files.length) open(event.dataTransfer.files[0]);
    });
  }
  window.addEventListener("hashchange", fromAddress);
  fromAddress();
  at("name").focus();
}

// What follows # in the address is a name; it is never sent to a server.
function fromAddress() {
  if (location.hash.length < 2) return;
  try {
    at("name").value = decodeURIComponent(location.hash.slice(1));
  } catch {
    return; // no text: the address was cut off within a letter
  }
  explain();
}

async function explain() {
  const name = at("name").value;
  const current = () => at("name").value === name; // more may have been typed meanwhile
  try {
    const explanation = name ? await predictor.explain(name) : null;
    if (current()) show(explanation);
  } catch (error) {
    if (current()) at("answer").textContent = sentences.problem(error);
  }
}

function show(explanation) {
  at("explained").hidden = !explanation || explanation.reason !== null;
  at("answer").replaceChildren();
  if (!explanation) return;
  if (explanation.reason) {
    const why = predictor.settings.reasons[explanation.reason];
    at("answer").textContent = `No label: ${why}.`;
    return;
  }
  const [best] = explanation.ranked;
  at("answer").append(element("strong", best.label), ` ${percent(best.probability)}`);
  showBars(
    at("bars"),
    explanation.ranked.map(({ label, probability }) => [label, probability, percent(probability)]),
  );
  at("words-title").hidden = explanation.words.length === 0;
  showParts("words", explanation.words.map(({ word, carried }) => [word, carried]));
  showParts("letters", explanation.letters.map(({ letter, carried }) => [letter, carried]));
  at("letters-note").textContent =
    `In log-odds: above 0 it speaks for ${best.label}, below 0 against it.`;
}

// Tiles of words or letters, the stronger the more they speak for the label or against it.
function showParts(id, parts) {
  const most = Math.max(1, ...parts.map(([, carried]) => Math.abs(carried)));
  at(id).replaceChildren(
    ...parts.map(([part, carried]) => {
      const tile = element("li", "", carried > LEAST ? "for" : carried < -LEAST ? "against" : "");
      tile.style.setProperty("--strength", (Math.abs(carried) / most).toFixed(3));
      const shown = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(part) ? part : "·";
      tile.append(element("span", shown, "letter"), element("span", signed(carried), "carried"));
      return tile;
    }),
  );
}

// A hyphen-minus is read aloud as a dash, or not at all; what is shown as nought has no minus.
function signed(value) {
  const shown = Math.abs(value).toFixed(1);
  return (value < 0 && shown !== "0.0" ? "−" : "+") + shown;
}

function showBars(list, bars) {
  list.replaceChildren(
    ...bars.map(([label, share, figure]) => {
      const row = element("li");
      const bar = element("span", "", "bar");
      bar.style.setProperty("--share", share);
      bar.ariaHidden = "true";
      row.append(element("span", label, "label"), bar, element("span", figure, "figure"));
      return row;
    }),
  );
}

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

let job = 0; // a file that comes while another is labelled takes its place

// A list, or a table of one column, is labelled at once; of a table, somebody says which column.
async function open(file) {
  const mine = ++job;
  at("file-result").hidden = at("columns").hidden = at("progress").hidden = true;
  at("file-status").textContent = `Reading ${file.name} …`;
  try {
    const contents = contentsOf(file.name, await file.arrayBuffer(), predictor.settings);
    if (mine !== job) return;
    if (contents.columns.length === 1) await label(file.name, contents, 0);
    else askForColumn(file.name, contents);
  } catch (error) {
    if (mine === job) at("file-status").textContent = error.message ?? String(error);
  }
}

function askForColumn(fileName, contents) {
  const { columns, rows } = contents;
  at("file-status").textContent =
    `${fileName}: a table of ${columns.length} columns and ${counted(rows.length)} rows.`;
  const options = columns.map((column, i) => {
    const option = element("option", column || `column ${i + 1}`);
    option.value = i;
    return option;
  });
  const none = element("option", "choose …");
  none.value = "";
  at("column").replaceChildren(none, ...options);
  at("column").onchange = () => {
    if (at("column").value !== "") label(fileName, contents, Number(at("column").value));
  };
  at("columns").hidden = false;
  at("column").focus();
}

async function label(fileName, contents, column) {
  const mine = ++job;
  const progress = at("progress");
  at("file-result").hidden = true;
  try {
    const names = contents.rows.map((row) => row[column] ?? "");
    const distinct = [...new Set(names)];
    const answers = new Map();
    progress.max = distinct.length;
    progress.value = 0;
    progress.hidden = false;
    at("file-status").textContent = `Labelling ${counted(names.length)} rows …`;
    for (let first = 0; first < distinct.length; first += CHUNK) {
      const chunk = distinct.slice(first, first + CHUNK);
      const classified = await predictor.classify(chunk);
      classified.forEach(({ reason, probabilities }, i) => {
        const [best] = reason ? [] : predictor.ranked(probabilities, 1);
        answers.set(chunk[i], { reason, ...best });
      });
      progress.value = first + chunk.length;
      await new Promise((painted) => setTimeout(painted));
      if (mine !== job) return;
    }
    const malformed = contents.malformed ?? new Set();
    const ofRows = names.map((name, i) =>
      malformed.has(i) ? { reason: "malformed" } : answers.get(name),
    );
    showFile(fileName, contents, names, ofRows);
  } catch (error) {
    if (mine === job) at("file-status").textContent = sentences.problem(error);
  }
  if (mine === job) progress.hidden = true;
}

function cellsOf({ label = "", probability, reason }) {
  return [label, probability === undefined ? "" : probability.toFixed(4), reason ?? ""];
}

function showFile(fileName, { columns, rows }, names, answers) {
  const counts = new Map();
  const prefix = NEW_COLUMNS.some((column) => columns.includes(column)) ? "names_" : "";
  const lines = [[...columns, ...NEW_COLUMNS.map((column) => prefix + column)]];
  rows.forEach((row, i) => {
    const answer = answers[i];
    if (!answer.reason) counts.set(answer.label, (counts.get(answer.label) ?? 0) + 1);
    lines.push([...row, ...cellsOf(answer)]);
  });
  const labelled = [...counts.values()].reduce((sum, count) => sum + count, 0);
  at("file-status").textContent =
    `${fileName}: ${counted(names.length)} rows, ${counted(labelled)} labelled, ` +
    `${counted(names.length - labelled)} not.`;
  const often = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 8);
  showBars(
    at("file-bars"),
    often.map(([label, count]) => [label, count / labelled, counted(count)]),
  );
  at("rows").replaceChildren(
    ...names.slice(0, PREVIEW).map((name, i) => {
      const row = element("tr");
      const cells = [name, ...cellsOf(answers[i])].map((cell) => element("td", cell));
      cells[0].dir = "auto";
      cells[2].className = "number";
      row.append(...cells);
      return row;
    }),
  );
  const download = at("download");
  URL.revokeObjectURL(download.href);
  // With the mark by which spreadsheets know UTF-8.
  const text = lines.map((cells) => `${cells.map(quoted).join(",")}\r\n`);
  download.href = URL.createObjectURL(new Blob(["\ufeff", ...text], { type: "text/csv" }));
  download.download = `${fileName.replace(/\.[^.]*$/, "")}-labelled.csv`;
  at("file-result").hidden = false;
}

function quoted(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
