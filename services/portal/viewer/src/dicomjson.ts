/** Values out of DICOM JSON (PS3.18 §F.2). A value that is missing or odd is `undefined`. */

export interface Element {
  vr: string;
  Value?: unknown[];
  InlineBinary?: string;
  BulkDataURI?: string;
}
export type Dataset = Record<string, Element | undefined>;

/** Return all numbers of an element; decimal strings may come as text. */
export function numbers(of: Dataset | undefined, tag: string): number[] {
  const found = of?.[tag]?.Value ?? [];
  return found.map(Number).filter(Number.isFinite);
}

/** Return the first number. */
export function number(of: Dataset | undefined, tag: string): number | undefined {
  return numbers(of, tag)[0];
}

/** Return the first value as text; of a person's name its alphabetic group. */
export function text(of: Dataset | undefined, tag: string): string {
  const found = of?.[tag]?.Value?.[0];
  if (typeof found === "object" && found !== null && "Alphabetic" in found) {
    return String(found.Alphabetic);
  }
  return found === undefined || found === null ? "" : String(found);
}

/** Return all values as texts. */
export function texts(of: Dataset | undefined, tag: string): string[] {
  return (of?.[tag]?.Value ?? []).map((each) => (each === null ? "" : String(each)));
}

/** Return the items of a sequence. */
export function items(of: Dataset | undefined, tag: string): Dataset[] {
  return (of?.[tag]?.Value ?? []).filter(
    (each): each is Dataset => typeof each === "object" && each !== null,
  );
}
