// What the page says in words, and which names a text holds.

const CERTAIN = 0.95;
const PROBABLE = 0.5;
const MOST_GUESSES = 3;
const CLOSE = 0.25; // fraction of the highest probability that makes a label a guess, too
const SLIGHT = 0.1; // log-odds from which a part makes a difference
const CLEAR = 1;
const STRONG = 3;
const MOST_IN_SET = 6;

export const counted = (number) => number.toLocaleString("en");

export const plural = (number, noun) => `${counted(number)} ${noun}${number === 1 ? "" : "s"}`;

// How many rows of a table, or names, got a label.
export const tally = (number, noun, labelled) =>
  `${plural(number, noun)}, ${counted(labelled)} labelled, ${counted(number - labelled)} not.`;

export const problem = (error) => `It does not work here: ${error.message ?? error}`;

export function percent(probability) {
  if (probability >= 0.9995) return ">99.9\u00a0%";
  return probability < 0.0005 ? "<0.1\u00a0%" : `${(100 * probability).toFixed(1)}\u00a0%`;
}

// The first labels and how certain they are, such as ["Not sure:", "Korean or Chinese", "?"].
export function verdict(ranked) {
  const [best] = ranked;
  const probability = Math.round(1000 * best.probability) / 1000; // as percent() shows it
  if (probability >= CERTAIN) return ["Almost certainly", best.label, ""];
  if (probability >= PROBABLE) return ["Probably", best.label, ""];
  const isClose = ({ probability }) => probability >= CLOSE * best.probability;
  const guesses = ranked.filter(isClose).slice(0, MOST_GUESSES).map(({ label }) => label);
  if (guesses.length === 1) return ["Not sure, perhaps", best.label, ""];
  return ["Not sure:", listed(guesses, "or"), "?"];
}

// A verdict in one line, within a sentence.
export function sentence(ranked) {
  const [lead, labels, end] = verdict(ranked);
  return `${lead[0].toLowerCase()}${lead.slice(1)} ${labels}${end}`;
}

export function listed(words, conjunction) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${conjunction} ${words.at(-1)}`;
}

export function setText(candidates) {
  if (!candidates.length) return "empty: no label is as probable as it mostly is for its own names";
  const more = candidates.length - MOST_IN_SET;
  if (more < 2) return candidates.join(", ");
  return `${candidates.slice(0, MOST_IN_SET).join(", ")} and ${more} more`;
}

// How strongly a letter or word supports the label: [class of its tile, words].
export function strength(attribution) {
  const size = Math.abs(attribution);
  if (size < SLIGHT) return ["", "makes no difference"];
  const how = size < CLEAR ? "slightly" : size < STRONG ? "clearly" : "strongly";
  return attribution > 0 ? [`for ${how}`, `${how} for`] : [`against ${how}`, `${how} against`];
}

// The run of adjacent letters that supports the label most.
export function strongest(letters) {
  let [best, most] = ["", 0];
  let [run, sum] = ["", 0];
  for (const { letter, attribution } of letters) {
    const isPart = attribution >= CLEAR && letter.trim();
    [run, sum] = isPart ? [run + letter, sum + attribution] : ["", 0];
    if (sum > most) [best, most] = [run, sum];
  }
  return best;
}

// A name a line, or separated by semicolons. Commas separate three names or more: with one comma
// it is "Surname, Given". A semicolon that ends an HTML entity separates nothing.
export function namesIn(text) {
  const lines = text.split(/[\r\n]+|(?<!&#?\w{1,30});/).filter((line) => line.trim());
  if (lines.length > 1) return lines.map((line) => line.trim());
  const parts = text.split(/[,，、،]/).filter((part) => part.trim());
  return parts.length > 2 ? parts.map((part) => part.trim()) : [text];
}

// A name that the field takes for one, without what would separate several. Its label is the same.
export function asOne(name) {
  if (namesIn(name).length < 2) return name;
  return name.replace(/[\r\n,，、،]|(?<!&#?\w{1,30});/g, " ").replace(/ +/g, " ");
}
