// The page: a name typed or a file dropped goes to the predictor, its answers onto the screen.

import { loadPredictor } from "./classify.js";

const CHUNK = 1024; // names of a file between two looks at the screen
const LEAST = 0.1; // a smaller share of the answer, in log-odds, gets no colour
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
    `Type one and see which of ${labels.length} labels it gets, and which letters spoke for it.`;
  at("model").textContent = `names ${version}, model ${sha256.slice(0, 12)}: ${labels.join(", ")}`;
  at("answer").textContent = "";
  at("name").disabled = at("file").disabled = false;

  let timer;
  at("name").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(explain, TYPING);
  });
  at("file").addEventListener("change", () => {
    if (at("file").files.length) label(at("file").files[0]);
    at("file").value = ""; // so that the same file can be chosen again
  });
  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(type, (event) => {
      event.preventDefault(); // else the browser would leave the page for the file
      at("drop").classList.toggle("over", type === "dragenter" || type === "dragover");
      if (type === "drop" && event.dataTransfer.files.length) label(event.dataTransfer.files[0]);
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
  const most = Math.max(1, ...explanation.letters.map(({ carried }) => Math.abs(carried)));
  at("letters").replaceChildren(
    ...explanation.letters.map(({ letter, carried }) => {
      const tile = element("li", "", carried > LEAST ? "for" : carried < -LEAST ? "against" : "");
      tile.style.setProperty("--strength", (Math.abs(carried) / most).toFixed(3));
      const shown = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(letter) ? letter : "·";
      tile.append(element("span", shown, "letter"), element("span", signed(carried), "carried"));
      return tile;
    }),
  );
  at("letters-note").textContent =
    `In log-odds: above 0 the letter spoke for ${best.label}, below 0 against it.`;
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

async function label(file) {
  const mine = ++job;
  const progress = at("progress");
  at("file-result").hidden = true;
  at("file-status").textContent = `Reading ${file.name} …`;
  try {
    const names = linesOf(textOf(await file.arrayBuffer()));
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
    showFile(file.name, names, answers);
  } catch (error) {
    if (mine === job) at("file-status").textContent = sentences.problem(error);
  }
  if (mine === job) progress.hidden = true;
}

// UTF-8, or UTF-16 where a mark says so. Bytes that are neither make their row "undecodable".
function textOf(buffer) {
  const [first, second] = new Uint8Array(buffer);
  const wide = { 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[(first << 8) | second];
  return new TextDecoder(wide ?? "utf-8").decode(buffer);
}

function linesOf(text) {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function cellsOf(name, { label = "", probability, reason }) {
  return [name, label, probability === undefined ? "" : probability.toFixed(4), reason ?? ""];
}

function showFile(fileName, names, answers) {
  const counts = new Map();
  const lines = ["name,label,probability,reason\r\n"];
  for (const name of names) {
    const answer = answers.get(name);
    if (!answer.reason) counts.set(answer.label, (counts.get(answer.label) ?? 0) + 1);
    lines.push(`${cellsOf(name, answer).map(quoted).join(",")}\r\n`);
  }
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
    ...names.slice(0, PREVIEW).map((name) => {
      const row = element("tr");
      const cells = cellsOf(name, answers.get(name)).map((cell) => element("td", cell));
      cells[0].dir = "auto";
      cells[2].className = "number";
      row.append(...cells);
      return row;
    }),
  );
  const download = at("download");
  URL.revokeObjectURL(download.href);
  // With the mark by which spreadsheets know UTF-8.
  download.href = URL.createObjectURL(new Blob(["\ufeff", ...lines], { type: "text/csv" }));
  download.download = `${fileName.replace(/\.[^.]*$/, "")}-labelled.csv`;
  at("file-result").hidden = false;
}

function quoted(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
