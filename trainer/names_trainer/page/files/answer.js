// What the page shows of one name.

import { at, element, showBars } from "./dom.js";
import { drawLand, regionsOf, showPlaces } from "./map.js";
import { percent, sentence, setText, strength, strongest, verdict } from "./texts.js";

const MOST_BARS = 8;
const MOST_REGIONS = 3;
const MIN_REST = 0.0005; // probability of the other labels that gets a line

export function showAnswer(explanation, settings) {
  at("explained").hidden = !explanation || explanation.reason !== null;
  at("answer").replaceChildren();
  if (!explanation) return;
  if (explanation.reason) {
    at("answer").textContent = `No label: ${settings.reasons[explanation.reason]}.`;
    return;
  }
  const { ranked, candidates, words, letters } = explanation;
  const [lead, labels, end] = verdict(ranked);
  at("answer").append(`${lead} `, element("strong", labels), end);
  showHolds(ranked[0].label, settings.homes);
  showLabels(ranked);
  const meaning = candidates.length > 1 ? ": for nine names in ten, such a set holds the right label" : "";
  at("set").replaceChildren(
    element("b", "90 % set: "),
    setText(candidates),
    element("span", meaning, "quiet"),
  );
  showWorld(ranked, settings);
  at("by-word").hidden = words.length === 0;
  at("words").replaceChildren(...words.map((word) => wordRow(word, ranked[0].label)));
  showLetters(letters, ranked[0].label);
}

// What a label holds, unless its name says it all.
function showHolds(label, homes) {
  const holds = homes?.[label].holds ?? "";
  const isPlain = holds === "" || holds === `${label} names`;
  at("holds").hidden = isPlain;
  at("holds").textContent = isPlain ? "" : `${label}: ${holds}.`;
}

function showLabels(ranked) {
  const shown = ranked.slice(0, MOST_BARS);
  const rest = 1 - shown.reduce((sum, { probability }) => sum + probability, 0);
  const bars = shown.map(({ label, probability }) => [label, probability, percent(probability)]);
  if (rest >= MIN_REST) bars.push(["all others", rest, percent(rest)]);
  showBars(at("bars"), bars);
}

function showWorld(ranked, { homes, land }) {
  at("world").hidden = !homes;
  if (!homes) return;
  if (!at("map").firstChild) drawLand(at("map"), land);
  showPlaces(at("map"), ranked, homes);
  const regions = regionsOf(ranked, homes).slice(0, MOST_REGIONS);
  const texts = regions.map(([region, probability]) => `${region} ${percent(probability)}`);
  at("regions").textContent = `At home in: ${texts.join(", ")}`;
}

function wordRow({ word, attribution, alone }, label) {
  const [className, words] = strength(attribution);
  const row = element("li", "", className);
  const text = attribution && className ? `${words} ${label}` : words;
  const own = alone ? `on its own: ${sentence([alone])}` : "";
  const shown = element("bdi", word, "word");
  row.append(shown, element("span", text), element("span", own, "note"));
  return row;
}

// Tiles, with the same in words for a screen reader.
function showLetters(letters, label) {
  at("letters").replaceChildren(
    ...letters.map(({ letter, attribution }) => {
      const [className, words] = strength(attribution);
      const tile = element("li", "", className);
      const isShown = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(letter);
      const shown = element("span", isShown ? letter : "·", "letter");
      if (!isShown) shown.ariaHidden = "true"; // else it is read as a middle dot
      const spoken = isShown ? words : `space ${words}`;
      tile.append(shown, element("span", ` ${spoken}`, "visually-hidden"));
      return tile;
    }),
  );
  const part = strongest(letters);
  const isAll = letters.map(({ letter }) => letter).join("") === part;
  const most = part.length > 1 && !isAll ? `“${part}” speaks most for ${label}. ` : "";
  at("letters-note").textContent =
    `${most}The darker a letter, the more it speaks for ${label}; a dashed frame speaks against it.`;
}
