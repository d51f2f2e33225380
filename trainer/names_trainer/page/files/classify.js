// What names_predictor does, in JavaScript: the same normaliser, encoder, predictions and reasons.

const BATCH_SIZE = 256; // words in one run of the session
const MOST_WORDS = 100_000; // whose evidence is kept
const MOST_LETTERS = 1024; // of a name whose letters are explained

// Characters of no valid text: NUL, the replacement character of a decoder, lone surrogates.
const UNDECODABLE = /[\0\ufffd\ud800-\udfff]/u;

const ENTITY = /&(?:#([0-9]{1,7})|#x([0-9a-f]{1,6})|([a-z][a-z0-9]{1,30}));/g;

// Strip separators and single quotes around a name.
function bare(form, separators) {
  const name = trimmed(form, separators);
  const isQuoted = name.startsWith("'") && name.endsWith("'");
  return isQuoted ? trimmed(name, `'${separators}`) : name;
}

function trimmed(text, characters) {
  let [start, end] = [0, text.length];
  while (start < end && characters.includes(text[start])) start += 1;
  while (start < end && characters.includes(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

export class Predictor {
  constructor(settings, session, Tensor) {
    this.settings = settings;
    this.Tensor = Tensor; // onnxruntime's
    this.labels = settings.labels;
    this.session = session;
    this.running = Promise.resolve(); // a session can't do two runs at once
    const ids = [...settings.characters].map((c, i) => [c, BigInt(settings.first_character + i)]);
    const fallbackIds = new Set(settings.fallbacks.map(([id]) => BigInt(id)));
    this.ids = new Map(ids.filter(([, id]) => !fallbackIds.has(id)));
    this.unknown = BigInt(settings.unknown);
    this.separators = settings.separators;
    this.symbols = new RegExp(`[${settings.symbols}]`, "gu");
    this.evidence = new Map(); // of words, in steps
    this.informative = new Set(settings.informative.map(BigInt)); // no space, no punctuation
    this.oneForm = new Map(Object.entries(settings.one_form));
    this.entities = new Map(Object.entries(settings.entities));
    this.whiteSpace = new Set(settings.white_space);
  }

  // Normalise a name. White space is as in Python, which differs from \s here.
  normalise(text) {
    let form = this.plain(text);
    if (/[&\u00b7\u0307]/.test(form)) form = this.unescaped(form);
    const spaced = this.collapsed(form.replace(this.symbols, " "));
    return bare(spaced.normalize("NFC"), this.separators);
  }

  // Runs of white space as single spaces, none at the ends.
  collapsed(text) {
    let found = "";
    let isSpace = false; // found.endsWith(" ") would copy the whole text each time
    for (const character of text) {
      const wasSpace = isSpace;
      isSpace = this.whiteSpace.has(character);
      if (!isSpace) found += character;
      else if (!wasSpace) found += " ";
    }
    return found.replace(/^ | $/g, "");
  }

  plain(text) {
    return Array.from(text, (character) => this.oneForm.get(character) ?? character)
      .join("")
      .toLowerCase();
  }

  // HTML entities decoded, l·l as ll, other middle dots as spaces, the Turkish i as i.
  unescaped(text) {
    let form = text;
    for (let again = this.settings.depth; again >= 0; again -= 1) {
      const before = form;
      form = form.normalize("NFC").replace(/i\u0307+/g, "i");
      form = form.replaceAll("l\u00b7l", "ll").replaceAll("\u00b7", " ");
      form = this.plain(form.replace(ENTITY, (...found) => this.decoded(...found)));
      if (form === before) break;
      if (again === 1) form = form.replaceAll("&", "");
    }
    return form;
  }

  decoded(entity, decimal, hexadecimal, name) {
    if (name) return this.entities.get(name) ?? entity;
    const code = decimal ? parseInt(decimal, 10) : parseInt(hexadecimal, 16);
    const isText = (0x20 <= code && code < 0xd800) || (0xe000 <= code && code <= 0x10ffff);
    return this.entities.get(`#${code}`) ?? (isText ? String.fromCodePoint(code) : entity);
  }

  encode(normalised) {
    return Array.from(normalised, (character) => this.ids.get(character) ?? this.fallback(character));
  }

  // The id of a character that the vocabulary lacks: its script's fallback character, or unknown.
  fallback(character) {
    const code = character.codePointAt(0);
    const spans = this.settings.fallbacks;
    const found = spans.find(([, start, stop]) => start <= code && code < stop);
    return found ? BigInt(found[0]) : this.unknown;
  }

  // Split a normalised name into words, at least one; an apostrophe within a word does not split it.
  words(normalised) {
    let text = "";
    for (const character of normalised) text += this.separators.includes(character) ? " " : character;
    const words = text.split(" ").map((word) => word.replace(/^'+|'+$/g, "")).filter(Boolean);
    return words.length ? words : [normalised];
  }

  // Return for each name its `reason`, or its `probabilities`, one a label. All get the temperature
  // of names of `number` words, or each that of its own number.
  async classify(names, number = null) {
    const normalised = names.map((name) => this.normalise(name));
    const words = normalised.map((text, i) => (this.unreadable(names[i], text) ? [] : this.words(text)));
    const evidence = await this.score(new Set(words.flat()));
    return names.map((name, i) => {
      let reason = this.unreadable(name, normalised[i]);
      const isKnown = (word) => this.encode(word).some((id) => this.informative.has(id));
      if (!reason && !words[i].some(isKnown)) reason = "unknown-script";
      if (reason) return { reason, probabilities: null };
      const logits = this.logits(words[i], evidence, number ?? words[i].length);
      return { reason, probabilities: this.softmax(logits) };
    });
  }

  unreadable(name, normalised) {
    if (UNDECODABLE.test(name)) return "undecodable";
    const length = [...normalised].length;
    if (length === 0) return "blank";
    return length > this.settings.max_length ? "too-long" : null;
  }

  // (bias + scale x the sum of the words' evidence) / temperature of names of `number` words.
  logits(words, evidence, number) {
    const byWords = (values, count) => values[Math.min(count, values.length) - 1];
    const scale = byWords(this.scale, words.length) * this.settings.step;
    const temperature = byWords(this.settings.temperatures, number);
    return this.labels.map((_, label) => {
      const sum = words.reduce((total, word) => total + evidence.get(word)[label], 0);
      return (this.bias[label] + scale * sum) / temperature;
    });
  }

  // Return the evidence of the words, and compute that of those that are new. A full map is replaced,
  // not emptied, since another call may still need its words.
  async score(words) {
    const known = [...words].filter((word) => this.evidence.has(word)).length;
    if (this.evidence.size + words.size - known > MOST_WORDS) this.evidence = new Map();
    const { evidence } = this;
    const fresh = [...words].filter((word) => !evidence.has(word));
    const rows = fresh.map((word) => ({ word, ids: this.encode(word) }));
    rows.sort((a, b) => a.ids.length - b.ids.length); // so that a batch has little padding
    for (let start = 0; start < rows.length; start += BATCH_SIZE) {
      await this.encodeBatch(rows.slice(start, start + BATCH_SIZE), evidence);
    }
    return evidence;
  }

  async encodeBatch(batch, into) {
    const time = Math.max(...batch.map(({ ids }) => ids.length));
    const ids = new BigInt64Array(batch.length * time); // 0 is padding
    batch.forEach((row, i) => ids.set(row.ids, i * time));
    const lengths = BigInt64Array.from(batch, (row) => BigInt(row.ids.length));
    const ends = BigInt64Array.from(batch, (_, i) => BigInt(i));
    const inputs = {
      ids: new this.Tensor("int64", ids, [batch.length, time]),
      lengths: new this.Tensor("int64", lengths, [batch.length]),
      ends: new this.Tensor("int64", ends, [batch.length]),
    };
    const run = this.running.then(() => this.session.run(inputs, ["evidence", "bias", "scale"]));
    this.running = run.catch(() => {}); // the next run does not fail because of this one
    const { evidence, bias, scale } = await run;
    [this.bias, this.scale] = [bias.data, scale.data];
    batch.forEach(({ word }, i) => {
      const row = evidence.data.subarray(i * this.labels.length, (i + 1) * this.labels.length);
      into.set(word, Array.from(row, (value) => Math.round(value / this.settings.step)));
    });
  }

  softmax(logits) {
    const highest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - highest));
    const total = powers.reduce((sum, power) => sum + power);
    return powers.map((power) => power / total);
  }

  // Labels with their probabilities, most probable first; ties go to the label that comes first.
  ranked(probabilities, most) {
    const labelled = this.labels.map((label, i) => ({ label, probability: probabilities[i] }));
    return labelled.sort((a, b) => b.probability - a.probability).slice(0, most);
  }

  // The prediction set: the labels whose probability reaches their threshold.
  setOf(probabilities) {
    const ranked = this.ranked(probabilities, this.labels.length);
    const inSet = new Set(this.labels.filter((_, i) => probabilities[i] >= this.settings.thresholds[i]));
    return ranked.map(({ label }) => label).filter((label) => inSet.has(label));
  }

  // The labels worth a bar: the best, and those above a probability.
  shown(probabilities) {
    const ranked = this.ranked(probabilities, this.labels.length);
    return ranked.filter(({ probability }, i) => i === 0 || probability >= this.settings.min_probability);
  }

  // Attribute the log-odds of the first label to words and letters, by occlusion.
  async explain(name) {
    const [{ reason, probabilities }] = await this.classify([name]);
    if (reason) return { name, reason, ranked: [], candidates: [], letters: [], words: [] };
    const shown = this.collapsed(name);
    const letters = shown.length > MOST_LETTERS ? [] : lettersOf(shown);
    const all = this.words(this.normalise(name));
    const words = all.length > 1 ? all : [];
    const without = [
      ...letters.map((_, i) => letters.toSpliced(i, 1).join("")),
      ...words.map((_, i) => words.toSpliced(i, 1).join(" ")),
    ];
    const ranked = this.shown(probabilities);
    const label = this.labels.indexOf(ranked[0].label);
    // Without its one letter a name is empty: its probability is the class prior.
    const left = (await this.classify(without, all.length)).map(
      ({ probabilities }) => probabilities?.[label] ?? this.settings.class_priors[label],
    );
    const whole = logOdds(ranked[0].probability);
    const attributions = left.map((probability) => whole - logOdds(probability));
    const alone = (await this.classify(words)).map(({ probabilities }) =>
      probabilities ? this.ranked(probabilities, 1)[0] : null,
    );
    return {
      name,
      reason: null,
      ranked,
      candidates: this.setOf(probabilities),
      letters: letters.map((letter, i) => ({ letter, attribution: attributions[i] })),
      words: words.map((word, i) => ({
        word,
        attribution: attributions[letters.length + i],
        alone: alone[i],
      })),
    };
  }
}

function logOdds(probability) {
  const bounded = Math.min(Math.max(probability, 1e-6), 1 - 1e-6);
  return Math.log(bounded / (1 - bounded));
}

// A letter is a character with the marks that combine with it.
function lettersOf(name) {
  const letters = [];
  for (const character of name) {
    if (letters.length && /\p{M}/u.test(character)) letters.push(letters.pop() + character);
    else letters.push(character);
  }
  return letters;
}
