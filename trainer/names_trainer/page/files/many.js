// Many names, from the field or from a file: labelled in steps, shown as a table, saved as CSV.

import { at, element, showBars } from "./dom.js";
import { asOne, counted, percent, sentence } from "./texts.js";

const CHUNK = 1024; // names labelled between two steps of the progress bar
const NEW_COLUMNS = ["label", "probability", "reason"];
const MOST_ROWS = 50;
const MOST_LABELS = 8;
const FEW = 9; // names, which need no summary

// The prediction for each name, by its text; null if `isCurrent` became false meanwhile.
export async function labelled(predictor, names, progress, isCurrent) {
  const distinct = [...new Set(names)];
  const predictions = new Map();
  progress.max = distinct.length;
  progress.value = 0;
  progress.hidden = distinct.length <= CHUNK; // for few it would only flicker
  for (let first = 0; first < distinct.length; first += CHUNK) {
    const chunk = distinct.slice(first, first + CHUNK);
    const classified = await predictor.classify(chunk);
    classified.forEach(({ reason, probabilities }, i) => {
      predictions.set(chunk[i], { reason, ranked: reason ? [] : predictor.shown(probabilities) });
    });
    progress.value = first + chunk.length;
    await turn();
    if (!isCurrent()) return null;
  }
  progress.hidden = true;
  return predictions;
}

// Let the page react. Not by a timer, which a hidden tab holds back for up to a minute.
function turn() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((done) => {
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });
}

// The result in a place of the page: a progress bar and, when done, bars, a table and a download.
export function resultIn(place) {
  if (!place.firstElementChild) place.append(at("result").content.cloneNode(true));
  return { progress: place.querySelector("progress"), done: place.querySelector(".done") };
}

// Show the predictions for a table's rows; returns how many got a label.
export function showResult({ done }, fileName, { columns, rows }, names, predictions, reasons) {
  const counts = new Map();
  for (const { reason, ranked } of predictions) {
    if (!reason) counts.set(ranked[0].label, (counts.get(ranked[0].label) ?? 0) + 1);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const often = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_LABELS);
  const bars = done.querySelector(".bars");
  bars.hidden = names.length <= FEW;
  showBars(bars, often.map(([label, count]) => [label, count / total, counted(count)]));
  const rowsShown = names.slice(0, MOST_ROWS);
  done.querySelector("tbody").replaceChildren(
    ...rowsShown.map((name, i) => tableRow(name, predictions[i], reasons)),
  );
  const isCut = names.length > MOST_ROWS;
  done.querySelector(".more").textContent = isCut
    ? `The first ${MOST_ROWS} of ${counted(names.length)}; the CSV has all of them.`
    : "";
  offer(done.querySelector(".download"), fileName, csvOf(columns, rows, predictions));
  done.hidden = false;
  return total;
}

function tableRow(name, { reason, ranked }, reasons) {
  const row = element("tr");
  const head = element("th");
  head.scope = "row";
  if (!reason) {
    const link = element("a", name);
    link.href = `#${encodeURIComponent(asOne(name))}`; // where it is explained
    head.append(link);
  } else head.textContent = name;
  head.dir = "auto";
  const prediction = reason ? `no label: ${reasons[reason]}` : sentence(ranked);
  const probability = reason ? "" : percent(ranked[0].probability);
  row.append(head, element("td", prediction), element("td", probability, "number"));
  return row;
}

// The lines of a CSV file with the columns of the input and three more.
function csvOf(columns, rows, predictions) {
  let prefix = "";
  while (NEW_COLUMNS.some((column) => columns.includes(prefix + column))) prefix += "names_";
  const lines = [[...columns, ...NEW_COLUMNS.map((column) => prefix + column)]];
  rows.forEach((row, i) => {
    const { reason, ranked } = predictions[i];
    const cells = reason
      ? ["", "", reason]
      : [ranked[0].label, ranked[0].probability.toFixed(4), ""];
    lines.push([...row, ...cells]);
  });
  return lines.map((cells) => `${cells.map(quoted).join(",")}\r\n`);
}

function quoted(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function offer(link, fileName, lines) {
  // With the mark by which spreadsheets know UTF-8.
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob(["\ufeff", ...lines], { type: "text/csv" }));
  link.download = `${fileName.replace(/\.[^.]*$/, "")}-labelled.csv`;
}
