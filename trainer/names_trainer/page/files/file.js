// A file of names: which column holds them, and its rows with their labels.

import { at, element } from "./dom.js";
import { labelled, resultIn, showResult } from "./many.js";
import { columnsOfNames, contentsOf, withoutHeader } from "./tables.js";
import { listed, plural, problem, tally } from "./texts.js";

const LONGEST_SAMPLE = 30;

let settings;
let predictor; // a promise
let job = 0; // a file that comes while another is labelled takes its place

export function listenForFiles(givenSettings, givenPredictor) {
  [settings, predictor] = [givenSettings, givenPredictor];
  at("file").disabled = false;
  at("file").addEventListener("change", () => {
    openOne(at("file").files);
    at("file").value = ""; // so that the same file can be chosen again
  });
  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(type, (event) => {
      if (!event.dataTransfer.types.includes("Files")) return; // a text goes where it is dropped
      event.preventDefault(); // else the browser would leave the page for the file
      at("drop").classList.toggle("over", type === "dragenter" || type === "dragover");
      if (type === "drop") openOne(event.dataTransfer.files);
    });
  }
}

function openOne(files) {
  if (files.length === 1) open(files[0]);
  else if (files.length) at("file-status").textContent = `${files.length} files: give one at a time.`;
}

// A list is labelled at once, and a table whose column of names is plain; else a person chooses.
async function open(file) {
  const mine = ++job;
  at("file-result").hidden = at("columns").hidden = true;
  at("file-status").textContent = `Reading ${file.name} …`;
  try {
    const contents = await contentsOf(file.name, await file.arrayBuffer(), settings);
    if (mine !== job) return;
    const { columns } = contents;
    const found = columns.length === 1 ? [0] : columnsOfNames(columns, settings);
    if (columns.length > 1) {
      offerColumns(file.name, contents, found);
      offerHeader(file.name, contents, found);
      if (found.length !== 1) at("column").focus();
    }
    if (found.length === 1) await label(file.name, contents, found);
  } catch (error) {
    if (mine === job) at("file-status").textContent = error.message ?? String(error);
  }
}

// Every column, and all those together whose headers read like those of names.
function offerColumns(fileName, contents, found) {
  const { columns, rows } = contents;
  at("file-status").textContent =
    `${fileName}: ${contents.hasHeader ? "a header of " : ""}${columns.length} columns and ` +
    `${plural(rows.length, "row")}.`;
  const titles = columns.map((text, i) => text || `column ${i + 1}`);
  const choices = titles.map((title, i) => {
    const sample = rows.find((row) => row[i]?.trim())?.[i].slice(0, LONGEST_SAMPLE);
    return [sample ? `${title}: ${sample} …` : title, [i]];
  });
  if (found.length > 1) {
    choices.unshift([`${listed(found.map((i) => titles[i]), "and")} together`, found]);
  }
  at("column").replaceChildren(
    ...[["choose …", []], ...choices].map(([text, chosen]) => {
      const option = element("option", text);
      option.value = chosen.join();
      return option;
    }),
  );
  at("column").value = found.length === 1 ? found.join() : "";
  at("column").onchange = () => {
    const chosen = at("column").value;
    if (chosen !== "") label(fileName, contents, chosen.split(",").map(Number));
  };
  at("columns").hidden = false;
}

// The first row of some tables is no header; the chosen column stays chosen.
function offerHeader(fileName, contents, found) {
  at("header").parentElement.hidden = !contents.hasHeader;
  at("header").checked = true;
  at("header").onchange = () => {
    const chosen = at("column").value;
    const shown = at("header").checked ? contents : withoutHeader(contents);
    offerColumns(fileName, shown, found);
    at("column").value = chosen;
    if (chosen !== "") label(fileName, shown, chosen.split(",").map(Number));
  };
}

async function label(fileName, contents, chosen) {
  const mine = ++job;
  const result = resultIn(at("file-result"));
  result.done.hidden = true;
  result.done.querySelector(".wide").ariaLabel = `Rows of ${fileName} with their labels`;
  at("file-result").hidden = false;
  try {
    const nameIn = (cell) => (contents.failures?.has(cell) ? "" : (cell ?? ""));
    const names = contents.rows.map((row) => chosen.map((column) => nameIn(row[column])).join(" "));
    at("file-status").textContent = `Labelling ${plural(names.length, "row")} …`;
    const predictions = await labelled(await predictor, names, result.progress, () => mine === job);
    if (!predictions) return;
    const isMalformed = (i) =>
      contents.malformed?.has(i) || contents.notText?.[i].some((column) => chosen.includes(column));
    const ofRows = names.map((name, i) =>
      isMalformed(i) ? { reason: "malformed", ranked: [] } : predictions.get(name),
    );
    const total = showResult(result, fileName, contents, names, ofRows, settings.reasons);
    at("file-status").textContent = `${fileName}: ${tally(names.length, "row", total)}`;
  } catch (error) {
    if (mine !== job) return;
    at("file-result").hidden = true;
    at("file-status").textContent = problem(error);
  }
}
