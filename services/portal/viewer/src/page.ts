/** What the server's page says. The attributes are listed in `viewer.ts`. */

export type Words = Record<string, string>;

export class Page {
  readonly main = document.querySelector<HTMLElement>("#viewer")!;
  readonly words = JSON.parse(this.main.dataset.words ?? "{}") as Words;
  readonly language = document.documentElement.lang || "en";
  readonly study = this.main.dataset.study ?? "";
  readonly series = this.main.dataset.series ?? "";
  readonly sop = this.main.dataset.sop ?? "";
  readonly frame = Number(this.main.dataset.frame ?? 1);
  readonly root = new URL(this.main.dataset.dicomweb ?? "", document.baseURI).href;
  readonly mine = new URL(this.main.dataset.mine ?? "", document.baseURI).href;
  /** Pictures by the server only: asked for, or there is no WebGL 2 here. */
  readonly renderedOnly = this.main.dataset.rendered === "1" || !webgl2();
  /** A small screen, or a person who pays for each megabyte: full quality only when asked. */
  readonly sparing = savesData() || matchMedia("(max-width: 640px), (max-height: 480px)").matches;
  readonly savesData = savesData();

  /** Return a sentence in the page's language, its {places} filled. */
  say(key: string, values: Record<string, string | number> = {}): string {
    const sentence = this.words[key] ?? "";
    return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
  }

  /** Return a number as the language writes it. */
  number(value: number, digits = 0): string {
    return value.toLocaleString(this.language, { maximumFractionDigits: digits });
  }

  /** Show a sentence over the pictures, or none. It is read aloud. */
  tell(sentence: string): void {
    const notice = this.find("#notice");
    notice.textContent = sentence;
    notice.hidden = sentence === "";
  }

  find<T extends HTMLElement = HTMLElement>(selector: string): T {
    return document.querySelector<T>(selector)!;
  }
}

function webgl2(): boolean {
  try {
    return document.createElement("canvas").getContext("webgl2") !== null;
  } catch {
    return false;
  }
}

function savesData(): boolean {
  const connection = (navigator as { connection?: { saveData?: boolean } }).connection;
  return connection?.saveData === true || matchMedia("(prefers-reduced-data: reduce)").matches;
}
