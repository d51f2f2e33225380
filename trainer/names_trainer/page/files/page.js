// What connects the page's elements with the model.

import { showAnswer } from "./answer.js";
import { at, element } from "./dom.js";
import { listenForFiles } from "./file.js";
import { loadPredictor, loadSettings } from "./load.js";
import { labelled, resultIn, showResult } from "./many.js";
import { namesIn, problem, tally } from "./texts.js";

const TYPING = 120; // milliseconds without a key before a name is looked at
const LONGEST_ADDRESS = 2000; // of a text that the address repeats
const LONGEST_STATE = 1_000_000; // of a text that the history keeps, as all browsers can
const COPIED = 3000; // milliseconds for which the page shows it
const WAITING = "As soon as the model is loaded …";

let settings;
let predictor; // a promise
let isLoaded = false;

at("answer").classList.remove("waiting");
at("answer").textContent = "";
try {
  settings = await loadSettings();
  predictor = load();
  predictor.catch(() => {}); // each use shows the error itself
  start();
} catch (error) {
  at("answer").textContent = problem(error);
}

async function load() {
  at("loading").hidden = false; // in the place of the hint, so that nothing moves
  at("several-hint").classList.add("visually-hidden");
  try {
    const loaded = await loadPredictor(settings, (done, whole) => {
      at("loaded").max = whole;
      at("loaded").value = done;
      const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
      at("loading-text").textContent =
        done < whole
          ? `Loading the model: ${megabytes(done)} of ${megabytes(whole)} MB`
          : "Starting the model …";
    });
    isLoaded = true;
    at("loading").hidden = true;
    at("several-hint").classList.remove("visually-hidden");
    return loaded;
  } catch (error) {
    at("loaded").hidden = true;
    at("loading-text").textContent = problem(error);
    throw error;
  }
}

function start() {
  showExamples();
  at("name").disabled = false;
  let timer;
  at("name").addEventListener("input", () => {
    fit();
    clearTimeout(timer);
    timer = setTimeout(look, TYPING);
  });
  at("copy").addEventListener("click", copyLink);
  listenForFiles(settings, predictor);
  window.addEventListener("hashchange", () => {
    if (fromAddress()) at("name").focus(); // which scrolls to the answer
  });
  const isGiven = fromAddress();
  if (!isGiven && settings.examples.length) show(settings.examples[0].name);
  at("name").focus({ preventScroll: true });
  if (!isGiven) at("name").select(); // so that typing replaces the example
}

function showExamples() {
  at("examples").hidden = settings.examples.length === 0;
  at("examples").append(
    ...settings.examples.map(({ name }) => {
      const chip = element("button", name, "chip");
      chip.type = "button";
      chip.dir = "auto";
      chip.addEventListener("click", () => {
        show(name);
        toAddress();
      });
      return chip;
    }),
  );
}

// What follows # in the address is a name; it is never sent to a server.
function fromAddress() {
  if (history.state?.text) {
    show(history.state.text); // too long for the address
    return true;
  }
  if (location.hash.length < 2) return false;
  try {
    show(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return false; // no text: the address was cut off within a letter
  }
  return true;
}

function address() {
  const text = at("name").value;
  return text.length > LONGEST_ADDRESS ? "#" : `#${encodeURIComponent(text.toWellFormed())}`;
}

function toAddress() {
  const text = at("name").value;
  const isKept = text.length > LONGEST_ADDRESS && text.length <= LONGEST_STATE;
  history.replaceState(isKept ? { text } : null, "", address());
}

async function copyLink() {
  toAddress();
  try {
    await navigator.clipboard.writeText(location.href);
    at("copied").textContent = "Copied.";
  } catch {
    at("copied").textContent = "It can't be copied here: take it from the address bar.";
  }
  setTimeout(() => (at("copied").textContent = ""), COPIED);
}

function show(text) {
  at("name").value = text;
  fit();
  explain();
}

function look() {
  toAddress();
  explain();
}

// The field is as high as its lines.
function fit() {
  at("name").style.height = "auto";
  at("name").style.height = `${at("name").scrollHeight + 4}px`;
}

async function explain() {
  const text = at("name").value;
  const isCurrent = () => at("name").value === text; // more may have been typed meanwhile
  const names = namesIn(text);
  at("several").hidden = names.length < 2;
  at("one").hidden = names.length > 1;
  if (names.length < 2) at("several-status").textContent = "";
  const isShort = text && text.length <= LONGEST_ADDRESS;
  at("copy").hidden = !isShort || !navigator.clipboard; // which only secure addresses have
  try {
    if (names.length > 1) {
      if (!isLoaded) at("several-status").textContent = WAITING;
      await showSeveral(names, isCurrent);
      return;
    }
    const known = settings.examples.find(({ name }) => name === text);
    if (!known && text && !isLoaded) {
      at("explained").hidden = true;
      at("answer").textContent = WAITING;
    }
    const explanation = known ?? (text ? await (await predictor).explain(text) : null);
    if (isCurrent()) showAnswer(explanation, settings);
  } catch (error) {
    if (!isCurrent()) return;
    at("one").hidden = false;
    at("several-status").textContent = "";
    at("explained").hidden = true;
    at("answer").textContent = problem(error);
  }
}

async function showSeveral(names, isCurrent) {
  const result = resultIn(at("several"));
  result.done.hidden = true; // of the names before
  at("several-status").textContent = "";
  const predictions = await labelled(await predictor, names, result.progress, isCurrent);
  if (!predictions) return;
  const table = { columns: ["name"], rows: names.map((name) => [name]) };
  const ofRows = names.map((name) => predictions.get(name));
  const total = showResult(result, "names.txt", table, names, ofRows, settings.reasons);
  at("several-status").textContent = tally(names.length, "name", total);
}
